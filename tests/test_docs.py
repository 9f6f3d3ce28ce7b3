"""What the documentation tells users of other libraries to write, run; and the recipe for Spark and Dask."""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import topickit

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs" / "coming_from").glob("*.md"))
ROW = re.compile(r"^\| `(?P<theirs>[^|]+)` ?[^|]*\| (?P<ours>`[^|]+`|—) \|", re.MULTILINE)


def rows() -> Iterator[Any]:
    for page in PAGES:
        for row in ROW.finditer(page.read_text(encoding="utf-8")):
            if row["ours"] != "—":
                yield pytest.param(row["ours"].strip("`"), id=f"{page.stem}: {row['theirs'][:40]}")


@pytest.fixture(scope="module")
def names(corpus, tmp_path_factory) -> dict[str, Any]:
    texts, labels = corpus[0][:120], corpus[1][:120]
    vectors = np.random.default_rng(0).normal(size=(120, 16))
    model = topickit.TopicModel("lexical", n_topics=4).fit(texts)
    years = [2000 + i % 5 for i in range(120)]
    new = corpus[0][120:160]
    return {"model": model, "texts": texts, "labels": labels, "vectors": vectors, "years": years, "new": new}


def test_every_row_of_the_tables_is_read():
    counts = {
        page.stem: sum(line.startswith("| `") for line in page.read_text("utf-8").splitlines())
        for page in PAGES
        if page.stem != "index"
    }
    read = {page.stem: len(ROW.findall(page.read_text("utf-8"))) for page in PAGES if page.stem != "index"}
    assert read == counts
    assert sum(counts.values()) > 60


@pytest.mark.parametrize("code", list(rows()))
def test_right_hand_side_runs(code: str, names: dict[str, Any], tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the small corpus
        eval(code, {"topickit": topickit, "np": np, "path": tmp_path / "model", **names})


def test_the_function_for_spark_and_dask_answers_as_the_model(names, tmp_path, monkeypatch):
    page = (ROOT / "docs" / "guides" / "cluster.md").read_text(encoding="utf-8")
    code = next(
        cell for cell in re.findall(r"```{code-cell}\n(.*?)```", page, re.DOTALL) if "def assign" in cell
    )
    monkeypatch.chdir(tmp_path)
    names["model"].save("model")
    defined: dict[str, Any] = {}
    exec(code, defined)
    texts = [*names["new"], None]
    frame = pd.DataFrame({"id": range(len(texts)), "text": texts})
    labelled = pd.concat(defined["assign"](frame[start : start + 7] for start in range(0, len(frame), 7)))
    assert labelled.columns.tolist() == ["id", "text", "topic", "similarity"]
    assert labelled["topic"].tolist() == [*names["model"].predict(names["new"]), -1]
