import numpy as np
import pytest

from topickit._core.vectors import unit_rows
from topickit.corpus.templates import FEWEST, MAX_CHARACTERS, FewOfEach, template_of

LONG = "your parcel number {} is on its way and will arrive soon"


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("Order 4711 is paid.", "Order 12 is paid.", True),
        ("Your code is A7-B9!", "Your code is 77X-q!", True),
        ("Dear Anna Hall, " + LONG.format(1), "Dear Bo, " + LONG.format("7A"), True),
        (
            "What is the difference between Java and Python?",
            "What is the difference between Rust and C?",
            False,
        ),
        ("Oracle SQL query", "Excel VBA query", False),
        ("the roses in my garden need water", "the tomatoes in my garden need water", False),
        ("12", "2024-01-01", True),
        ("注文 123 を確認しました", "注文 9 を確認しました", True),
        ("a " * MAX_CHARACTERS, "a " * 3 * MAX_CHARACTERS, False),
    ],
)
def test_templates_differ_in_numbers_codes_and_names_only(one, other, equal):
    assert (template_of(one) == template_of(other)) == equal


@pytest.fixture
def texts():
    return [f"Order {i} is paid." for i in range(200)] + [
        f"subject {'abc'[i % 3] * (i + 1)}" for i in range(50)
    ]


def alike(n, noise):
    return unit_rows(np.eye(64)[0] + noise * np.random.default_rng(0).normal(size=(n, 64)) / 8)


def test_few_documents_of_a_template_remain(texts):
    kept = FewOfEach(texts, alike(250, 0.1), 250)(np.arange(250))
    assert (kept < 200).sum() == FEWEST
    assert (kept >= 200).sum() == 50
    assert kept.tolist() == sorted(kept)


def test_batches_share_the_limit_and_a_large_sample_has_more(texts):
    vectors = alike(250, 0.1)
    select = FewOfEach(texts, vectors, 250)
    parts = [select(rows) for rows in np.split(np.arange(250), 5)]
    assert (np.concatenate(parts) < 200).sum() == FEWEST
    assert (FewOfEach(texts, vectors, 10_000)(np.arange(250)) < 200).sum() == 100


def test_documents_whose_vectors_differ_are_no_template(texts):
    """Titles such as "document 12" say nothing of vectors that were given for other texts."""
    assert len(FewOfEach(texts, alike(250, 3.0), 250)(np.arange(250))) == 250


def test_unusable_rows_stay_out(texts):
    select = FewOfEach(texts, alike(250, 0.1), 250, lambda rows: rows[rows % 2 == 0])
    assert (select(np.arange(250)) % 2 == 0).all()
