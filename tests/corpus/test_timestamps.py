"""Formats of timestamps: read right with a statement, or refused with the value and the row."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from topickit.corpus.timestamps import read_timestamps
from topickit.errors import InputError, ParameterError, TopickitWarning

FEBRUARY = "2015-02-21T21:32:00"


@pytest.mark.parametrize(
    ("values", "expected", "says"),
    [
        (["02/21/2015 21:32", "03/04/2015 8:01"], FEBRUARY, "month/day/year"),
        (["03/04/2015 8:01", "02/21/2015 21:32"], "2015-03-04T08:01:00", "month/day/year"),
        (["21/02/2015 21:32:00", "03/04/2015"], FEBRUARY, "day/month/year"),
        (["02/21/2015 9:32 PM", "2/22/2015 12:01 am"], FEBRUARY, "month/day/year"),
        (["02/21/15 21:32"], FEBRUARY, "month/day/year"),
        (["21.02.2015 21:32", None, ""], FEBRUARY, "day.month.year"),
        (["03.04.2015", "05.06.2015"], "2015-04-03T00:00:00", "day.month.year"),
        (["21.2.15"], "2015-02-21T00:00:00", "day.month.year"),
        (["2015/02/21 21:32", "2015/3/4"], FEBRUARY, "year/month/day"),
        (["2015.02.21"], "2015-02-21T00:00:00", "year.month.day"),
        (["21 Feb 2015 21:32"], FEBRUARY, "%d %b %Y"),
        (["February 21, 2015"], "2015-02-21T00:00:00", "%B %d, %Y"),
        (["Sat Feb 21 21:32:00 +0000 2015"], FEBRUARY, "%a %b"),
        (["Sat, 21 Feb 2015 21:32:00 -0500"], FEBRUARY, "%a, %d"),
        ([42056, 42057.5, None], "2015-02-21T00:00:00", "Excel serials"),
        (["42056.897222"], FEBRUARY, "Excel serials"),
        ([1424554320, 1424554321], FEBRUARY, "seconds since 1970"),
        (["1424554320"], FEBRUARY, "seconds since 1970"),
        ([1424554320000.0, None], FEBRUARY, "milliseconds since 1970"),
        (["01/01/2015", "02/02/2015"], "2015-01-01T00:00:00", "day/month/year"),  # both orders are the same
    ],
)
def test_a_format_that_fits_the_whole_column_is_stated(values, expected, says):
    with pytest.warns(TopickitWarning, match=says) as warned:
        times = read_timestamps(values, len(values))
    assert str(times[0]) == expected
    assert len(warned) == 1
    assert str(values[0])[:8] in str(warned[0].message)


@pytest.mark.parametrize(
    "values",
    [
        ["2015-02-21 21:32:00"],
        ["2015-02-21T21:32"],
        ["2015-02-21 21:32:00.123456"],
        ["2015-02-21 21:32:00 -0800"],
        ["2015-02-21 21:32:00 UTC"],
        [pd.Timestamp(FEBRUARY)],
    ],
)
def test_iso_8601_needs_no_statement(values):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert str(read_timestamps(values, 1)[0]) == FEBRUARY


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["1/1/2015", "03/04/2015", "05/06/2015"], ["row 1", "'03/04/2015'", "2015-04-03", "2015-03-04"]),
        (["21/02/2015", "02/21/2015"], ["row 0", "'21/02/2015'"]),
        (["2015-02-21", None, "yesterday"], ["row 2", "'yesterday'", "ISO 8601", "time_format"]),
        (["2015-02-30"], ["row 0", "'2015-02-30'"]),
        ([42056, 1424554320], ["row 0", "'42056'"]),  # two kinds of numbers
        ([1, 2, 12], ["up to 366", "months", "full dates"]),
        (["1", "12"], ["up to 366"]),
        ([0, 5, 23], ["up to 366", "hours"]),
        (pd.Series([1, None, 12]), ["up to 366"]),
    ],
)
def test_what_cannot_be_read_says_where_and_what_to_do(values, says):
    with pytest.raises(InputError) as error:
        read_timestamps(values, len(values), name="timestamps in column 'created'")
    assert all(part in str(error.value) for part in [*says, "'created'"])


def test_early_years_among_others():
    assert read_timestamps([79, 1815], 2).astype(str).tolist()[0] == "0079-01-01T00:00:00"
    assert read_timestamps(["0079"], 1).astype("datetime64[Y]").astype(int)[0] == 79 - 1970


@pytest.mark.parametrize(
    ("values", "time_format", "expected"),
    [
        (["03/04/2015"], "%d/%m/%Y", "2015-04-03T00:00:00"),
        (["03/04/2015"], "%m/%d/%Y", "2015-03-04T00:00:00"),
        (["20150221 21h32"], "%Y%m%d %Hh%M", FEBRUARY),
        (pl.Series([2015]), "excel", "1905-07-07T00:00:00"),
        ([12], "s", "1970-01-01T00:00:12"),
        (["1424554320000"], "ms", FEBRUARY),
        ([201502], "%Y%m", "2015-02-01T00:00:00"),
    ],
)
def test_a_given_format_is_followed(values, time_format, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert str(read_timestamps(values, 1, time_format=time_format)[0]) == expected


def test_a_given_format_that_does_not_fit():
    with pytest.raises(InputError, match=r"row 1: '2015-01-01' cannot be read as a time \(the format is %d"):
        read_timestamps(["21.02.2015", "2015-01-01"], 2, time_format="%d.%m.%Y")
    with pytest.raises(InputError, match="row 0"):
        read_timestamps([1e300], 1, time_format="s")
    with pytest.raises(ParameterError, match="strptime"):
        read_timestamps(["2015"], 1, time_format="DD.MM.YYYY")
    assert np.isnat(read_timestamps([None], 1, time_format="s")).all()


@pytest.mark.filterwarnings("default::topickit.TopickitWarning")
def test_the_command_names_the_column(run, tmp_path):
    table = tmp_path / "t.csv"
    texts = [f"{a} {b}" for a in ("red", "green", "fast") for b in ("apple", "car", "pear", "race")]
    arguments = (table, "--text", "text", "--out", tmp_path / "m", "--embedder", "lexical", "--time", "when")

    def write(*times):
        pl.DataFrame({"text": texts, "when": [*times, *times[:1] * (12 - len(times))]}).write_csv(table)

    write("03/04/2015")
    status, _, err = run("fit", *arguments)
    assert status == 1
    assert "'when'" in err
    assert "--time-format %d/%m/%Y or --time-format %m/%d/%Y" in err
    status, _, err = run("fit", *arguments, "--time-format", "%d/%m/%Y")
    assert (status, err) == (0, "")
    write("02/21/2015 21:32")
    status, _, err = run("fit", *arguments)
    assert status == 0
    assert "timestamps in column 'when' are read as month/day/year" in err
    assert run("fit", *arguments[:-2], "--time-format", "s")[0] == 2
