"""A subject that the model has not seen is announced, with its size and its keywords."""

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.analysis.new_documents import new_documents
from topickit.corpus.documents import Documents
from topickit.errors import InputError

TEXTS, SUBJECTS = make_corpus(240)
COMETS = [f"comet orbit telescope {a} {b}" for a in ("tail", "dust", "ice") for b in range(30)]


@pytest.fixture(scope="module")
def model():
    return TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(TEXTS)


def test_a_new_subject_is_announced(model):
    texts = [*TEXTS[:100], *COMETS, "  "]
    result = new_documents(model.fitted_, texts, model.assign(texts))
    assert result.n_documents == 190
    assert 85 <= result.n_unlike <= 110
    assert {"comet", "orbit", "telescope"} <= set(" ".join(result.keywords).split())
    assert abs(sum(change.share for change in result.shares) + result.n_outliers / 190 - 1) < 1e-9
    assert "Their keywords: " in result.to_text()
    assert f"{result.n_unlike} of 190 rows" in result.to_text()


def test_the_documents_of_the_model_are_nothing_new(model):
    result = new_documents(model.fitted_, Documents.of(TEXTS), model.assign(TEXTS))
    assert all(change.change == 0 for change in result.shares)
    assert result.n_unlike <= 0.1 * 240
    assert "Largest changes" not in result.to_text()


def test_changes_of_shares_are_listed_largest_first(model):
    texts = [text for text, label in zip(TEXTS, model.labels_, strict=True) if label != 3]
    result = new_documents(model.fitted_, texts, model.assign(texts, probabilities=False))
    first = result.shares[0]
    assert (first.topic, first.share) == (3, 0.0)
    changes = np.abs([change.change for change in result.shares])
    assert (np.diff(changes) <= 0).all()
    assert f"3 {first.name}: {first.share_before:.1%} to 0.0%" in result.to_text()


def test_nothing_to_compare(model):
    empty = new_documents(model.fitted_, [""], model.assign([""]))
    assert (empty.n_documents, empty.n_unlike, empty.keywords) == (0, 0, ())
    with pytest.raises(InputError, match="got 1 texts"):
        new_documents(model.fitted_, ["x"], model.assign(["x", "y"]))


def test_the_command_announces_it(run, model, tmp_path):
    model.save(tmp_path / "m")
    (tmp_path / "t.txt").write_text("\n".join([*TEXTS[:100], *COMETS]), encoding="utf-8")
    status, out, err = run("predict", tmp_path / "m", tmp_path / "t.txt")
    assert status == 0
    assert len(out.splitlines()) == 191
    assert "Largest changes of topic shares since the fit" in err
    assert "less similar to their topic than 95% of the model's documents" in err
    assert "comet" in err
