"""Giving doubtful documents back to the teacher of a distilled embedder, up to a time or a number."""

import math
import time
import warnings
from typing import Any

import numpy as np

from topickit._core.progress import stage
from topickit._core.vectors import allocate, unit_rows
from topickit.embed import base as embed
from topickit.errors import InputError, ParameterError, TopickitWarning
from topickit.fitted.edits import replaced_vectors
from topickit.fitted.fitted import Fitted
from topickit.fitted.thresholds import OutlierShare

FIRST_BATCH = 32
"""Documents by which the teacher's rate is first known."""
BATCH = 256
"""Documents that the teacher embeds between two looks at the clock, at most."""
MANY = 4096
"""Documents that it embeds at a time where there is no clock."""


def refined_at_fit(
    fitted: Fitted, embedder: Any, *, outliers: OutlierShare | None = None
) -> tuple[Fitted, Any]:
    """Embed as many doubtful documents exactly as the embedder asks for; none by most embedders.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.
    embedder : embedder
        Fitted. ``n_refined`` is the number of documents.
    outliers : float, optional
        As for `refine`.

    Returns
    -------
    Fitted, embedder
    """
    most = 0 if embed.n_exact(embedder) is None else getattr(embedder, "n_refined", 0)
    return refine(fitted, embedder, None, most=most, outliers=outliers) if most else (fitted, embedder)


def refine(
    fitted: Fitted,
    embedder: Any,
    seconds: float | None,
    *,
    most: int | None = None,
    outliers: OutlierShare | None = None,
) -> tuple[Fitted, Any]:
    """Embed the documents nearest to a boundary between topics exactly, and assign them anew.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.
    embedder : embedder with ``with_exact``, ``is_exact`` and ``encode_exactly``
        Such as a fitted `DistilledEmbedder`. It is not changed.
    seconds : float, optional
        The last batch is as large as the time left allows at the rate of those before it. None sets no limit.
    most : int, optional
        Largest number of documents to embed; None sets no limit.
    outliers : float, optional
        The share of outliers that was asked for: thresholds are set anew where there are more now.

    Returns
    -------
    Fitted, embedder
        New ones. Topics stand for what they did; their sizes, and with them their order, may change.

    Raises
    ------
    InputError
        When the model has no corpus, or its embedder has no teacher.
    ParameterError
        When `seconds` is not a positive number.
    """
    if seconds is not None and not (isinstance(seconds, int | float) and seconds > 0):
        raise ParameterError(f"seconds must be a positive number, got {seconds!r}")
    if not hasattr(embedder, "with_exact"):
        raise InputError(
            "only a model with a distilled embedder can be refined: its other embedders make exact vectors; "
            'fit with embedder="distilled"'
        )
    corpus = fitted.need_corpus("refining")
    documents, vectors = corpus.documents, corpus.vectors
    until = time.monotonic() + (math.inf if seconds is None else seconds)
    doubtful = np.argsort(fitted.assigner.margins(vectors), kind="stable")
    doubtful = doubtful[~embedder.is_exact([documents.texts[row] for row in doubtful.tolist()])][:most]
    changed = allocate(*vectors.shape)
    changed[:] = vectors
    done, size = 0, FIRST_BATCH
    with stage("Refining", len(doubtful)) as progress, warnings.catch_warnings():
        # What the teacher has to say of these texts (that long ones are cut), it said at the fit.
        warnings.simplefilter("ignore", TopickitWarning)
        begun = time.monotonic()
        while done < len(doubtful) and size > 0:
            rows = doubtful[done : done + size]
            texts = [documents.texts[row] for row in rows.tolist()]
            embedder = embedder.with_exact(texts)
            changed[rows] = fitted.mapped(unit_rows(embedder.encode_exactly(texts)))
            done += len(rows)
            progress.advance(len(rows))
            now = time.monotonic()
            size = int(min(BATCH if seconds else MANY, (until - now) * done / max(now - begun, 1e-9)))
    assigner = fitted.assigner.with_at_most(changed, documents.weights, outliers)
    return replaced_vectors(fitted, changed, assigner, done), embedder
