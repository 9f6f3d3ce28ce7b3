"""Report: text in a terminal, a table in a notebook, and files in several formats."""

import datetime
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, overload

from topickit._core.atomic import write_atomic
from topickit._core.display import encodable, one_line
from topickit.analysis.spans import Spans
from topickit.errors import ParameterError, ParameterTypeError
from topickit.fitted.divide import parts_of
from topickit.report.document_map import DocumentMap, document_map
from topickit.report.exports import render_csv, render_json
from topickit.report.html import render_html, render_notebook
from topickit.report.markdown import render_markdown
from topickit.report.marks import Marks, marks_of
from topickit.report.summary import Summary, summarize
from topickit.report.text import render_text

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, repr=False)
class Report:
    """A report on a fitted model, as returned by `TopicModel.report`.

    Printing it shows the report as text; a notebook shows the table of topics. Each ``to_…`` method
    returns a str. Given a path, `to_html`, `to_json`, `to_csv` and `to_markdown` write a UTF-8 file
    instead, atomically, and return its Path.

    With ``texts=False`` no 20 consecutive characters of a document are in the report: documents are
    left out and long keywords truncated.

    Attributes
    ----------
    summary : Summary
        The contents of the report as plain data.
    fitted : Fitted or None
        The fitted state, needed for the map of the HTML page.
    title : str
        Title of the report; empty for none.
    source : str
        Where the documents come from, such as the name of a file; empty if unknown.
    date : str
        Date of the report; empty for none.
    marks : mapping of str to tuple of Piece
        Parts of long documents by topic, for the HTML page; empty for none.

    Examples
    --------
    >>> from topickit.fitted.topics import Topic
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="cats")
    >>> report = Report(Summary((topic,), n_documents=4, n_outliers=1, notes={}))
    >>> report.to_csv().splitlines()[1]
    '0,cats,3,0.75,,,,cat,0.5'
    """

    summary: Summary
    fitted: "Fitted | None" = field(default=None, compare=False)
    title: str = ""
    source: str = ""
    date: str = field(default="", compare=False)
    marks: Marks = field(default_factory=dict, compare=False)

    @classmethod
    def of(
        cls,
        fitted: "Fitted",
        *,
        title: str | None = None,
        source: str | os.PathLike[str] | None = None,
        date: str | datetime.date | None = None,
        spans: Callable[[list[str]], Spans] | None = None,
    ) -> "Report":
        """Create the report on a fitted state.

        Parameters
        ----------
        fitted : Fitted
            The attribute ``fitted_`` of a model.
        title : str, optional
            Heading of the report.
        source : str or path-like, optional
            Where the documents come from, such as the name of a file.
        date : str or date, optional
            Date of the report, as it is to be shown; "" for none. None (default) is today.
        spans : function, optional
            Finds the parts of texts, such as the method ``spans`` of a model, to mark them in long documents.

        Raises
        ------
        ParameterTypeError
            If the title, the source or the date is something else.

        Returns
        -------
        Report

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(Report.of(model.fitted_).summary.topics)
        2
        """
        if title is not None and not isinstance(title, str):
            raise ParameterTypeError(f"title must be a str, got {type(title).__name__}")
        if source is not None and not isinstance(source, str | os.PathLike):
            raise ParameterTypeError(f"source must be a str or a path, got {type(source).__name__}")
        if date is not None and not isinstance(date, str | datetime.date):
            raise ParameterTypeError(f"date must be a str or a date, got {type(date).__name__}")
        shown = datetime.date.today() if date is None else date
        written = shown if isinstance(shown, str) else shown.isoformat()[:10]
        ordered = fitted.largest_first()
        if ordered is not fitted:
            ordered.__dict__["parts"] = parts_of(fitted)  # they are known by ids
        summary = summarize(ordered)
        return cls(
            summary,
            ordered,
            encodable(title or ""),
            encodable(os.fsdecode(source or "")),
            encodable(written),
            {} if spans is None else marks_of(summary, spans),
        )

    @property
    def byline(self) -> str:
        """The source and the date, as shown below the title."""
        source = [f"Source: {one_line(self.source)}"] if self.source else []
        return " · ".join([*source, *([one_line(self.date)] if self.date else [])])

    def map(self, *, texts: bool = True) -> DocumentMap | None:
        """Give the map of the documents; it is computed once and kept with the model.

        Parameters
        ----------
        texts : bool
            Include the documents.

        Returns
        -------
        DocumentMap or None
            None for a report created from a summary alone, or without topics.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.report().map().labels.tolist().count(0)
        3
        """
        if self.fitted is None or not self.summary.topics:
            return None
        return document_map(self.fitted, self._contents(texts), texts=texts)

    def __str__(self) -> str:
        return render_text(self.summary, title=self.title)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return render_notebook(self.summary)

    def to_text(self, width: int | None = None, *, n_topics: int | None = None, texts: bool = True) -> str:
        """Render the report as text.

        Parameters
        ----------
        width : int, optional
            Columns, at least 40. None takes the terminal's width, at most 140.
        n_topics : int or None
            Number of topics in the table, largest first. None shows all; printing a report shows 50.
        texts : bool
            Quote one document per topic.

        Returns
        -------
        str

        Raises
        ------
        ParameterError
            If `width` is below 40 or `n_topics` below 1.

        Examples
        --------
        >>> report = Report(Summary((), n_documents=4, n_outliers=4, notes={}))
        >>> report.to_text(80)
        'no topics in 4 documents · 100% outliers'
        """
        return render_text(self._contents(texts), width, n_topics, self.title)

    @overload
    def to_html(self, path: None = None, *, texts: bool = True, title: str | None = None) -> str: ...
    @overload
    def to_html(self, path: PathLike, *, texts: bool = True, title: str | None = None) -> Path: ...
    def to_html(
        self, path: PathLike | None = None, *, texts: bool = True, title: str | None = None
    ) -> str | Path:
        """Render the report as one HTML page that works offline.

        The page includes Plotly and has at least 5 MB, and at most about 20 MB. The first call takes
        seconds: it computes the map of up to 50,000 documents, which is kept with the model.

        Parameters
        ----------
        path : str or path-like, optional
            File to write; None returns the page.
        texts : bool
            Include the documents: to search, to page through by topic, and as representative documents.
            They are truncated if they have more than 16 MB together.
        title : str, optional
            Heading and title of the page; None takes the title of the report, or "Topics".

        Returns
        -------
        str or Path
            The page, or the path of the file written.

        Raises
        ------
        InputError
            If the file cannot be written.

        Examples
        --------
        >>> report = Report(Summary((), n_documents=4, n_outliers=4, notes={}))
        >>> report.to_html(title="Support tickets")[:15]
        '<!DOCTYPE html>'
        """
        title = self.title or "Topics" if title is None else title
        page = render_html(
            self._contents(texts),
            title,
            map=self.map(texts=texts),
            byline=self.byline,
            marks=self.marks if texts else None,
        )
        return _deliver(page, path)

    @overload
    def to_json(self, path: None = None, *, texts: bool = True, indent: int | None = 2) -> str: ...
    @overload
    def to_json(self, path: PathLike, *, texts: bool = True, indent: int | None = 2) -> Path: ...
    def to_json(
        self, path: PathLike | None = None, *, texts: bool = True, indent: int | None = 2
    ) -> str | Path:
        """Render everything as JSON, texts in full.

        Parameters
        ----------
        path : str or path-like, optional
            File to write; None returns the JSON.
        texts : bool
            Include the representative documents.
        indent : int or None
            Spaces per level; None gives one line.

        Returns
        -------
        str or Path
            The JSON, or the path of the file written.

        Raises
        ------
        InputError
            If the file cannot be written.

        Examples
        --------
        >>> report = Report(Summary((), n_documents=4, n_outliers=4, notes={}))
        >>> report.to_json(indent=None)[:52]
        '{"format": "topickit-report", "format_version": 1, "'
        """
        return _deliver(render_json(self._contents(texts), indent), path)

    @overload
    def to_csv(self, path: None = None, *, texts: bool = True, encoding: str = "utf-8") -> str: ...
    @overload
    def to_csv(self, path: PathLike, *, texts: bool = True, encoding: str = "utf-8") -> Path: ...
    def to_csv(
        self,
        path: PathLike | None = None,
        *,
        texts: bool = True,
        encoding: str = "utf-8",
    ) -> str | Path:
        """Render one row per topic as CSV.

        The columns are id, name, size, share, stability, cohesion, unlike_share, keywords, weights,
        document_1, document_2, …
        Texts that a spreadsheet would read as formulas get a leading apostrophe.

        Parameters
        ----------
        path : str or path-like, optional
            File to write; None returns the table.
        texts : bool
            Include the representative documents, one column each.
        encoding : {"utf-8", "utf-8-sig"}
            Encoding of the file. "utf-8-sig" adds the byte order mark that Excel needs to read
            non-ASCII letters.

        Returns
        -------
        str or Path
            The table, or the path of the file written.

        Raises
        ------
        ParameterError
            For another encoding.
        InputError
            If the file cannot be written.

        Examples
        --------
        >>> report = Report(Summary((), n_documents=4, n_outliers=4, notes={}))
        >>> report.to_csv().strip()
        'id,name,size,share,stability,cohesion,unlike_share,keywords,weights'
        """
        if encoding not in {"utf-8", "utf-8-sig"}:
            raise ParameterError(f"encoding must be 'utf-8' or 'utf-8-sig', got {encoding!r}")
        table = render_csv(self._contents(texts))
        return table if path is None else write_atomic(path, table.encode(encoding))

    @overload
    def to_markdown(self, path: None = None, *, texts: bool = True) -> str: ...
    @overload
    def to_markdown(self, path: PathLike, *, texts: bool = True) -> Path: ...
    def to_markdown(self, path: PathLike | None = None, *, texts: bool = True) -> str | Path:
        """Render the report as Markdown, with documents truncated at 300 characters.

        Parameters
        ----------
        path : str or path-like, optional
            File to write; None returns the Markdown.
        texts : bool
            Quote the representative documents.

        Returns
        -------
        str or Path
            The Markdown, or the path of the file written.

        Raises
        ------
        InputError
            If the file cannot be written.

        Examples
        --------
        >>> report = Report(Summary((), n_documents=4, n_outliers=4, notes={}))
        >>> report.to_markdown().splitlines()[0]
        '# Topics'
        """
        return _deliver(render_markdown(self._contents(texts), self.title or "Topics", self.byline), path)

    def _contents(self, texts: bool) -> Summary:
        return self.summary if texts else self.summary.without_texts()


def _deliver(content: str, path: PathLike | None) -> str | Path:
    return content if path is None else write_atomic(path, content)
