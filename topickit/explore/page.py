"""The page of the workbench: its parts that are always there. What they show is in `cards`."""

from typing import Any

from dash import dcc, html

from topickit.explore import cards, figures, forms, views
from topickit.explore.session import Session
from topickit.fitted.fitted import Fitted
from topickit.model import TopicModel
from topickit.plot.map_points import MapPoints

INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{%title%}</title>
    {%favicon%}
    {%css%}
  </head>
  <body>
    {%app_entry%}
    {%config%}
    {%scripts%}
    {%renderer%}
  </body>
</html>"""


def layout(session: Session) -> Any:
    """Lay the page out.

    Parameters
    ----------
    session : Session

    Returns
    -------
    dash component
    """
    with session.lock:
        model, version = session.model, session.version
    fitted, points = model.fitted_, figures.points_of(model)
    return html.Div(
        [
            dcc.Store(id="version", data=version),
            dcc.Store(id="topic"),
            dcc.Store(id="lasso", data=[]),
            dcc.Store(id="preview", data=None),
            dcc.Store(id="drawn", data=points.n_texts),
            dcc.Store(id="listed", data=cards.topic_lines(model, views.parts(model))),
            dcc.Store(id="picked", data=[]),
            dcc.Store(id="rows", data=[]),
            dcc.Store(id="dropped"),
            dcc.Download(id="download"),
            _header(session),
            html.Main(
                [
                    html.H1(cards.title(session), className="hidden"),
                    html.P(id="status", role="status", className="status"),
                    html.Section(id="preview-card", **{"aria-label": "Preview of an edit"}),
                    html.Div([_left(model), _middle(fitted, points), _right(session)], className="columns"),
                ]
            ),
            _footer(session),
        ],
        className="read-only" if session.read_only else "",
    )


def _header(session: Session) -> Any:
    return html.Header(
        [
            html.Div(
                [
                    html.Strong(html.Bdi(cards.title(session))),
                    html.Span(cards.counts(session.model), id="counts", className="soft"),
                ],
                className="title",
            ),
            html.Div(
                [
                    html.Button("Undo", id="undo", className="edit", disabled=not session.can_undo),
                    html.Button("Redo", id="redo", className="edit", disabled=not session.undone),
                    html.Span(cards.steps_done(session.n_changes), id="steps", className="soft"),
                ],
                className="row",
            ),
            html.Nav(
                [html.A(name, href=f"#{id_}") for id_, name in _ANCHORS], **{"aria-label": "On this page"}
            ),
        ]
    )


_ANCHORS = (("topics-card", "Topics"), ("map-card", "Map"), ("topic-card", "Topic"), ("keep-card", "Save"))


def _field(label: str, field: Any, *, hidden: bool = False) -> Any:
    """Put a label on a field."""
    return html.Label(
        [html.Span(label, className="hidden" if hidden else "label"), field],
        htmlFor=field.id,
        className="field",
    )


def _left(model: TopicModel) -> Any:
    n_topics, n_prototypes = len(model.topics_), len(model.fitted_.assigner.topics)
    merging = [
        html.Span("Selected topics:", className="soft"),
        html.Button("Merge", id="merge-go", className="edit", **{"aria-label": "Merge the selected topics"}),
        html.Button(
            "Delete",
            id="delete-selected-go",
            className="edit",
            **{"aria-label": "Delete the selected topics"},
        ),
        html.Button(
            "Ignore",
            id="ignore-selected-go",
            className="edit",
            **{"aria-label": "Ignore the selected topics"},
        ),
    ]
    number = dcc.Input(
        id="level-n", type="range", min=1, max=n_prototypes, step=1, value=min(n_topics, n_prototypes)
    )
    levels = [
        _field("Number of topics", number),
        html.Output(id="level-shown", htmlFor="level-n"),
        html.Button("Preview", id="level-go"),
    ]
    return html.Div(
        [
            html.Section(
                [
                    html.H2("Search"),
                    html.Div(
                        [
                            _field(
                                "Words, or a question", dcc.Input(id="query", type="search", debounce=False)
                            ),
                            html.Button("Search", id="search-go"),
                        ],
                        className="row",
                    ),
                    html.Div(id="found"),
                ],
                id="search-card",
                className="card",
            ),
            html.Section(
                [
                    html.H2("Topics"),
                    html.P(
                        "Drag a topic onto another one to merge them, or select both.", className="soft edit"
                    ),
                    html.Div(merging, className="row edit"),
                    html.Ul(id="topics", className="topics"),
                    html.Div(levels, className="row edit"),
                ],
                id="topics-card",
                className="card",
            ),
        ],
        className="column",
    )


def _middle(fitted: Fitted, points: MapPoints) -> Any:
    graph = dcc.Graph(
        id="map",
        figure=figures.map_figure(fitted, points),
        config={"displayModeBar": False, "scrollZoom": True, "displaylogo": False, "responsive": True},
        style={"height": "100%"},
    )
    moving = [
        _field("To this topic, or a new one", dcc.Input(id="move-to", type="text", list="topic-names")),
        html.Button("Move the selected documents", id="move-go"),
    ]
    making = [
        _field("Name of the topic", dcc.Input(id="lasso-name", type="text")),
        html.Button("Make a topic of these", id="lasso-go"),
    ]
    return html.Div(
        [
            html.Section(
                [
                    html.H2("Map"),
                    html.Button("Lasso", id="mouse", className="edit toggle", **{"aria-pressed": "false"}),
                    html.Div(graph, role="group", className="map", **{"aria-label": "Map of the documents"}),
                    html.P(
                        forms.map_note(points, fitted.corpus is not None), id="map-note", className="soft"
                    ),
                    html.Div(
                        [html.Div(id="lassoed"), html.Div(making, className="row")],
                        id="lasso-card",
                        hidden=True,
                    ),
                ],
                id="map-card",
                className="card",
            ),
            html.Section(
                [
                    html.H2("Where does a document belong?"),
                    _field("Text of a document", dcc.Textarea(id="pasted", rows=3)),
                    html.Button("Find its topic", id="place-go"),
                    html.Div(id="placed"),
                ],
                id="place-card",
                className="card",
            ),
            html.Section(
                [
                    html.H2("Move documents"),
                    html.P(
                        "Select documents under Search or in a topic. Documents like them move, too.",
                        className="soft",
                    ),
                    html.Datalist(id="topic-names"),
                    html.Div(moving, className="row"),
                ],
                id="move-card",
                className="card edit",
            ),
        ],
        className="column",
    )


def _right(session: Session) -> Any:
    return html.Div(
        [
            html.Section(
                [
                    html.H2("Topic"),
                    html.Div(cards.closed_topic(), id="opened-head"),
                    html.Div(_edits(), id="topic-edits", hidden=True),
                    html.Div(id="opened"),
                ],
                id="topic-card",
                className="card",
            ),
            html.Section(_keep(session), id="keep-card", className="card"),
        ],
        className="column",
    )


def _edits() -> list[Any]:
    return [
        html.Div(
            [
                _field("Name", dcc.Input(id="rename-name", type="text")),
                html.Button("Rename", id="rename-go"),
            ],
            className="row edit",
        ),
        html.Div(
            [
                _field("Parts", dcc.Input(id="split-n", type="number", min=2, max=20, step=1, value=2)),
                html.Button("Split", id="split-go"),
            ],
            className="row edit",
        ),
        html.Div(
            [
                _field("Merge with", dcc.Input(id="merge-with", type="text", list="topic-names")),
                html.Button("Merge", id="merge-with-go"),
            ],
            className="row edit",
        ),
        html.Div(
            [
                html.Button("Delete: documents go to the next topic", id="delete-go"),
                html.Button("Ignore: these documents, and new ones like them, get no topic", id="ignore-go"),
            ],
            className="row edit",
        ),
    ]


def _keep(session: Session) -> list[Any]:
    upload = dcc.Upload(
        html.Button("Choose a file of new documents, or drop it here", type="button"),
        id="upload",
        className="upload",
    )
    column = _field(
        "Column of the texts, if the file has several", dcc.Input(id="upload-column", type="text")
    )
    return [
        html.H2("Save"),
        html.Div(
            [
                _field(
                    "Folder of the new model",
                    dcc.Input(id="save-path", type="text", value=cards.free_folder(session)),
                ),
                html.Button("Save", id="save-go"),
                html.Button("Save, and replace a model that is there", id="replace-go"),
            ],
            className="row edit",
        ),
        html.H3("Download"),
        html.Div(
            [
                html.Button("Edits as a script", id="get-script"),
                html.Button("Labels as CSV", id="get-csv"),
                html.Button("Labels as Parquet", id="get-parquet"),
                html.Button("Report", id="get-report"),
            ],
            className="row",
        ),
        html.Div([html.H3("New documents"), column, upload], className="edit"),
    ]


def _footer(session: Session) -> Any:
    kept = (
        "Read-only: nothing can be changed. "
        if session.read_only
        else "Every edit is kept in a journal until you save; a crash loses none. "
    )
    return html.Footer(
        kept + "This page is for one user at a time: two windows show and edit the same model. "
        "It runs on this machine only and sends nothing elsewhere."
    )
