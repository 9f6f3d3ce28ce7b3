"""From the result of a search for topics to a fitted model."""

from dataclasses import replace

from topickit.corpus.covariates import Covariates
from topickit.fitted.alike import merge_alike
from topickit.fitted.assigner import Assigner
from topickit.fitted.calibration import calibrated
from topickit.fitted.corpus import Corpus
from topickit.fitted.derive import describe, measure, numbered_anew, with_base_level
from topickit.fitted.discover import TopicSearch
from topickit.fitted.edits import at_most
from topickit.fitted.fitted import Fitted
from topickit.fitted.held_out import low_similarity
from topickit.fitted.level_ids import with_base_ids
from topickit.fitted.provenance import Provenance
from topickit.keywords.settings import KeywordSettings


def build(
    corpus: Corpus,
    search: TopicSearch,
    assigner: Assigner,
    *,
    keyword_settings: KeywordSettings,
    provenance: Provenance,
    covariates: Covariates | None,
    merges_alike: bool,
    n_topics: int | None,
) -> Fitted:
    """Measure, merge, calibrate and describe the topics of a search.

    Parameters
    ----------
    corpus : Corpus
    search : TopicSearch
    assigner : Assigner
        That of the search, with the thresholds of the outliers asked for.
    keyword_settings : KeywordSettings
    provenance : Provenance
    covariates : Covariates or None
    merges_alike : bool
        Merge topics that no word separates.
    n_topics : int or None
        Merge down to this number of topics.
    """
    across = search.across
    if across is not None and covariates is not None:
        across = across.with_words(corpus.terms, corpus.documents, covariates)
        provenance = replace(provenance, across=across.notes())
    fitted = measure(
        corpus,
        assigner,
        keyword_settings=keyword_settings,
        provenance=provenance,
        names=dict(enumerate(search.known or search.clustering.names)),
        stability=search.stability,
        covariates=covariates,
        known=range(len(search.known)),
        across=across,
    )
    fitted = replace(fitted, doubtful=search.doubtful)
    fitted = merge_alike(fitted) if merges_alike else fitted
    fitted = with_base_level(fitted, search.sampled, search.weights, search.clustering.resampled_labels)
    low = low_similarity(fitted.assigner, search, corpus.vectors)
    fitted = replace(fitted, provenance=replace(fitted.provenance, similarity_p5=low))
    fitted = fitted if n_topics is None else _only(fitted, n_topics)
    return describe(calibrated(fitted, search.sampled, search.weights))


def _only(fitted: Fitted, n_topics: int) -> Fitted:
    """Merge down to a number of topics; those of the base level get ids when they are asked for."""
    fewer = at_most(fitted, n_topics)
    if fewer is fitted or fewer.base_level is None:
        return fewer
    return with_base_ids(numbered_anew(replace(fewer, base_level=replace(fewer.base_level, ids=()))))
