"""Labelled texts with a column that hides the labels, for `benchmarks.across`.

StackOverflow titles, each written as a message to one of four companies, drawn independently of its tag; and
short descriptions of Debian packages, each in one of four languages, drawn independently of its section. For
those, apt has to fetch translations: ``Acquire::Languages {"de"; "fr"; "it"; "en";};``.
"""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.common import texts_and_labels
from benchmarks.debian_texts import HOW_MADE, MissingError, section_of_packages

STYLES = {
    "United": (
        "@united {}",
        "{} @united",
        "flying United today: {}",
        "{} thanks United",
        "United Airlines, {}",
    ),
    "JetBlue": (
        "@JetBlue {}",
        "{} #JetBlue",
        "hey JetBlue: {}",
        "{} love JetBlue",
        "JetBlue flight crew, {}",
    ),
    "Netflix": ("@netflix {}", "{} #Netflix", "dear Netflix, {}", "{} on my Netflix", "watching Netflix, {}"),
    "Spotify": (
        "@Spotify {}",
        "{} @SpotifyCares",
        "Spotify app: {}",
        "{} in Spotify",
        "premium Spotify user, {}",
    ),
}
"""Some ways to write to each company."""
LANGUAGES = ("de", "en", "fr", "it")
LISTS = Path(os.environ.get("TOPICKIT_APT_LISTS", "/var/lib/apt/lists"))
READER = "/usr/lib/apt/apt-helper"
LEAST = 60
"""Packages of a section, at least."""


class Hidden(NamedTuple):
    """Texts, the column, and the labels."""

    texts: list[str]
    column: list[str]
    gold: list[str]


def titles_by_company(n: int) -> Hidden:
    """Titles in the styles of companies' customers."""
    texts, tags = texts_and_labels("stackoverflow_titles")
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(texts))[:n]
    companies = [str(name) for name in rng.choice(sorted(STYLES), size=n)]
    pairs = zip(rows, companies, strict=True)
    messages = [str(rng.choice(STYLES[company])).format(texts[row]) for row, company in pairs]
    return Hidden(messages, companies, tags[rows].tolist())


def packages_by_language(n: int) -> Hidden:
    """Descriptions of packages that are translated into all languages.

    Raises
    ------
    MissingError
        Where this machine does not have them.
    """
    told = {language: _descriptions(language) for language in LANGUAGES}
    try:
        sections = section_of_packages()
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingError("debian_sections") from error
    everywhere = [name for name in sorted(sections) if all(name in of for of in told.values())]
    kept = [name for name in everywhere if sections[name] not in HOW_MADE.split()]
    sizes = Counter(sections[name] for name in kept)
    kept = [name for name in kept if sizes[sections[name]] >= LEAST]
    rng = np.random.default_rng(0)
    chosen = [kept[row] for row in rng.permutation(len(kept))[:n]]
    languages = [str(language) for language in rng.choice(LANGUAGES, size=len(chosen))]
    texts = [told[language][name] for name, language in zip(chosen, languages, strict=True)]
    return Hidden(texts, languages, [sections[name] for name in chosen])


def _descriptions(language: str) -> dict[str, str]:
    """Read the short description of each package in a language."""
    files = [path for path in LISTS.glob(f"*_i18n_Translation-{language}*") if "security" not in path.name]
    if not files:
        raise MissingError("the collection of packages by language (apt must fetch translations)")
    found = {}
    for path in sorted(files):
        text = subprocess.run(
            [READER, "cat-file", str(path)], capture_output=True, check=True, text=True
        ).stdout
        for record in text.split("\n\n"):
            package = re.search(r"^Package: (.*)$", record, re.MULTILINE)
            description = re.search(rf"^Description-{language}: (.*)$", record, re.MULTILINE)
            if package and description:
                found.setdefault(package[1], description[1])
    return found
