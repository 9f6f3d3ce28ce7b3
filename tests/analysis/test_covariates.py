import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.analysis.by_class import by_class, risk_ratios
from topickit.analysis.over_time import best_unit, change_scores, into_periods, over_time, wilson
from topickit.corpus.covariates import Covariates
from topickit.corpus.timestamps import read_timestamps
from topickit.errors import InputError, InputTypeError

MAY = np.datetime64("2024-05-01", "s")


@pytest.fixture(scope="module")
def model():
    texts, subjects = make_corpus(240)
    years = [2000 + i // 24 for i in range(240)]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4)
    return model.fit(texts, timestamps=years, classes=subjects)


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-01",
        "2024-05",
        "20240501",
        " 2024-05-01T00:00:00Z ",
        "2024-05-01T00:00:00+02:00",
        "2024-05-01 00:00:00 -0800",
        "2024-05-01 00:00:00 UTC",
        datetime.date(2024, 5, 1),
        datetime.datetime(2024, 5, 1),
        datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
        np.datetime64("2024-05-01"),
        pd.Timestamp("2024-05-01"),
    ],
)
def test_times_of_any_usual_kind(value):
    assert read_timestamps([value], 1)[0] == MAY


@pytest.mark.parametrize("missing", [None, float("nan"), "", pd.NaT, np.datetime64("NaT")])
def test_missing_times(missing):
    assert read_timestamps(pd.Series([2024, None]), 2)[0] == np.datetime64("2024-01-01")  # pandas' floats
    assert np.isnat(read_timestamps([missing, "2024"], 2)).tolist() == [True, False]


def test_columns_of_tables():
    for column in (
        pd.Series(["2024-05-01"]),
        pl.Series(["2024-05-01"]).str.to_date(),
        np.array(["2024-05-01"]),
    ):
        assert read_timestamps(column, 1)[0] == MAY


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        (["2024", "31/12/2024"], InputError, "row 1: '31/12/2024'"),
        (["2024-13"], InputError, "ISO 8601"),
        ([171452160099999], InputError, "a year"),
        ([1.5], InputError, "row 0: '1.5'"),
        ({"2024"}, InputTypeError, "set"),
        (np.zeros((1, 2)), InputTypeError, "shape"),
        ([True], InputTypeError, "bool"),
        ("2024", InputTypeError, "ordered column"),
        (["2024", "2025", "2026"], InputError, "got 3 for 2 documents"),
    ],
)
def test_bad_times_say_where_and_what(values, error, says):
    n = 2 if len(values) == 3 else len(values)
    with pytest.raises(error, match=says):
        read_timestamps(values, n)


def test_they_do_not_change_the_topics_and_stay_through_edits_and_saving(model, tmp_path):
    texts, _ = make_corpus(240)
    bare = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(texts)
    assert (bare.labels_ == model.labels_).all()
    assert over_time(bare.fitted_) is None
    assert by_class(bare.fitted_) is None
    model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    for edited in (
        model.at(n_topics=2),
        loaded.at(n_topics=2),
        model.delete_topics([0]),
        model.split_topic(0),
    ):
        found = over_time(edited.fitted_)
        assert found.counts.shape == (10, len(edited.topics_))
        assert found.counts.sum() == 240
        assert by_class(edited.fitted_).totals.sum() == 240


def test_shares_are_counts_over_all_dated_documents(model):
    found = over_time(model.fitted_)
    assert found.unit == "year"
    assert found.periods[0] == "2000-01-01"
    assert found.totals.tolist() == [24] * 10
    years = np.repeat(np.arange(10), 24)
    for topic in range(4):
        expected = np.bincount(years[model.labels_ == topic], minlength=10)
        assert (found.counts[:, topic] == expected).all()
    assert (found.low <= found.shares).all()
    assert (found.shares <= found.high).all()


def test_gaps_and_undated_documents(model):
    times = ["2020-01-05", "2020-04-05", None] * 80
    found = over_time(model.fitted_, times, unit="month")
    assert found.periods == ("2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01")
    assert found.n_undated == 80
    assert found.totals.tolist() == [80, 0, 0, 80]
    assert np.isnan(found.shares[1]).all()
    assert over_time(model.fitted_, [None] * 240) is None
    with pytest.raises(InputError, match="fortnight"):
        over_time(model.fitted_, times, unit="fortnight")


@pytest.mark.parametrize(
    ("days", "unit"),
    [(20, "day"), (200, "week"), (900, "month"), (3000, "quarter"), (12_000, "year"), (90_000, "decade")],
)
def test_the_finest_unit_of_few_periods(days, unit):
    span = np.array(["1750-03-05", "1750-03-05"], dtype="datetime64[D]") + np.array([0, days])
    assert best_unit(span) == unit
    numbers, starts = into_periods(span, unit)
    assert numbers[0] == 0
    assert len(starts) <= 40
    assert np.datetime64(starts[0]) <= span[0]
    assert np.datetime64(starts[-1]) <= span[1]
    if unit == "week":
        assert datetime.date.fromisoformat(starts[0]).weekday() == 0


def test_a_unit_is_not_finer_than_the_times():
    assert best_unit(np.array(["2001-01-01", "2002-01-01"], dtype="datetime64[D]")) == "year"
    assert best_unit(np.array(["2001-01-01", "2001-03-01"], dtype="datetime64[D]")) == "month"


def test_wilson_against_statsmodels_figures():
    low, high = wilson(np.array([0, 1, 81]), np.array([10, 10, 263]))
    assert low.round(4).tolist() == [0.0, 0.0179, 0.2553]
    assert high.round(4).tolist() == [0.2775, 0.4042, 0.3662]


def test_words_that_rose_and_fell():
    rng = np.random.default_rng(0)
    common = ["boat", "sail", "harbour", "wind"]
    texts = [" ".join([*rng.choice(common, 3), "motor" if i >= 60 else "steam", f"n{i}"]) for i in range(120)]
    model = TopicModel(embedder="lexical", n_topics=1).fit(texts, timestamps=[1900 + i for i in range(120)])
    found = over_time(model.fitted_)
    assert found.rising_words[0][0] == "motor"
    assert found.falling_words[0][0] == "steam"
    same_day = over_time(model.fitted_, ["2020-01-01"] * 120)
    assert same_day.rising_words == ((),)


def test_change_scores_need_evidence():
    once = change_scores(np.array([0, 100]), np.array([1, 100]))
    often = change_scores(np.array([0, 100]), np.array([50, 100]))
    assert abs(once[0]) < 1.96 < often[0]
    assert (change_scores(np.array([3, 0]), np.array([0, 0])) == 0).all()


def test_by_class_counts_and_risk_ratios(model):
    _, subjects = make_corpus(240)
    found = by_class(model.fitted_)
    assert sorted(found.classes) == sorted(set(subjects))
    for c, name in enumerate(found.classes):
        mine = np.array(subjects) == name
        assert found.totals[c] == mine.sum()
        for topic in range(4):
            n = ((model.labels_ == topic) & mine).sum()
            assert found.counts[c, topic] == n
            assert (found.risk_ratio[c, topic] > 1) == (
                n / mine.sum() > ((model.labels_ == topic) & ~mine).sum() / 180
            )
    assert (found.low <= found.risk_ratio).all()
    assert (found.risk_ratio < found.high).all()


def test_interval_of_a_risk_ratio_covers_what_is_true():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        counts = np.array([[rng.binomial(200, 0.2)], [rng.binomial(400, 0.1)]])
        _, low, high = risk_ratios(counts, np.array([200, 400]))
        inside += low[0, 0] <= 2 <= high[0, 0]
    assert 0.95 <= inside / 400 <= 0.995


@pytest.mark.parametrize("n", [1, 2, 3, 5, 20, 100])
def test_a_class_like_all_others_seldom_stands_out_however_small_it_is(n):
    rng = np.random.default_rng(n)
    more = less = 0
    for _ in range(1000):
        counts = np.array([[rng.binomial(n, 0.05)], [rng.binomial(1000, 0.05)]])
        _, low, high = risk_ratios(counts, np.array([n, 1000]))
        more, less = more + (low[0, 0] > 1), less + (high[0, 0] < 1)
    assert more <= 45  # 25 of 1000 are due, on each side, and 3.6 times their deviation more
    assert less <= 45


def test_what_is_not_known_of_a_class_says_nothing():
    ratio, low, high = risk_ratios(np.array([[0, 0], [50, 50]]), np.array([1, 100]))
    assert (ratio[0] > 0.3).all()
    assert (ratio[0] <= 1).all()
    assert (low[0] == 0).all()
    assert (high[0] > 1).all()
    only = risk_ratios(np.array([[30, 0], [0, 30]]), np.array([30, 30]))
    assert np.isinf(only[2][0, 0])
    assert only[1][0, 0] > 5


def test_one_class_or_none(model):
    assert (by_class(model.fitted_, ["a"] * 240).risk_ratio == 1).all()
    assert by_class(model.fitted_, [None] * 240) is None
    found = by_class(model.fitted_, [1, None, "b", " b "] * 60)
    assert found.classes == ("b", "1")
    assert found.n_unclassed == 60


def test_state_is_the_same_again():
    known = Covariates.of(3, timestamps=["2024", None, 1815], classes=["é", None, "a"])
    again = Covariates.from_state(known.state())
    assert (again.timestamps[[0, 2]] == known.timestamps[[0, 2]]).all()
    assert np.isnat(again.timestamps[1])
    assert again.class_names == ("a", "é")
    assert again.class_codes.tolist() == [1, -1, 0]
    assert Covariates.of(3) is None


def test_a_number_of_eight_digits_is_a_day():
    assert read_timestamps([20240531, np.int64(20240601)], 2).astype(str).tolist() == [
        "2024-05-31T00:00:00",
        "2024-06-01T00:00:00",
    ]
    with pytest.raises(InputError, match="month"):
        read_timestamps([20241399], 1)


def test_the_first_years_there_are():
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4)
    made = model.fit(make_corpus(40)[0], timestamps=["0001-01-01"] * 4 + ["2020-01-01"] * 36)
    assert made.report().to_text()
    assert made.report().to_html()


@pytest.mark.parametrize(
    ("classes", "expected"),
    [([1.0, 2.0, None], ("1", "2")), ([1.0, 2.5], ("1.0", "2.5")), ([1, 2], ("1", "2")), ([True], ("True",))],
)
def test_whole_numbers_with_a_hole_stay_whole(classes, expected):
    assert Covariates.of(len(classes), classes=pd.Series(classes)).class_names == expected


@pytest.mark.parametrize("row", [["a", "b"], ("a",), {"a"}, {"a": 1}, np.array(["a", "b"])])
def test_several_classes_in_a_row_are_refused(row):
    with pytest.raises(InputTypeError, match="one class per document; row 1 is a"):
        Covariates.of(2, classes=["x", row])
    if isinstance(row, list):
        with pytest.raises(InputTypeError, match="row 0 is a list"):
            Covariates.of(1, classes=pl.Series([row]))


def _monthly(n=240):
    return np.datetime64("2023-01-01") + np.arange(n) * 365 // n


@pytest.mark.parametrize("sentinel", ["9999-12-31", "1970-01-01", "0221-03-04", "0001-01-01", "2203-05-06"])
@pytest.mark.parametrize("unit", [None, "month", "week", "day"])
def test_one_sentinel_does_not_set_the_periods(model, sentinel, unit):
    times = _monthly().astype("datetime64[s]")
    clean = over_time(model.fitted_, times, unit=unit)
    times[7] = np.datetime64(sentinel)
    result = over_time(model.fitted_, times, unit=unit)
    if unit != "day" and unit != "week":
        assert result.unit == "month"
        assert len(result.periods) == 12
    assert result.periods == clean.periods
    assert result.outside == ((sentinel, 1),)
    assert result.totals.sum() == 239
    assert result.counts.sum() == 239


def test_the_report_lists_what_lies_far_outside():
    times = _monthly(40).astype("datetime64[s]")
    times[7] = np.datetime64("9999-12-31")
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2)
    report = model.fit(make_corpus(40)[0], timestamps=times).report()
    for content in (report.to_text(), report.to_html(), report.to_markdown()):
        assert "1 document far from all other dates: 9999-12-31 (1)" in " ".join(content.split())


def test_many_sentinels_of_several_days(model):
    times = _monthly().astype("datetime64[s]")
    times[::5] = np.datetime64("1970-01-01")
    times[1::40] = np.datetime64("9999-12-31")
    result = over_time(model.fitted_, times)
    assert result.unit == "month"
    assert result.outside == (("1970-01-01", 48), ("9999-12-31", 6))
    assert result.n_outside == 54


@pytest.mark.parametrize(
    ("days", "unit"),
    [
        (np.datetime64("1800-01-01") + np.arange(240) * 300, "decade"),  # evenly over 200 years
        (np.datetime64("1000-01-01") + np.arange(240) * 1500, "century"),
        (np.datetime64("2020-01-01") - (np.arange(240) ** 2) // 8, "year"),  # denser and denser
        (np.repeat(np.array(["1850-03-05", "2020-03-05"], "datetime64[D]"), [120, 120]), "decade"),
        (np.append(np.repeat(np.datetime64("2023-01-10"), 239), np.datetime64("2023-02-01")), "day"),
    ],
)
def test_times_without_sentinels_all_count(model, days, unit):
    result = over_time(model.fitted_, days)
    assert result.unit == unit
    assert result.outside == ()
    assert result.totals.sum() == 240
    assert len(result.periods) <= 40


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Europe/Berlin"])
def test_local_midnight_stays_in_its_month(model, zone):
    firsts = pd.date_range("2024-01-01", periods=12, freq="MS", tz=zone)
    for column in (pd.Series(firsts), pl.Series(firsts), [day.isoformat() for day in firsts], list(firsts)):
        months = read_timestamps(column, 12).astype("datetime64[M]").astype(str).tolist()
        assert months == [f"2024-{month:02d}" for month in range(1, 13)]
