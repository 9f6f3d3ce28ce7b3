"""Steps of `TopicModel.fit`: reading its input, the search for topics, and their description."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

from topickit._core.progress import stage
from topickit._core.vectors import check_given
from topickit._model.guiding import Guidance, labelled_rows, warn_of_doubtful
from topickit._model.settings import recorded_parameters
from topickit.cluster.base import Clusterer
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents, Missing, fill_missing
from topickit.corpus.tables import read
from topickit.embed.models.languages import warn_of_language
from topickit.embed.pipeline import Embedded
from topickit.errors import InputError
from topickit.fitted.across import check_regardless_of, column_name, find_across
from topickit.fitted.build import build
from topickit.fitted.corpus import Corpus
from topickit.fitted.discover import TopicSearch, find_topics, finds_subjects
from topickit.fitted.fitted import Fitted
from topickit.fitted.guidance import guide
from topickit.fitted.provenance import Provenance
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms


@dataclass(frozen=True, eq=False)
class FitInput:
    """The data of a fit, checked.

    Attributes
    ----------
    documents : Documents
    embeddings : ndarray of shape (n, d), or None
        As given.
    covariates : Covariates or None
    known_labels : column or None
        Label of each row.
    is_across : bool
        Topics are wanted across the classes.
    column : str or None
        Name of the column of classes, where it has one.
    """

    documents: Documents
    embeddings: NDArray[Any] | None
    covariates: Covariates | None
    known_labels: Any
    is_across: bool = False
    column: str | None = None


def read_input(
    texts: Any,
    clusterer: Clusterer,
    *,
    embeddings: ArrayLike | None,
    timestamps: Any,
    classes: Any,
    known_labels: Any,
    regardless_of: Any,
    time_format: str | None,
    missing: Missing,
) -> FitInput:
    """Read and check the data of a fit; arguments as for `TopicModel.fit`.

    Raises
    ------
    InputError, InputTypeError
        When some of it cannot be used, or there is no text.
    """
    check_regardless_of(regardless_of, classes)
    column = column_name(classes)
    given = None if embeddings is None else check_given(embeddings, stacklevel=4)
    with stage("Reading texts"):
        if texts is not None or given is None:
            texts, (given, timestamps, classes, known_labels) = fill_missing(
                read(texts), missing, [given, timestamps, classes, known_labels]
            )
            documents = Documents.of(texts, given)
        if given is not None and (texts is None or not len(documents)):
            documents = Documents.of_vectors(given)
    covariates = Covariates.of(
        documents.n_rows, timestamps=timestamps, classes=classes, time_format=time_format
    )
    check_rows: Callable[[int], None] | None = getattr(clusterer, "check_rows", None)
    if check_rows is not None:
        check_rows(documents.n_rows)
    if known_labels is not None:
        labelled_rows(known_labels, documents)
    if not len(documents):
        raise InputError(f"all {documents.n_rows} documents are blank; a fit needs at least one text")
    return FitInput(documents, given, covariates, known_labels, regardless_of is not None, column)


def search_topics(
    data: FitInput,
    embedded: Embedded,
    clusterer: Clusterer,
    guidance: Guidance,
    *,
    keyword_settings: KeywordSettings,
    fit_sample: int | Literal["auto"] | None,
    n_topics: int | None,
    random_state: int,
    device: str | None,
    cache: str | os.PathLike[str] | None,
) -> tuple[TopicSearch, Corpus]:
    """Find topics; words are counted by the interpreter meanwhile, outside of its lock.

    Returns
    -------
    TopicSearch, Corpus
        With known topics, if there are some.
    """
    documents, vectors, across = data.documents, embedded.vectors, None
    if data.is_across:
        across = find_across(
            vectors, documents, data.covariates, column=data.column, random_state=random_state
        )
        vectors = across.vectors(vectors)
    known = guidance.known(
        documents,
        data.known_labels,
        embedded.embedder,
        dimension=vectors.shape[1],
        are_given=data.embeddings is not None,
        cache=cache,
    )
    if across is not None:
        known = [replace(topic, anchors=across.vectors(topic.anchors)) for topic in known]
    with ThreadPoolExecutor(1) as aside:
        counting = aside.submit(count_terms, documents.texts, documents.weights, keyword_settings)
        with stage("Finding topics"):
            search = find_topics(
                documents,
                vectors,
                clusterer,
                sample_size=fit_sample,
                n_topics=n_topics,
                random_state=random_state,
                device=device,
            )
        corpus = Corpus(documents, vectors, counting.result())
    search = replace(search, across=across)
    if known:
        search = guide(search, known, corpus, n_topics=n_topics, random_state=random_state)
        warn_of_doubtful(search.doubtful, sum(len(topic.rows) for topic in known))
        notes = {**search.clustering.notes, "known_topics": len(search.known)}
        search = replace(search, clustering=replace(search.clustering, notes=notes))
    return search, corpus


def describe_topics(
    search: TopicSearch,
    corpus: Corpus,
    embedded: Embedded,
    data: FitInput,
    clusterer: Clusterer,
    *,
    keyword_settings: KeywordSettings,
    parameters: Mapping[str, Any],
) -> Fitted:
    """Build the fitted state from what was found.

    Parameters
    ----------
    search, corpus
        As `search_topics` returns them.
    embedded : Embedded
    data : FitInput
    clusterer : Clusterer
    keyword_settings : KeywordSettings
    parameters : mapping
        As ``TopicModel.get_params`` returns them.
    """
    documents, terms, outliers = corpus.documents, corpus.terms, parameters["outliers"]
    warn_of_language(embedded.info, terms.languages, terms.language_share, len(documents))
    with stage("Describing topics"):
        provenance = Provenance.of(
            documents,
            recorded_parameters(parameters),
            embedded.info,
            dimension=corpus.vectors.shape[1],
            n_sampled=len(search.sampled),
            clusterer=search.clustering.notes,
            agreement_with_clusterer=search.agreement,
        )
        return build(
            corpus,
            search,
            search.assigner.with_at_most(corpus.vectors, documents.weights, outliers),
            keyword_settings=keyword_settings,
            provenance=provenance,
            covariates=data.covariates,
            merges_alike=finds_subjects(clusterer),
            n_topics=parameters["n_topics"],
        )
