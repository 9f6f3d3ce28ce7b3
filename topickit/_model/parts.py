"""How a `TopicModel` tells the parts of a document apart."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit._model.prediction import FIT_BY_NAME
from topickit.analysis.spans import Spans, find_spans, mixture
from topickit.corpus.documents import Documents, Missing, check_texts, fill_missing
from topickit.corpus.tables import read
from topickit.fitted.fitted import Fitted

if TYPE_CHECKING:
    from topickit._core.vectors import FloatArray


class PartsMixin:
    """Several topics in a document, for an estimator with methods ``_fitted`` and ``_vectors``."""

    if TYPE_CHECKING:

        def _fitted(self) -> Fitted: ...

        _vectors: Callable[..., tuple[Documents, FloatArray]]

    def spans(self, texts: Any, *, missing: Missing = "error") -> Spans:
        """Find which part of each text is about which topic.

        A text is divided where its sentences change (or windows, where sentences are long). Each part is then
        assigned as a text is: ``spans(texts).topics`` equals ``predict(spans(texts).texts)``. Neighbors of
        one topic are one span.

        Parameters
        ----------
        texts : list, tuple, or column of str
            The embedder embeds their sentences: embeddings of whole texts do not help.
        missing : {"error", "blank", "drop"}, default "error"
            What to do with missing texts, as in `fit`.

        Returns
        -------
        Spans
            In the order of the texts; ``to_polars()`` and ``to_pandas()`` make a table with the columns
            document (row of the text), start, end, text, topic, name and similarity. A blank text has none.

        Raises
        ------
        InputError, InputTypeError
            When texts cannot be used; the message names the row and the reason.

        See Also
        --------
        mixture : Shares of the topics in each text.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.spans(["An apple is a green apple. Apple pie! My car is a slow car."]).texts
        ('An apple is a green apple. Apple pie!', 'My car is a slow car.')
        """
        return find_spans(self._fitted(), self._checked(texts, missing), self._embed_parts)

    def mixture(self, texts: Any, *, missing: Missing = "error") -> NDArray[np.float32]:
        """Compute the share of each topic in each text, by the length of its parts.

        Parameters
        ----------
        texts : list, tuple, or column of str
        missing : {"error", "blank", "drop"}, default "error"
            What to do with missing texts, as in `fit`.

        Returns
        -------
        float32 ndarray of shape (n, n_topics)
            Columns in the order of ``topics_``. Rows sum to 1: parts without a topic are left out. A text
            of which no part has a topic is uniform, as in `transform`.

        Raises
        ------
        InputError, InputTypeError
            When texts cannot be used; the message names the row and the reason.

        See Also
        --------
        spans : Where the parts are.
        transform : How sure the topic of a whole text is.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> fruit = "A red apple. A green apple."
        >>> shares = model.mixture([fruit, f"{fruit} Then came a fast car. It was a car race."])
        >>> [round(float(share), 1) for share in shares.max(axis=1)]
        [1.0, 0.6]
        """
        return mixture(self._fitted(), self._checked(texts, missing), self._embed_parts)

    @staticmethod
    def _checked(texts: Any, missing: Missing) -> list[str]:
        """Return texts as a list."""
        texts, _ = fill_missing(read(texts), missing, [])
        return check_texts(list(texts) if isinstance(texts, Iterator) else texts, may_be_empty=True)

    def _embed_parts(self, parts: list[str]) -> "FloatArray":
        documents, vectors = self._vectors(parts, None, way_out=FIT_BY_NAME)
        return documents.per_row(vectors, 0)
