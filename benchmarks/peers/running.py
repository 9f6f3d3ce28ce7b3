"""One run: a work folder, a subprocess with a time limit, and the figures of what it left."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import HERE
from benchmarks.peers.collections import WITHOUT_GOLD, Collection
from benchmarks.peers.environments import interpreter
from benchmarks.peers.protocol import Settings, Work, last_line
from benchmarks.peers.score import Scorer, put_back, same_grouping, share_changed
from benchmarks.peers.store import Store
from benchmarks.peers.systems import SYSTEMS

THREAD_VARIABLES = ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB_MAXIMUM", "NUMEXPR", "RAYON", "POLARS_MAX")
CLOCKED = ("seconds", "cpu_seconds")
TIMES = (*CLOCKED, "peak_mib", "peak_mib_before_fit")


@dataclass(frozen=True)
class Options:
    """How to run.

    Attributes
    ----------
    environments : Path
        Where the environments of the peers are.
    limit : float
        Seconds after which a run is stopped.
    threads : int
    """

    environments: Path
    limit: float
    threads: int


class OutOfTimeError(Exception):
    """The whole measurement is over: the run was cut before its own limit and says nothing."""


def order_of(kind: str, n: int) -> np.ndarray:
    """Give the order of documents of a kind of run."""
    return np.random.default_rng(0).permutation(n) if kind == "shuffle" else np.arange(n)


def work_of(collection: Collection, system: str, kind: str, folder: Path) -> Work:
    """Assemble the work folder of a run."""
    peer = SYSTEMS[system]
    order = order_of(kind, len(collection.texts))
    texts = collection.segmented if peer.segmented else collection.texts
    settings = Settings(
        system=system,
        n_topics=collection.n_gold or WITHOUT_GOLD,
        seed=1 if kind == "seed" else 0,
        language=collection.language,
        stop_words=collection.stop_words,
        checks=kind == "seed",
    )
    return Work(settings, [texts[row] for row in order], collection.vectors[order], folder)


def run(
    collection: Collection,
    system: str,
    kind: str,
    *,
    store: Store,
    scorer: Scorer,
    options: Options,
    seconds_left: float | None = None,
) -> dict[str, Any]:
    """Run a system once; give the figures to keep under the kind's name.

    Raises
    ------
    OutOfTimeError
        When the run was cut because `seconds_left` was less than its limit.
    """
    folder = store.cache / "work" / f"{store.name}-{collection.name}-{system}-{kind}"
    shutil.rmtree(folder, ignore_errors=True)
    work = work_of(collection, system, kind, folder)
    work.write()
    try:
        limit = options.limit if seconds_left is None else min(options.limit, seconds_left)
        error = in_subprocess(system, folder, options, limit)
        whole = (folder / "result.json").exists()
        if error == "time" and limit < options.limit and not whole:
            raise OutOfTimeError
        if not whole:
            return {"error": f"over {options.limit:.0f} s" if error == "time" else error}
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        return _figures(work, result, collection.name, kind, store, scorer)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_subprocess(system: str, folder: Path, options: Options, limit: float) -> str | None:
    """Run the runner; give None, "time", or the last line of its error."""
    peer = SYSTEMS[system]
    command = [str(interpreter(peer.environment, options.environments)), "-m"]
    command += [f"benchmarks.peers.runners.{peer.runner}", str(folder)]
    with (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=HERE.parent,
            env=_variables(options.threads),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            return "time"
        finally:
            _end(process)
    if status == 0:
        return None
    if status < 0:
        return f"killed by signal {-status}" + (" (memory?)" if -status == signal.SIGKILL else "")
    text = (folder / "errors.txt").read_text(encoding="utf-8", errors="replace")
    return last_line(text) or f"exit status {status}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a runner and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def _variables(threads: int) -> Mapping[str, str]:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    variables |= {f"{name}_NUM_THREADS": str(threads) for name in THREAD_VARIABLES if "MAX" not in name}
    variables |= {f"{name}_THREADS": str(threads) for name in THREAD_VARIABLES if "MAX" in name}
    return {**variables, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONNOUSERSITE": "1"}


def _figures(
    work: Work, result: dict[str, Any], collection: str, kind: str, store: Store, scorer: Scorer
) -> dict[str, Any]:
    """Score a run, and keep its labels and words."""
    system = work.settings.system
    labels = np.load(work.folder / "labels.npy")
    figures: dict[str, Any] = {name: round(result[name], 3) for name in TIMES}
    store.keep(collection, system, kind, put_back(labels, order_of(kind, len(work.texts))), result["words"])
    if work.settings.checks:
        figures |= _check_figures(labels, result, work.folder)
    return figures | scores(collection, system, kind, store, scorer)


def scores(collection: str, system: str, kind: str, store: Store, scorer: Scorer) -> dict[str, Any]:
    """Score the kept labels and words of a run: the fit against gold, other runs against the fit."""
    labels = store.labels(collection, system, kind)
    if labels is None:
        return {}
    if kind == "fit":
        return scorer.score(labels, store.words(collection, system, kind))
    first = store.labels(collection, system, "fit")
    return {"ari_with_fit": None if first is None else same_grouping(labels, first)}


def _check_figures(labels: np.ndarray, result: dict[str, Any], folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if result.get("alone"):
        alone = result["alone"]
        found["changed_alone"] = share_changed(labels[alone["rows"]], np.array(alone["labels"]))
        found["n_alone"] = len(alone["rows"])
    if (folder / "loaded.npy").exists():
        loaded = np.load(folder / "loaded.npy")
        found["changed_loaded"] = share_changed(labels, loaded)
        found["ari_loaded"] = same_grouping(labels, loaded)  # tells a renumbering from another clustering
    return found | {name: result[name] for name in ("alone_error", "loaded_error") if name in result}
