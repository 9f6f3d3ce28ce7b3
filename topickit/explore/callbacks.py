"""The callbacks of the page: each calls a function of the session or of `views`, and shows the result."""

import base64
import logging
import re
import traceback
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, Patch, State, ctx, dcc, no_update

from topickit.errors import ParameterError, TopickitError
from topickit.explore import cards, figures, forms, views
from topickit.explore.session import Session

_LOGGER = logging.getLogger(__name__)
_COLUMN = re.compile(r"choose one with TextFile\(path, column=[^)]*\)")
_STATUS = Output("status", "children", allow_duplicate=True)
_VERSION = Output("version", "data", allow_duplicate=True)
_FORM = {name: State(name, prop) for name, prop in forms.FIELDS.items()}


def register(app: Any, session: Session) -> None:
    """Connect the page with a session.

    Parameters
    ----------
    app : dash.Dash
    session : Session
    """
    _show_model(app, session)
    _show_topic(app, session)
    _show_map(app, session)
    _find(app, session)
    _edit(app, session)
    _go_back_and_forth(app, session)
    _keep(app, session)
    _on_the_client(app)


def show_error(error: Exception) -> None:
    """Show an error on the page; nothing of it is logged, because messages may quote documents.

    Parameters
    ----------
    error : Exception
    """
    if isinstance(error, TopickitError):
        message = cards.shown(_COLUMN.sub("write the column of the texts above the button", str(error)), 500)
    else:
        message = f"An error of the workbench ({type(error).__name__}); nothing was changed."
        where = "".join(traceback.format_tb(error.__traceback__))  # lines of code only
        _LOGGER.error("%s\n%s", type(error).__name__, where)
    dash.set_props("status", {"children": f"Not possible: {message}"})


def _show_model(app: Any, session: Session) -> None:
    @app.callback(
        Output("counts", "children"),
        Output("listed", "data"),
        Output("undo", "disabled"),
        Output("redo", "disabled"),
        Output("steps", "children"),
        Output("level-n", "value"),
        Input("version", "data"),
        prevent_initial_call=True,  # the page begins with it
    )
    def show(version: int) -> Any:
        with session.lock:
            model, can_undo, can_redo = session.model, session.can_undo, bool(session.undone)
            done = cards.steps_done(session.n_changes)
        lines = cards.topic_lines(model, views.parts(model))
        return cards.counts(model), lines, not can_undo, not can_redo, done, len(model.topics_)


def _show_topic(app: Any, session: Session) -> None:
    @app.callback(Output("topic", "data"), Input("map", "clickData"), prevent_initial_call=True)
    def open_topic(point: Any) -> Any:
        return forms.topic_of_point(session.model, point)

    @app.callback(
        Output("opened-head", "children"),
        Output("opened", "children"),
        Output("topic-edits", "hidden"),
        Output("rename-name", "value"),
        Input("topic", "data"),
        Input("version", "data"),
        prevent_initial_call=True,
    )
    def show(topic: int | None, version: int) -> Any:
        model = session.model
        if topic is None or topic not in {one.id for one in model.topics_}:
            return cards.closed_topic(), [], True, ""
        view = views.view_topic(model, topic)
        shown = cards.opened_topic(model, view, views.parts(model).get(topic, ()), version)
        return cards.head(view.topic), shown, False, cards.shown(view.topic.name, 200)


def _show_map(app: Any, session: Session) -> None:
    @app.callback(
        Output("map", "figure"),
        Output("map-note", "children"),
        Output("drawn", "data"),
        Input("version", "data"),
        Input("topic", "data"),
        State("drawn", "data"),
        prevent_initial_call=True,
    )
    def draw(version: int, topic: int | None, drawn: int) -> Any:
        model = session.model
        fitted, points = model.fitted_, figures.points_of(model)
        known = topic if topic in {one.id for one in model.topics_} else None
        selected = figures.points_of_topic(fitted, points, known)
        note = forms.map_note(points, fitted.corpus is not None)
        if drawn != points.n_texts or points.method is None:
            return figures.map_figure(fitted, points, selected), note, points.n_texts
        patch = Patch()  # positions and texts are on the page
        patch["data"][0]["marker"]["color"] = figures.point_colors(points)
        patch["data"][0]["selectedpoints"] = selected
        patch["layout"]["annotations"] = figures.names_on_map(fitted, points)
        return patch, note, no_update

    @app.callback(
        Output("map", "figure", allow_duplicate=True),
        Output("mouse", "aria-pressed"),
        Input("mouse", "n_clicks"),
        State("mouse", "aria-pressed"),
        prevent_initial_call=True,
    )
    def set_mouse(clicks: Any, pressed: str) -> Any:
        patch = Patch()
        patch["layout"]["dragmode"] = "pan" if pressed == "true" else "lasso"
        return patch, "false" if pressed == "true" else "true"

    @app.callback(
        Output("lassoed", "children"),
        Output("lasso-card", "hidden"),
        Input("lasso", "data"),
        prevent_initial_call=True,
    )
    def show_lasso(inside: list[int]) -> Any:
        model = session.model
        corpus = model.fitted_.corpus
        if not inside or corpus is None:
            return [], True
        points = figures.points_of(model)
        texts = [corpus.documents.texts[row] for row in points.rows[inside[:5]].tolist()]
        return cards.lassoed(texts, len(inside), len(points.rows), points.n_texts), False


def _find(app: Any, session: Session) -> None:
    @app.callback(
        Output("found", "children"),
        Input("search-go", "n_clicks"),
        Input("query", "n_submit"),
        Input("version", "data"),
        State("query", "value"),
        prevent_initial_call=True,
    )
    def search(clicks: Any, submitted: Any, version: int, query: str | None) -> Any:
        if not (query or "").strip():
            return []
        return cards.found(views.search(session.model, str(query)), version)

    @app.callback(
        Output("placed", "children"),
        Input("place-go", "n_clicks"),
        State("pasted", "value"),
        prevent_initial_call=True,
    )
    def place(clicks: Any, pasted: str | None) -> Any:
        return cards.placement(views.place(session.model, pasted or ""))


def _edit(app: Any, session: Session) -> None:
    @app.callback(
        Output("preview-card", "children", allow_duplicate=True),
        Output("preview", "data", allow_duplicate=True),
        _STATUS,
        _VERSION,
        *[Input(button, "n_clicks") for button in forms.BUTTONS],
        Input("rename-name", "n_submit"),
        Input("dropped", "data"),
        State("topic", "data"),
        State("lasso", "data"),
        State("picked", "data"),
        State("rows", "data"),
        *_FORM.values(),
        prevent_initial_call=True,
    )
    def preview(*given: Any) -> Any:
        topic, lasso, picked, documents, *values = given[len(forms.BUTTONS) + 2 :]
        fields = dict(zip(_FORM, values, strict=True))
        chosen = forms.Chosen(topic, lasso, picked, documents, fields)
        step = forms.step_of(str(ctx.triggered_id), chosen, session.model)
        if step.kind == "rename":  # moves nothing
            session.apply(step)
            return [], None, "Renamed.", session.version
        shown = session.preview(step)
        return cards.preview_card(shown), shown.number, "", no_update

    @app.callback(
        Output("preview-card", "children", allow_duplicate=True),
        Output("preview", "data", allow_duplicate=True),
        _STATUS,
        _VERSION,
        Input("preview-apply", "n_clicks"),
        Input("preview-cancel", "n_clicks"),
        State("preview", "data"),
        prevent_initial_call=True,
    )
    def decide(applied: int | None, cancelled: int | None, number: int | None) -> Any:
        if number is None or not (applied or cancelled):
            return (no_update,) * 4
        if ctx.triggered_id == "preview-cancel":
            session.cancel()
            return [], None, "Cancelled; nothing was changed.", no_update
        session.apply(number)
        return [], None, "Done.", session.version

    @app.callback(
        Output("preview-card", "children", allow_duplicate=True),
        Output("preview", "data", allow_duplicate=True),
        _STATUS,
        Input("upload", "contents"),
        State("upload", "filename"),
        State("upload-column", "value"),
        prevent_initial_call=True,
    )
    def add_file(contents: str | None, name: str, column: str | None) -> Any:
        if not contents:
            return (no_update,) * 3
        dash.set_props(
            "upload", {"contents": None}
        )  # so that the same file may be given again, after an error
        content = base64.b64decode(contents.partition(",")[2])
        shown = session.preview_of_file(name, content, (column or "").strip() or None)
        return cards.preview_card(shown), shown.number, ""


def _go_back_and_forth(app: Any, session: Session) -> None:
    @app.callback(
        _STATUS,
        _VERSION,
        Output("preview-card", "children", allow_duplicate=True),
        Input("undo", "n_clicks"),
        Input("redo", "n_clicks"),
        prevent_initial_call=True,
    )
    def go(undone: int | None, redone: int | None) -> Any:
        if not (undone or redone):
            return (no_update,) * 3
        if ctx.triggered_id == "undo":
            session.undo()
            return "Undone.", session.version, []
        session.redo()
        return "Done again.", session.version, []


def _keep(app: Any, session: Session) -> None:
    @app.callback(
        _STATUS,
        _VERSION,
        Input("save-go", "n_clicks"),
        Input("replace-go", "n_clicks"),
        State("save-path", "value"),
        prevent_initial_call=True,
    )
    def save(saved: Any, replaced: Any, path: str | None) -> Any:
        if not (path or "").strip():
            raise ParameterError("give the folder of the new model")
        target = session.save(str(path).strip(), replace=ctx.triggered_id == "replace-go")
        return f"Saved to {cards.shown(str(target))}.", session.version

    @app.callback(
        Output("download", "data"),
        *[Input(f"get-{name}", "n_clicks") for name in ("script", "csv", "parquet", "report")],
        prevent_initial_call=True,
    )
    def download(*clicks: Any) -> Any:
        if ctx.triggered_id == "get-script":
            return dcc.send_string(session.script(), "edits.json")
        if ctx.triggered_id == "get-report":
            return dcc.send_string(session.report(), "report.html")
        kind = "csv" if ctx.triggered_id == "get-csv" else "parquet"
        content = session.labels("csv" if kind == "csv" else "parquet")
        return dcc.send_bytes(content, f"labels.{kind}")


def _on_the_client(app: Any) -> None:
    """Register what needs no server; the functions are in assets/explore.js."""
    names = "topickit"
    app.clientside_callback(
        ClientsideFunction(names, "inside"), Output("lasso", "data"), Input("map", "selectedData")
    )
    app.clientside_callback(
        ClientsideFunction(names, "list"), Output("topics", "className"), Input("listed", "data")
    )
    app.clientside_callback(
        ClientsideFunction(names, "chosen"),
        Output("picked", "data"),
        Output("rows", "data"),
        Input("topic", "data"),
        Input("listed", "data"),
        *[Input(part, "children") for part in ("opened", "found")],
    )
    app.clientside_callback(
        ClientsideFunction(names, "same"), Output("level-shown", "children"), Input("level-n", "value")
    )
    app.clientside_callback(
        ClientsideFunction(names, "focus"),
        Output("preview-card", "className"),
        Input("preview-card", "children"),
    )
