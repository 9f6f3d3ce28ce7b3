"""Measure topickit and other systems: ``python -m benchmarks.peers``. A stopped run can be resumed.

Each system runs in a process and an environment of its own, on the same texts, vectors and threads. For each
collection: `fit` (seed 0: all figures but those of steadiness), then `seed` (seed 1: the agreement with the
fit, and predicting one at a time and after loading), then `shuffle` (the documents in another order).
Finished runs are skipped, unless --rerun is given; ``--runs fit --rerun`` repeats the timings and keeps the rest.
With --untimed, for a busy machine, the seconds of these runs are not kept.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.common import require_data
from benchmarks.peers.collections import LANGUAGES, QUICK, load
from benchmarks.peers.environments import cache_folder, interpreter
from benchmarks.peers.running import CLOCKED, Options, OutOfTimeError, run, scores
from benchmarks.peers.score import Scorer
from benchmarks.peers.store import KINDS, Store
from benchmarks.peers.systems import SYSTEMS
from topickit._core.vectors import n_threads


def main() -> None:
    """Measure the selected runs that are missing."""
    arguments = _arguments()
    require_data()
    cache = arguments.cache
    store = Store("peers_quick" if arguments.quick else "peers", cache)
    options = Options(arguments.envs or cache / "envs", arguments.limit, n_threads())
    until = time.monotonic() + 60 * arguments.minutes if arguments.minutes else None
    collections = arguments.collections or (QUICK if arguments.quick else tuple(LANGUAGES))
    if arguments.environments:
        for name in dict.fromkeys(SYSTEMS[system].environment for system in arguments.systems):
            print(name, interpreter(name, options.environments), flush=True)
        return
    for name in collections:
        if arguments.rescore:
            rescore(name, store, quick=arguments.quick)
            continue
        wanted = pending(store, name, arguments.systems, arguments.runs, rerun=arguments.rerun)
        if not measure(
            name, wanted, store, options, until=until, quick=arguments.quick, timed=not arguments.untimed
        ):
            print("time limit reached; run the same command to resume", flush=True)
            return


def pending(
    store: Store, collection: str, systems: Sequence[str], kinds: Sequence[str], *, rerun: bool
) -> list[tuple[str, str]]:
    """List the runs to make, (system, kind): the fits of all systems first.

    A run is not made where the fit failed; `rerun` repeats finished runs. A fit is also
    repeated where a run is compared with it and its labels are no longer in the cache.
    """
    missing = [
        (system, kind)
        for kind in KINDS
        if kind in kinds
        for system in systems
        if rerun or not store.done(collection, system, kind)
    ]
    unkept = [
        (system, "fit")
        for system in systems
        if any(name == system for name, _ in missing)
        and "topics" in store.row(collection, system).get("fit", {})
        and store.labels(collection, system, "fit") is None
    ]
    fits = [(system, "fit") for system in systems if {(system, "fit")} & {*missing, *unkept}]
    return [*fits, *(run for run in missing if run[1] != "fit")]


def measure(
    name: str,
    wanted: Sequence[tuple[str, str]],
    store: Store,
    options: Options,
    *,
    until: float | None,
    quick: bool,
    timed: bool = True,
) -> bool:
    """Make the runs on one collection, keeping each; say whether there was time for all."""
    if not wanted:
        return True
    collection = load(name, store.cache, quick=quick)
    scorer = Scorer.of(collection.texts, collection.gold)
    for system, kind in wanted:
        left = None if until is None else until - time.monotonic()
        if left is not None and left < 1:
            return False
        if kind != "fit" and "error" in store.row(name, system).get("fit", {}):
            continue
        try:
            figures = run(
                collection, system, kind, store=store, scorer=scorer, options=options, seconds_left=left
            )
        except OutOfTimeError:
            return False
        if not timed:
            before = store.row(name, system).get(kind, {})
            untimed = {key: value for key, value in figures.items() if key not in CLOCKED}
            figures = {**untimed, **{key: before[key] for key in CLOCKED if key in before}}
        store.put(name, system, {"n": len(collection.texts), kind: figures})
        print(_line(name, system, kind, figures), flush=True)
    return True


def rescore(name: str, store: Store, *, quick: bool) -> None:
    """Score kept labels and words again without running anything; timings and checks stay."""
    known = [row for row in store.rows() if row["collection"] == name]
    if not known:
        return
    collection = load(name, store.cache, quick=quick)
    scorer = Scorer.of(collection.texts, collection.gold)
    for row in known:
        system = row["system"]
        for kind in KINDS:
            if kind in row and "error" not in row[kind]:
                figures = {**row[kind], **scores(name, system, kind, store, scorer)}
                store.put(name, system, {kind: figures})


def _line(name: str, system: str, kind: str, figures: dict[str, object]) -> str:
    shown = ("error", "seconds", "peak_mib", "topics", "outliers", "ari", "c_npmi", "diversity")
    shown += ("ari_with_fit", "changed_alone", "changed_loaded", "alone_error", "loaded_error")
    parts = [
        f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}"
        for key, value in figures.items()
        if key in shown
    ]
    return f"{name:22} {system:20} {kind:8} " + "  ".join(parts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--systems", type=_among(SYSTEMS), default=list(SYSTEMS), help=f"some of {', '.join(SYSTEMS)}")
    add("--collections", type=_among(LANGUAGES), help=f"some of {', '.join(LANGUAGES)}")
    add("--runs", type=_among(KINDS), default=list(KINDS), help=f"some of {', '.join(KINDS)}")
    add("--quick", action="store_true", help="2,000 documents of two collections, kept separately")
    add("--rerun", action="store_true", help="repeat finished runs")
    add("--untimed", action="store_true", help="keep no timings: the machine is busy")
    add("--rescore", action="store_true", help="only rescore the kept labels and words")
    add("--environments", action="store_true", help="only create the environments")
    add("--limit", type=float, default=1800, help="seconds after which a run is stopped")
    add("--minutes", type=float, help="stop after this many minutes; run the command again to resume")
    add("--envs", type=Path, help="folder of the environments")
    add("--cache", type=Path, default=cache_folder(), help="folder of vectors and labels")
    return parser.parse_args()


def _among(known: Sequence[str] | dict[str, object]):  # noqa: ANN202
    def parse(text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(known)}")
        return names

    return parse


if __name__ == "__main__":
    main()
