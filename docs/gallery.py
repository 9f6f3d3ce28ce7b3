"""The reports of the gallery, made when the documentation is built from data that every machine has."""

import random
from collections.abc import Callable
from pathlib import Path

from topickit import TopicModel
from topickit.cli.docstrings import collect_docstrings
from topickit.report.report import Report

DATE = ""  # the same page on every day
EMBEDDER = "all-MiniLM-L6-v2"
PACKAGES = (
    "asyncio",
    "email",
    "http",
    "jinja2",
    "networkx",
    "numpy",
    "sklearn",
    "sqlite3",
    "tkinter",
    "unittest",
)

SUBJECTS = {
    "invoice": [
        "Invoice is wrong",
        "Charged twice",
        "Refund not received",
        "VAT number missing on the invoice",
    ],
    "login": ["Cannot log in", "Password reset mail never came", "Account locked", "Login code is rejected"],
    "delivery": [
        "Parcel is late",
        "Parcel was damaged",
        "Courier left the parcel outside",
        "Tracking shows nothing",
    ],
    "returns": ["Return label does not print", "Where do I send the return", "Returned shoes, no money yet"],
}
NEW = [
    "Scanner app crashes",
    "Scanner shows a black screen",
    "App crashes when I scan a code",
    "Black screen after update",
]


def docstrings() -> Report:
    """Docstrings of installed packages, with the package as class."""
    corpus = collect_docstrings(PACKAGES, most_per_package=100)
    model = TopicModel(embedder=EMBEDDER).fit(corpus.texts, classes=corpus.packages)
    return model.report("Docstrings of ten Python packages", date=DATE)


def tickets() -> Report:
    """Tickets of January and February, and an update with those of March, when a new problem appears."""
    texts, days, regions = _tickets(((1, 300, 0), (2, 250, 0)))
    model = TopicModel(embedder=EMBEDDER, n_topics=len(SUBJECTS))
    model.fit(texts, timestamps=days, classes=regions)
    texts, days, regions = _tickets(((3, 250, 70),))
    model = model.updated(texts, timestamps=days, classes=regions)
    return model.report("Support tickets, January to March", date=DATE)


def _tickets(months: tuple[tuple[int, int, int], ...]) -> tuple[list[str], list[str], list[str]]:
    texts, days, regions = [], [], []
    for month, n_known, n_new in months:
        rng = random.Random(month)
        parts = [SUBJECTS[rng.choice(list(SUBJECTS))] for _ in range(n_known)] + [NEW] * n_new
        said = [". ".join(rng.sample(part, 2)) for part in parts]
        texts += [f"{text}. Ticket {rng.randrange(10_000, 99_999)}." for text in said]
        days += [f"2025-{month:02}-{rng.randrange(1, 29):02}" for _ in parts]
        regions += [rng.choice(["north", "south"]) for _ in parts]
    return texts, days, regions


def long_documents() -> Report:
    """Documents of three docstrings each, with the parts of each marked."""
    corpus = collect_docstrings(("email", "http", "tkinter", "networkx", "sqlite3"), most_per_package=120)
    rng = random.Random(0)
    texts = [" ".join(rng.sample(corpus.texts, 3)) for _ in range(60)]
    model = TopicModel(embedder=EMBEDDER, n_topics=6).fit([*corpus.texts, *texts])
    return model.report("Long documents and their parts", date=DATE, spans=True)


REPORTS: dict[str, Callable[[], Report]] = {
    "docstrings": docstrings,
    "tickets": tickets,
    "long_documents": long_documents,
}


def write(folder: Path) -> None:
    """Write each report as a page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, report in REPORTS.items():
        report().to_html(folder / f"{name}.html")
