"""Report: what `TopicModel.report()` returns; text in a terminal, a table in a notebook, and files."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, overload

from topickit._core.atomic import write_atomic
from topickit.errors import ParameterError
from topickit.report.html import render_html, render_notebook
from topickit.report.map import DocumentMap, document_map
from topickit.report.summary import Summary, summarize
from topickit.report.tables import render_csv, render_json, render_markdown
from topickit.report.text import render_text

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, repr=False)
class Report:
    """A report on a fitted model.

    Each ``to_…`` method returns a str, or with a path writes a UTF-8 file, whole or not at all,
    and returns its Path; `InputError` says why a file cannot be written. ``texts=False`` leaves
    out all document text: no 20 characters of a document that stand together are in the report
    (keywords stay, longer ones cut).

    Attributes
    ----------
    summary : Summary
        What the report says, as plain data.
    fitted : Fitted or None
        The model, from which the map is drawn when a page is asked for.

    Examples
    --------
    >>> from topickit.fitted.topics import Topic
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="cats")
    >>> report = Report(Summary((topic,), n_documents=4, n_outliers=1, notes={}))
    >>> report.to_csv().splitlines()[1]
    '0,cats,3,0.75,,cat,0.5'
    """

    summary: Summary
    fitted: "Fitted | None" = field(default=None, compare=False)

    @classmethod
    def of(cls, fitted: "Fitted") -> "Report":
        """Report on a fitted state."""
        return cls(summarize(fitted), fitted)

    def map(self, *, texts: bool = True) -> DocumentMap | None:
        """Give the map of the documents; drawn once, and kept with the model.

        Parameters
        ----------
        texts : bool
            Hold the beginnings of the documents.

        Returns
        -------
        DocumentMap or None
            None for a report that was made of a summary alone, or without topics.
        """
        if self.fitted is None or not self.summary.topics:
            return None
        return document_map(self.fitted, texts=texts)

    def __str__(self) -> str:
        return render_text(self.summary)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return render_notebook(self.summary)

    def to_text(self, width: int | None = None, *, n_topics: int | None = None, texts: bool = True) -> str:
        """Give the report as text; see `topickit.report.text.render_text`.

        Parameters
        ----------
        width : int, optional
            Columns, at least 40; by default those of the terminal.
        n_topics : int or None
            Show this many topics, the largest; None for all (printing a report shows 50).
        texts : bool
            Quote a document of each topic.
        """
        return render_text(self._told(texts), width, n_topics)

    @overload
    def to_html(self, path: None = None, *, texts: bool = True, title: str = "Topics") -> str: ...
    @overload
    def to_html(self, path: PathLike, *, texts: bool = True, title: str = "Topics") -> Path: ...
    def to_html(
        self, path: PathLike | None = None, *, texts: bool = True, title: str = "Topics"
    ) -> str | Path:
        """Give the report as one HTML page that needs no network and no other file.

        It holds Plotly, and so is 5 MB at least. The first page of a model takes seconds: it draws
        the map (up to 50,000 points), which is kept with the model.

        Parameters
        ----------
        path : str or path-like, optional
        texts : bool
            Include the beginning of each document that is on the map, and the representative
            documents, each up to 5,000 characters.
        title : str
            Heading and title of the page.
        """
        return _delivered(render_html(self._told(texts), title, map=self.map(texts=texts)), path)

    @overload
    def to_json(self, path: None = None, *, texts: bool = True, indent: int | None = 2) -> str: ...
    @overload
    def to_json(self, path: PathLike, *, texts: bool = True, indent: int | None = 2) -> Path: ...
    def to_json(
        self, path: PathLike | None = None, *, texts: bool = True, indent: int | None = 2
    ) -> str | Path:
        """Give everything as JSON, texts in full.

        Parameters
        ----------
        path : str or path-like, optional
        texts : bool
            Include the representative documents.
        indent : int or None
            Spaces a level; None for one line.
        """
        return _delivered(render_json(self._told(texts), indent), path)

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
        """Give one row a topic as CSV; see `topickit.report.tables.render_csv` for the columns.

        Parameters
        ----------
        path : str or path-like, optional
        texts : bool
            Include the representative documents, one column each.
        encoding : {"utf-8", "utf-8-sig"}
            Of the file. "utf-8-sig" begins with a byte order mark, without which Excel garbles
            letters beyond ASCII.

        Raises
        ------
        ParameterError
            For another encoding.
        """
        if encoding not in {"utf-8", "utf-8-sig"}:
            raise ParameterError(f"encoding must be 'utf-8' or 'utf-8-sig', got {encoding!r}")
        table = render_csv(self._told(texts))
        return table if path is None else write_atomic(path, table.encode(encoding))

    @overload
    def to_markdown(self, path: None = None, *, texts: bool = True) -> str: ...
    @overload
    def to_markdown(self, path: PathLike, *, texts: bool = True) -> Path: ...
    def to_markdown(self, path: PathLike | None = None, *, texts: bool = True) -> str | Path:
        """Give the report as Markdown, with documents cut at 300 characters.

        Parameters
        ----------
        path : str or path-like, optional
        texts : bool
            Quote the representative documents.
        """
        return _delivered(render_markdown(self._told(texts)), path)

    def _told(self, texts: bool) -> Summary:
        return self.summary if texts else self.summary.without_texts()


def _delivered(content: str, path: PathLike | None) -> str | Path:
    return content if path is None else write_atomic(path, content)
