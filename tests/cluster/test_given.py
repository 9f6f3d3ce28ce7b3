"""GivenLabels: groups that the user has, aligned to the rows of the table."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.conftest import make_corpus
from topickit import GivenLabels, TopicModel
from topickit.errors import InputError, InputTypeError, TopickitError, TopickitWarning
from topickit.report.facts import fact_groups

TEXTS, SUBJECTS = make_corpus(120)


def fitted(labels, texts=TEXTS, **settings):
    return TopicModel(embedder="lexical", clusterer=GivenLabels(labels), **settings).fit(texts)


def names_of(model):
    return [model.topics_[label].name if label >= 0 else None for label in model.labels_.tolist()]


@pytest.mark.parametrize("order", [range(120), range(119, -1, -1), np.random.default_rng(0).permutation(120)])
def test_labels_stand_in_the_order_of_the_rows(order):
    texts, subjects = [TEXTS[i] for i in order], [SUBJECTS[i] for i in order]
    model = fitted(subjects, texts)
    assert names_of(model) == subjects
    np.testing.assert_array_equal(model.labels_, model.predict(texts))
    assert model.fitted_.provenance.agreement_with_clusterer == 1


@pytest.mark.parametrize("make", [list, tuple, np.array, pd.Series, pd.Categorical, pl.Series])
def test_any_column_of_labels(make):
    assert names_of(fitted(make(SUBJECTS))) == SUBJECTS


@pytest.mark.parametrize("make", [list, np.array, pd.Series, pl.Series])
def test_int_labels_are_groups_and_not_names(make):
    codes = np.unique(SUBJECTS, return_inverse=True)[1]
    model = fitted(make((codes * 10).tolist()))
    assert len({*zip(codes.tolist(), model.labels_.tolist(), strict=True)}) == 4
    assert not set(names_of(model)) & set(SUBJECTS)


@pytest.mark.parametrize("none", [None, float("nan"), pd.NA, ""])
def test_rows_without_a_label_have_no_topic(none):
    labels = [none if subject == "finance" else subject for subject in SUBJECTS]
    model = fitted(labels)
    assert {topic.name for topic in model.topics_} == {"cooking", "sailing", "astronomy"}
    lost = np.array(SUBJECTS) == "finance"
    assert (model.labels_[lost] == -1).mean() > 0.9
    assert model.fitted_.provenance.agreement_with_clusterer > 0.95
    everybody = fitted(labels, outliers=0)
    assert (everybody.labels_ >= 0).all()


def test_floats_of_a_column_with_missing_values():
    model = fitted(pd.Series([1.0, np.nan, 2.0, -1.0] * 30))
    assert len(model.topics_) == 2


def test_equal_texts_get_the_label_of_most():
    texts = [*TEXTS, TEXTS[0], TEXTS[0]]
    wrong = next(subject for subject in SUBJECTS if subject != SUBJECTS[0])
    with pytest.warns(TopickitWarning, match=r"1 rows have another label .* row 121 .*row 0, too"):
        model = fitted([*SUBJECTS, SUBJECTS[0], wrong], texts)
    assert names_of(model) == [*SUBJECTS, SUBJECTS[0], SUBJECTS[0]]
    assert names_of(fitted([*SUBJECTS, None, None], texts))[-1] == SUBJECTS[0]


def test_labelled_blank_rows_are_named():
    with pytest.warns(TopickitWarning, match="1 labelled rows are blank .* row 120"):
        model = fitted([*SUBJECTS, "cooking"], [*TEXTS, " "])
    assert model.labels_[-1] == -1


def test_a_sample_leaves_out_no_labels():
    with pytest.warns(TopickitWarning, match="fit_sample=20 does not apply to GivenLabels"):
        model = fitted(SUBJECTS, fit_sample=20)
    assert names_of(model) == SUBJECTS
    assert model.fitted_.provenance.n_sampled == 120


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (SUBJECTS[:-1], "119 labels for 120 texts"),
        ([], "no row has a label"),
        ([None] * 120, "no row has a label"),
        (["a", 1] * 60, "all int or all str"),
        ([1.5] * 120, "label 0 must be an int, a str or None; got 1.5"),
        ([float("inf")] * 120, "label 0 must be an int"),
        ([True, False] * 60, "label 0 must be an int"),
        ([0, -2] * 60, "label 1 is -2"),
        ("abc", "must be one column"),
        (5, "must be one column"),
        (np.zeros((120, 2)), "must be one column"),
        ([["a"]] * 120, "label 0 must be an int"),
    ],
)
def test_unusable_labels_are_named_before_any_embedding(labels, said):
    def embedder(texts):
        raise AssertionError("embedded before the labels were checked")

    with pytest.raises(TopickitError, match=said) as info:
        TopicModel(embedder=embedder, clusterer=GivenLabels(labels)).fit(TEXTS)
    assert isinstance(info.value, InputError | InputTypeError)


def test_a_saved_model_keeps_names_and_not_labels(tmp_path):
    model = fitted(SUBJECTS)
    model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.predict(TEXTS), model.labels_)
    assert loaded.fitted_.provenance == model.fitted_.provenance
    assert [topic.name for topic in loaded.merge_topics([[2, 3]]).topics_].count("cooking") <= 1
    with pytest.raises(TopickitError, match="GivenLabels of 120 rows in 4 groups"):
        loaded.fit(TEXTS)


def test_alone_it_is_a_clusterer():
    rows = np.random.default_rng(0).normal(size=(120, 5))
    labels = GivenLabels(SUBJECTS).fit(rows).labels_
    assert len({*zip(labels.tolist(), SUBJECTS, strict=True)}) == 4
    with pytest.raises(InputError, match="120 labels for 9 texts"):
        GivenLabels(SUBJECTS).fit(rows[:9])


@pytest.mark.parametrize("clusterer", ["graph", "kmeans", "agglomerative"])
def test_the_agreement_with_a_clusterer_is_recorded(clusterer):
    model = TopicModel(embedder="lexical", clusterer=clusterer, n_topics=4).fit(TEXTS)
    agreement = model.fitted_.provenance.agreement_with_clusterer
    assert 0.8 < agreement <= 1
    groups = fact_groups(model.fitted_.provenance.as_dict())
    facts = dict(fact for group in groups for fact in group.facts)
    assert facts["Agreement with clusterer"].endswith("%")
