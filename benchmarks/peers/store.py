"""Results as they come: figures in `benchmarks/results`, labels and words in the cache folder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RESULTS, environment
from benchmarks.peers.environments import pinned
from benchmarks.peers.protocol import Labels
from benchmarks.peers.systems import SYSTEMS
from topickit._core.atomic import write_atomic

KINDS = ("fit", "seed", "shuffle")
PACKAGES = (
    *("bertopic", "top2vec", "sentence-transformers", "topica", "turftopic", "fastopic", "evoc"),
    *("scikit-learn", "umap-learn", "hdbscan", "numba", "numpy", "torch"),
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Store:
    """Where the results of one kind of measurement (full or quick) are kept.

    Attributes
    ----------
    name : str
        "peers" or "peers_quick".
    cache : Path
    folder : Path
        Of the figures.
    """

    name: str
    cache: Path
    folder: Path = RESULTS

    def rows(self) -> list[Row]:
        """Read all figures: one row a collection and system, with a mapping for each kind of run."""
        path = self.folder / f"{self.name}.json"
        return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []

    def row(self, collection: str, system: str) -> Row:
        """Read one row; an empty one where nothing is known."""
        found = (row for row in self.rows() if (row["collection"], row["system"]) == (collection, system))
        return next(found, {"collection": collection, "system": system})

    def done(self, collection: str, system: str, kind: str) -> bool:
        """Say whether a run was made, whatever came of it."""
        return kind in self.row(collection, system)

    def put(self, collection: str, system: str, changes: Row) -> None:
        """Keep what is new of one row; the rest of it and all others stay."""
        others = [row for row in self.rows() if (row["collection"], row["system"]) != (collection, system)]
        rows = [*others, {**self.row(collection, system), **changes}]
        self._write(sorted(rows, key=_place))

    def _write(self, rows: list[Row]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        head = {"environment": environment(), "peers": _versions()}
        text = json.dumps({**head, "rows": rows}, indent=1) + "\n"
        write_atomic(self.folder / f"{self.name}.json", text)

    def keep(self, collection: str, system: str, kind: str, labels: Labels, words: list[list[str]]) -> None:
        """Keep the labels and words of a run in the cache."""
        folder = self.cache / "labels" / self.name / collection / system
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{kind}.npy", labels.astype(np.int32))
        (folder / f"{kind}.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")

    def labels(self, collection: str, system: str, kind: str) -> Labels | None:
        """Read kept labels."""
        path = self.cache / "labels" / self.name / collection / system / f"{kind}.npy"
        return np.load(path).astype(np.int64) if path.exists() else None

    def words(self, collection: str, system: str, kind: str) -> Sequence[Sequence[str]]:
        """Read kept words."""
        path = self.cache / "labels" / self.name / collection / system / f"{kind}.json"
        return json.loads(path.read_text(encoding="utf-8"))


def _place(row: Row) -> tuple[str, int]:
    systems = list(SYSTEMS)
    known = systems.index(row["system"]) if row["system"] in SYSTEMS else len(systems)
    return row["collection"], known


def _versions() -> dict[str, str]:
    """Versions of the peers, each from the first environment that has it as its own purpose."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(system.environment for system in SYSTEMS.values()):
        found = {**pinned(name), **found}
    return {name: found[name] for name in PACKAGES if name in found}
