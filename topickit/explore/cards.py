"""What the parts of the page show: topics, an opened topic, documents, previews."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from topickit._core.display import clip, encodable, plural, printable
from topickit.explore.figures import over_time_figure
from topickit.explore.forms import topic_option
from topickit.explore.preview import Preview
from topickit.explore.session import Session
from topickit.explore.views import Found, Placement, TopicView
from topickit.fitted.topics import Topic
from topickit.model import TopicModel

_CLIP = 300
_WORDS = 6


def shown(text: str, limit: int = _CLIP) -> str:
    """Make a text fit to be shown.

    Parameters
    ----------
    text : str
    limit : int

    Returns
    -------
    str
    """
    return clip(printable(encodable(text)), limit)


def text(content: str, limit: int = _CLIP) -> Any:
    """Show a text of the user's: its direction does not spread to what stands beside it.

    Parameters
    ----------
    content : str
    limit : int

    Returns
    -------
    dash component
    """
    return html.Bdi(shown(content, limit))


def title(session: Session) -> str:
    """Name the model.

    Parameters
    ----------
    session : Session

    Returns
    -------
    str
    """
    return "topics" if session.path is None else shown(session.path.resolve().name, 60)


def free_folder(session: Session) -> str:
    """Propose a folder that does not exist, beside the model.

    Parameters
    ----------
    session : Session

    Returns
    -------
    str
    """
    if session.path is None:
        return ""
    path, number = session.path.resolve(), 2
    while (other := path.with_name(f"{path.name}-{number}")).exists():
        number += 1
    return str(other)


def counts(model: TopicModel) -> str:
    """Count topics and documents.

    Parameters
    ----------
    model : TopicModel

    Returns
    -------
    str
    """
    topics = model.topics_
    return (
        f"{plural(len(topics), 'topic')} · {plural(topics.n_documents, 'document')} · "
        f"{topics.outlier_share:.1%} in no topic"
    )


def topic_lines(model: TopicModel, parts: Mapping[int, Sequence[Topic]]) -> list[dict[str, Any]]:
    """List the topics, the largest first, with their parts, as plain data that assets/explore.js draws.

    The page makes elements of a hundred topics itself in a few milliseconds; as components they take seconds.

    Parameters
    ----------
    model : TopicModel
    parts : mapping of int to sequence of Topic

    Returns
    -------
    list of dict
    """
    largest = max((topic.share for topic in model.topics_), default=1.0) or 1.0
    return [
        {
            "id": topic.id,
            "name": shown(topic.name, 80),
            "number": f"{topic.size:,} · {topic.share:.1%}",
            "words": " · ".join(shown(word, 40) for word in topic.words[:_WORDS]),
            "width": f"{100 * topic.share / largest:.1f}%",
            "select": f"Select topic {topic.id}, {shown(topic.name, 60)}",
            "option": topic_option(topic),
            "parts": [[shown(part.name, 80), f"{part.size:,}"] for part in parts.get(topic.id, ())],
        }
        for topic in sorted(model.topics_, key=lambda topic: (-topic.size, topic.id))
    ]


def closed_topic() -> Any:
    """Say how to open a topic, where none is open.

    Returns
    -------
    dash component
    """
    return html.P("Open a topic in the list, or click on a document on the map.", className="soft")


def steps_done(n_done: int) -> str:
    """Count the edits that are not saved.

    Parameters
    ----------
    n_done : int

    Returns
    -------
    str
    """
    return f"{plural(n_done, 'edit')} not saved" if n_done else ""


def _checkbox(kind: str, value: int, version: int, name: str) -> Any:
    """Make a checkbox; assets/explore.js keeps what is checked."""
    return html.Button(
        html.Span(name, className="hidden"),
        role="checkbox",
        className="check edit",
        key=f"{kind}-{value}-{version}",
        **{"aria-checked": "false", f"data-{kind}": str(value)},
    )


def _link(topic: int, name: str) -> Any:
    """Make a button that opens a topic."""
    return html.Button([f"{topic} ", text(name, 60)], className="link", **{"data-open": str(topic)})


def _documents(documents: Sequence[tuple[int, str, list[Any]]], version: int) -> Any:
    """List documents that can be selected: row, text and what is said of each."""
    return html.Ul(
        [
            html.Li(
                [
                    _checkbox("row", row, version, f"Select the document: {shown(content, 60)}"),
                    html.Span([text(content), html.Span([" ", *said], className="soft")]),
                ],
                className="line",
            )
            for row, content, said in documents
        ],
        className="documents",
    )


def _part_lines(parts: Sequence[Topic]) -> list[Any]:
    if not parts:
        return []
    return [
        html.Ul(
            [
                html.Li([text(part.name, 80), html.Span(f" {part.size:,}", className="soft")])
                for part in parts
            ],
            className="parts",
        )
    ]


def opened_topic(model: TopicModel, view: TopicView, parts: Sequence[Topic], version: int) -> Any:
    """Show a topic.

    Parameters
    ----------
    model : TopicModel
    view : TopicView
    parts : sequence of Topic
    version : int
        Of the session.

    Returns
    -------
    dash component
    """
    topic = view.topic
    blocks: list[Any] = [
        html.H4("Why these documents are together"),
        _keywords(view),
    ]
    if parts:
        blocks += [html.H4("Parts"), *_part_lines(parts)]
    if topic.representative_documents:
        documents = [
            html.Li(_marked(document, topic.words)) for document in topic.representative_documents[:5]
        ]
        blocks += [html.H4("Representative documents"), html.Ul(documents, className="documents")]
    if view.doubtful:
        blocks += [html.H4("Doubtful documents"), _doubtful(view, version)]
    if view.neighbors:
        blocks += [html.H4("Similar topics"), _neighbors(view)]
    if view.has_times:
        graph = dcc.Graph(
            figure=over_time_figure(model, topic.id),
            config={"displayModeBar": False, "responsive": True},
            style={"height": "100%"},
        )
        blocks += [html.H4("Share over time"), html.Div(graph, className="chart")]
    if view.classes:
        blocks += [html.H4("By class"), _classes(view)]
    return blocks


def head(topic: Topic) -> list[Any]:
    """Show the name and the size of an opened topic.

    Parameters
    ----------
    topic : Topic

    Returns
    -------
    list of dash components
    """
    stability = "" if topic.stability is None else f" · stability {topic.stability:.2f}"
    alike = "" if topic.cohesion is None else f" · cohesion {topic.cohesion:.2f}"
    unlike = "" if topic.unlike_share is None else f" · {topic.unlike_share:.0%} unlike the topic"
    return [
        html.H3([html.Span(f"{topic.id} ", className="soft"), text(topic.name, 120)], id="opened-title"),
        html.P(
            f"{plural(topic.size, 'document')} · {topic.share:.1%}{stability}{alike}{unlike}",
            className="soft",
        ),
    ]


def _keywords(view: TopicView) -> Any:
    rows = [
        html.Tr(
            [
                html.Td(text(word, 60)),
                html.Td("" if ratio is None else f"{_times(ratio.ratio)} ({ratio.low:.1f}–{ratio.high:.1f})"),
            ]
        )
        for word, ratio in view.keywords
    ]
    return html.Table(
        [
            html.Caption("How many times likelier a word is in this topic than outside (95 % interval)"),
            html.Thead(html.Tr([html.Th("Keyword", scope="col"), html.Th("Risk ratio", scope="col")])),
            html.Tbody(rows),
        ]
    )


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×"


def _marked(document: str, words: Sequence[str]) -> Any:
    """Show a document with the keywords of its topic marked."""
    content = shown(document)
    wanted = sorted((word for word in words if word.strip()), key=len, reverse=True)
    if not wanted:
        return html.Bdi(content)
    pattern = re.compile("|".join(rf"\b{re.escape(word)}" for word in wanted), re.IGNORECASE)
    pieces: list[Any] = []
    end = 0
    for match in pattern.finditer(content):
        pieces += [content[end : match.start()], html.Mark(match[0])]
        end = match.end()
    return html.Bdi([*pieces, content[end:]])


def _doubtful(view: TopicView, version: int) -> Any:
    said = "nearly in {0.next_topic} "
    listed = [
        (
            one.row,
            one.text,
            [said.format(one), text(one.next_name, 50), f" · margin {one.margin:.2f}"],
        )
        for one in view.doubtful
    ]
    return _documents(listed, version)


def _neighbors(view: TopicView) -> Any:
    return html.Ul(
        [
            html.Li(
                [
                    _link(one.topic, one.name),
                    html.Span(
                        f" similarity {one.similarity:.2f}"
                        + (
                            f" · shared: {', '.join(shown(word, 30) for word in one.shared[:5])}"
                            if one.shared
                            else ""
                        ),
                        className="soft",
                    ),
                ]
            )
            for one in view.neighbors
        ]
    )


def _classes(view: TopicView) -> Any:
    rows = [
        html.Tr(
            [
                html.Td(text(one.name, 60)),
                html.Td(f"{one.n:,}"),
                html.Td(f"{one.share:.1%}"),
                html.Td("" if one.risk_ratio is None else _times(one.risk_ratio)),
            ]
        )
        for one in view.classes
    ]
    heads = ("Class", "Documents", "Share of class", "Risk ratio")
    return html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)])


def found(result: Found, version: int) -> list[Any]:
    """Show what a search found.

    Parameters
    ----------
    result : Found
    version : int
        Of the session.

    Returns
    -------
    list of dash components
    """
    topics, documents = result.topics, result.documents
    if not len(topics) and (documents is None or not len(documents)):
        return [html.P("Nothing found.")]
    blocks: list[Any] = []
    if len(topics):
        lines = [
            html.Li(_link(topic, name)) for topic, name in zip(topics.ids.tolist(), topics.names, strict=True)
        ]
        blocks += [html.H3("Topics"), html.Ul(lines)]
    if documents is not None and len(documents):
        listed = [
            (row, content, [text(name or "no topic", 60)])
            for row, content, name in zip(
                documents.rows.tolist(), documents.texts, documents.names, strict=True
            )
        ]
        blocks += [html.H3("Documents"), _documents(listed, version)]
    return blocks


def placement(result: Placement) -> list[Any]:
    """Show the topic of a pasted document.

    Parameters
    ----------
    result : Placement

    Returns
    -------
    list of dash components
    """
    lines = [
        html.Li(
            [
                _link(one.topic, one.name),
                html.Span(f" {one.probability:.0%}", className="soft"),
                html.Strong(" its topic") if one.topic == result.topic else "",
            ]
        )
        for one in result.candidates
    ]
    blocks: list[Any] = [
        html.P(f"Similarity to the nearest topic: {result.similarity:.2f}"),
        html.Ol(lines),
    ]
    if result.topic < 0:
        blocks.insert(0, html.P("No topic: the document is too far from all of them."))
    if result.parts:
        parts = [html.Li([html.Strong(text(name, 60)), " ", text(part)]) for part, _, name in result.parts]
        blocks += [html.H3("Its parts"), html.Ul(parts, className="documents")]
    return blocks


def preview_card(shown_preview: Preview) -> list[Any]:
    """Show what a step would do.

    Parameters
    ----------
    shown_preview : Preview

    Returns
    -------
    list of dash components
    """
    one = shown_preview
    moves = [
        html.Li(
            [
                html.Strong(plural(move.n, "document")),
                " from ",
                text(move.source, 60),
                " to ",
                text(move.target, 60),
                html.Ul([html.Li(text(example, 160)) for example in move.examples], className="documents"),
            ]
        )
        for move in one.moves
    ]
    topics = [
        html.Li(
            [
                html.Strong([f"{topic.id} ", text(topic.name, 60)]),
                f" {topic.size:,} ",
                html.Span(" · ".join(shown(word, 40) for word in topic.words[:_WORDS]), className="soft"),
            ]
        )
        for topic in one.topics[:12]
    ]
    after = [html.H3("Topics that change"), html.Ul(topics)] if topics else []
    return [
        html.H2(["Preview: ", text(one.summary, 200)], tabIndex=-1, id="preview-title"),
        html.P(f"{plural(one.n_moved, 'document')} of the model would move."),
        *[html.P(text(note)) for note in one.notes],
        html.Div(
            [
                html.Button("Apply", id="preview-apply", className="main"),
                html.Button("Cancel", id="preview-cancel"),
            ],
            className="row",
        ),
        html.Div(
            [html.Div([html.H3("What moves"), html.Ul(moves)]) if moves else "", html.Div(after)],
            className="two",
        ),
    ]


def lassoed(examples: Sequence[str], n_points: int, n_shown: int, n_texts: int) -> list[Any]:
    """Show what is inside the lasso.

    Parameters
    ----------
    examples : sequence of str
    n_points : int
        Texts inside.
    n_shown : int
        Texts on the map.
    n_texts : int
        Texts of the corpus.

    Returns
    -------
    list of dash components
    """
    sample = (
        ""
        if n_shown == n_texts
        else f" of the {n_shown:,} of {n_texts:,} on the map; documents like them come too"
    )
    return [
        html.H3(f"{plural(n_points, 'text')} inside the lasso{sample}"),
        html.Ul([html.Li(text(example, 160)) for example in examples], className="documents"),
    ]
