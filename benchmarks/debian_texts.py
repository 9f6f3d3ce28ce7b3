"""Labelled texts that a Debian machine has, for `benchmarks.unseen`: package descriptions, WordNet, fortunes.

``apt-get update; apt-get install wordnet-base fortunes`` brings them. The classes are those of Debian's
maintainers, WordNet's lexicographers and fortune's collectors, less those that say how a package is made, or
what a saying is like, and not what it is about.
"""

import itertools
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

Labelled = list[tuple[str, str]]

WORDNET, FORTUNES = Path("/usr/share/wordnet"), Path("/usr/share/games/fortunes")
LARGEST = 10_000
WORDS = 5  # of a fortune, at least
# Numbers of WordNet's lexicographer files: see lexnames(5WN). "Tops", 03, is no subject.
NOUNS = (
    "act animal artifact attribute body cognition communication event feeling food group location motive object "
    "person phenomenon plant possession process quantity relation shape state substance time"
)
VERBS = (
    "body change cognition communication competition consumption contact creation emotion motion perception "
    "possession social stative weather"
)
FIRST_NOUN, FIRST_VERB = 4, 29
HOW_MADE = (
    "admin debug devel doc embedded introspection libdevel libs metapackages misc oldlibs otherosfs tasks text "
    "utils zope"
)
# Collections of what is left, and of a tone.
NO_SUBJECT = (
    "art ascii-art cookie definitions disclaimer ethnic goedel humorists kids magic miscellaneous paradoxum people "
    "platitudes translate-me wisdom zippy"
)


def sections() -> Labelled:
    """Names and short descriptions of packages by section."""
    found = ((text, fields["Section"].split("/")[-1]) for text, fields in _packages() if "Section" in fields)
    return _of_enough([(text, section) for text, section in found if section not in HOW_MADE.split()], 100)


def tagged(facet: str) -> Callable[[], Labelled]:
    """Make a reader of those of one tag of a facet of Debian's vocabulary (debtags)."""

    def read() -> Labelled:
        found = []
        for text, fields in _packages():
            tags = re.split(r"[,\s]+", fields.get("Tag", ""))
            mine = [tag.removeprefix(f"{facet}::") for tag in tags if tag.startswith(f"{facet}::")]
            if len(mine) == 1 and mine != ["TODO"]:
                found.append((text, mine[0]))
        return _of_enough(found, 15)

    return read


def wordnet(kind: str, first: int, files: str) -> Callable[[], Labelled]:
    """Make a reader of words with their definitions and examples, by lexicographer file."""

    def read() -> Labelled:
        found, names = [], files.split()
        with (WORDNET / f"data.{kind}").open(encoding="utf-8", errors="replace") as lines:
            for line in itertools.filterfalse(lambda line: line.startswith("  "), lines):
                head, gloss = line.split(" | ", 1)
                _, file, _, _, word, *_ = head.split(" ")
                if 0 <= int(file) - first < len(names):
                    found.append((f"{word.replace('_', ' ')}: {gloss.strip()}", names[int(file) - first]))
        return found

    return read


def fortunes() -> Labelled:
    """Sayings by the file that they stand in."""
    found = []
    for path in sorted(FORTUNES.iterdir()):
        if path.suffix or path.name in NO_SUBJECT.split() or not path.is_file():
            continue
        sayings = path.read_text(encoding="utf-8", errors="replace").split("\n%\n")
        found += [(saying.strip(), path.name) for saying in sayings if len(saying.split()) >= WORDS]
    return _of_enough(found, 100)


class MissingError(Exception):
    """What a collection is made of is not on this machine."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} needs Debian: apt-get update; apt-get install wordnet-base fortunes")


SOURCES: dict[str, tuple[str, Callable[[], Labelled]]] = {
    "debian_sections": ("Debian packages by section", sections),
    "debian_uses": ("Debian packages by use", tagged("use")),
    "debian_fields": ("Debian packages by field", tagged("field")),
    "debian_games": ("Debian games by kind", tagged("game")),
    "wordnet_nouns": ("WordNet nouns", wordnet("noun", FIRST_NOUN, NOUNS)),
    "wordnet_verbs": ("WordNet verbs", wordnet("verb", FIRST_VERB, VERBS)),
    "fortunes": ("Fortunes by file", fortunes),
}


def texts_and_labels(name: str) -> tuple[list[str], list[str]]:
    """Read a collection: a seeded sample of at most 10,000 distinct texts.

    Raises
    ------
    MissingError
        Where this machine does not have it.
    """
    try:
        found = sorted(dict(SOURCES[name][1]()).items())
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingError(name) from error
    if not found:
        raise MissingError(name)
    rows = np.random.default_rng(0).permutation(len(found))[:LARGEST]
    return [found[row][0] for row in rows], [found[row][1] for row in rows]


def _packages() -> Iterator[tuple[str, dict[str, str]]]:
    """Each package's name with its description, and its fields; of those described alike the first."""
    seen: set[str] = set()
    for fields in _records():
        description = fields.get("Description", "").split("\n")[0].strip()
        if description and description not in seen:
            seen.add(description)
            yield f"{fields['Package']}: {description}", fields


def section_of_packages() -> dict[str, str]:
    """Read the section of each package, by its name."""
    with_section = (fields for fields in _records() if "Package" in fields and "Section" in fields)
    return {fields["Package"]: fields["Section"].split("/")[-1] for fields in with_section}


def _records() -> Iterator[dict[str, str]]:
    """The fields of each package that apt knows, in order."""
    listed = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, check=True, text=True).stdout
    for record in sorted(listed.split("\n\n")):
        yield dict(re.findall(r"^([\w-]+): (.*(?:\n .*)*)", record, re.MULTILINE))


def _of_enough(found: Labelled, least: int) -> Labelled:
    """Leave out classes of fewer texts."""
    times = Counter(label for _, label in found)
    return [(text, label) for text, label in found if times[label] >= least]
