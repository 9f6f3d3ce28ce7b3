"""Models fitted apart and merged: topics joined, ids kept, counts added."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.test_updated import WORDS, documents
from topickit import GivenLabels, KeywordSettings, LexicalEmbedder, TopicModel
from topickit.cli import app
from topickit.errors import ParameterError, ParameterTypeError
from topickit.fitted.matching import same_topics
from topickit.keywords.counts import TermCounts
from topickit.keywords.vocabulary import count_terms


@pytest.fixture(scope="module")
def halves():
    """Two corpora: the first lacks the seventh group of words, the second the first group."""
    return documents([80, 70, 60, 50, 40, 30], 1), documents([0, 30, 40, 50, 60, 70, 45], 2)


@pytest.fixture(scope="module")
def models(halves):
    return [TopicModel().fit(texts, embeddings=vectors) for texts, vectors, _ in halves]


def stored(models, folder, keep_texts):
    for number, model in enumerate(models):
        model.save(folder / str(number), keep_texts=keep_texts)
    return [TopicModel.load(folder / str(number)) for number in range(len(models))]


@pytest.mark.parametrize("keep_texts", [True, False])
def test_equal_topics_are_joined_and_all_others_stay(models, halves, tmp_path, keep_texts):
    a, b = stored(models, tmp_path, keep_texts)
    both = TopicModel.merged([a, b], names=["north", "south"])
    assert [topic.id for topic in both.topics_] == list(range(7))
    assert [topic.name for topic in both.topics_][:6] == [topic.name for topic in a.topics_]
    new = both.topics_[6]
    assert set(new.words[:5]) <= set(WORDS[6])
    assert new.name == next(t.name for t in b.topics_ if set(t.words[:5]) <= set(WORDS[6]))
    np.testing.assert_array_equal(both.labels_[: len(a.labels_)], a.labels_)
    to = both.fitted_.provenance.sources[1].topics
    np.testing.assert_array_equal(both.labels_[len(a.labels_) :], [to[label] for label in b.labels_.tolist()])
    everything = [*halves[0][0], *halves[1][0]]
    vectors = np.concatenate([halves[0][1], halves[1][1]])
    np.testing.assert_array_equal(both.predict(everything, embeddings=vectors), both.labels_)
    assert [topic.size for topic in both.topics_] == np.bincount(both.labels_).tolist()
    assert (both.fitted_.corpus is not None) == keep_texts
    means = [both.fitted_.means[row] for row in range(7)]
    for row, mean in enumerate(means):
        own = vectors[both.labels_ == row]
        own = own / np.linalg.norm(own, axis=1, keepdims=True)
        np.testing.assert_allclose(mean, own.mean(axis=0), atol=1e-4)
    assert both.fitted_.covariates.class_names == ("north", "south")
    assert len(a.topics_) == 6
    assert a.fitted_.provenance.sources == ()


@pytest.mark.parametrize("keep_texts", [True, False])
def test_counts_equal_a_recount(models, halves, tmp_path, keep_texts):
    both = TopicModel.merged(stored(models, tmp_path, keep_texts))
    texts = [*halves[0][0], *halves[1][0]]
    counts = both.fitted_.counts
    settings = KeywordSettings() if keep_texts else KeywordSettings(vocabulary=counts.terms)
    ones = np.ones(len(texts), dtype=np.int64)
    again = TermCounts.of(count_terms(texts, ones, settings), both.fitted_.labels, ones, len(both.topics_))
    shared = set(models[0].fitted_.counts.terms) & set(models[1].fitted_.counts.terms)
    assert set(again.terms) == set(counts.terms)
    own, other = ({term: i for i, term in enumerate(c.terms)} for c in (counts, again))
    columns = [term for term in counts.terms if keep_texts or term in shared]
    assert len(columns) > 30
    for attribute in ("topics", "outliers"):
        ours, theirs = getattr(counts, attribute), getattr(again, attribute)
        ours, theirs = (x if isinstance(x, np.ndarray) else x.toarray() for x in (ours, theirs))
        np.testing.assert_array_equal(
            ours[..., [own[term] for term in columns]], theirs[..., [other[term] for term in columns]]
        )
    np.testing.assert_array_equal(counts.documents.sizes, again.documents.sizes)


def test_a_merged_model_can_be_saved_edited_and_merged_again(models, tmp_path):
    a, b = models
    renamed = a.rename_topics({0: "Fruit"})
    both = TopicModel.merged([renamed, b])
    assert both.topics_[0].name == "Fruit"
    assert [edit.kind for edit in both.edits_] == ["rename"]
    with pytest.raises(ParameterError, match="no edit to undo"):
        both.undo()
    both.save(tmp_path / "both", keep_texts=True)
    loaded = TopicModel.load(tmp_path / "both")
    assert loaded.topics_ == both.topics_
    assert loaded.fitted_.provenance.sources == both.fitted_.provenance.sources
    assert "Merged from" in both.report().to_html()
    assert len(both.merge_topics([[0, 6]]).topics_) == 6
    assert len(both.at(4).topics_) == 4
    three = TopicModel.merged([a, b, models[0]])
    assert len(three.topics_) == 7
    assert [source.n_documents for source in three.fitted_.provenance.sources] == [
        len(a.labels_), len(b.labels_), len(a.labels_)
    ]  # fmt: skip


def test_ids_of_the_first_stay_and_deleted_ones_are_not_used_again(models):
    a, b = models
    fewer = a.delete_topics(5)
    both = TopicModel.merged([fewer, b])
    assert [topic.id for topic in both.topics_] == [0, 1, 2, 3, 4, 6, 7]


def test_topics_that_only_divide_differently_are_left_out(models, halves):
    """A third topic between two others is left out, unless the user named it."""
    a, (texts, vectors, groups) = models[0], halves[0]
    cut = np.where(groups < 2, 6, groups)  # one topic of b holds parts of two topics of a
    cut[np.flatnonzero(groups == 0)[::2]] = 0
    cut[np.flatnonzero(groups == 1)[::2]] = 1
    b = TopicModel(clusterer=GivenLabels(cut)).fit(texts, embeddings=vectors)
    between = np.bincount(b.labels_[cut == 6]).argmax()
    both = TopicModel.merged([a, b])
    assert len(both.topics_) == len(a.topics_)
    np.testing.assert_array_equal(both.labels_, np.tile(a.labels_, 2))
    assert both.fitted_.provenance.sources[1].topics[int(between)] in (0, 1)
    renamed = TopicModel.merged([a, b.rename_topics({int(between): "mine"})])
    assert "mine" in [topic.name for topic in renamed.topics_]


def test_topics_with_other_words_are_not_joined(models):
    a = models[0].fitted_
    items = tuple(replace(t, keywords=tuple((f"{w}x", s) for w, s in t.keywords)) for t in a.topics)
    other = replace(a, topics=replace(a.topics, items=items))
    assert same_topics(a, a) == [(row, row) for row in range(len(a.topics))]
    assert same_topics(a, other) == []


def test_a_merge_with_itself_changes_no_label(models):
    a = models[0]
    twice = TopicModel.merged([a, a])
    np.testing.assert_array_equal(twice.labels_, np.tile(a.labels_, 2))
    assert [t.size for t in twice.topics_] == [2 * t.size for t in a.topics_]
    assert [t.words for t in twice.topics_] == [t.words for t in a.topics_]


def test_errors(models, halves):
    a, b = models
    with pytest.raises(ParameterError, match="at least two"):
        TopicModel.merged([a])
    with pytest.raises(ParameterTypeError, match=r"models\[1\]"):
        TopicModel.merged([a, "b"])
    with pytest.raises(ParameterError, match="2 different names"):
        TopicModel.merged([a, b], names=["x", "x"])
    with pytest.raises(ParameterTypeError, match="names must be"):
        TopicModel.merged([a, b], names="ab")
    texts, vectors, _ = halves[0]
    narrow = TopicModel().fit(texts, embeddings=vectors[:, :12])
    with pytest.raises(ParameterError, match="24 columns and those of 'model 2' 12"):
        TopicModel.merged([a, narrow])
    lexical = [TopicModel(embedder=LexicalEmbedder()).fit(half[0]) for half in halves]
    with pytest.raises(ParameterError, match="learns from a corpus"):
        TopicModel.merged(lexical)
    with pytest.raises(ParameterError, match="cannot be merged"):
        TopicModel.merged([a, lexical[0]])
    assert len(TopicModel.merged([lexical[0], lexical[0]]).topics_) == len(lexical[0].topics_)


def test_command(models, tmp_path):
    stored(models, tmp_path, True)
    arguments = ["merge", str(tmp_path / "0"), str(tmp_path / "1"), "--out", str(tmp_path / "both")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "7 topics; 5 topics joined" in result.output
    assert len(TopicModel.load(tmp_path / "both").topics_) == 7
