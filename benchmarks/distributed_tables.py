"""Tables of a Ray cluster on one machine."""

from benchmarks.markdown import Result, one_table


def section(result: Result) -> str:
    """One process against 1 and 2 workers."""
    alone = {row["kind"]: row["seconds"] for row in result["rows"] if not row["workers"]}
    rows = [
        [
            row["kind"],
            f"{row['n']:,}",
            str(row["workers"]) if row["workers"] else "no Ray",
            f"{row['start_seconds']:.0f}" if row["workers"] else "",
            f"{row['seconds']:.0f}",
            f"{alone[row['kind']] / row['seconds']:.2f}",
            ", ".join(f"{stage.lower()} {seconds:.0f}" for stage, seconds in row["stages"] if seconds >= 0.5),
            f"{row['driver_mib']:,.0f}",
            f"{row['worker_mib']:,.0f}" if row["workers"] else "",
            f"{row['load']:.0f}",
            "yes" if row["same"] else "NO",
        ]
        for row in result["rows"]
    ]
    return one_table(
        "A Ray cluster on one machine",
        "`python -m benchmarks.distributed`. Titles in eight Parquet files: one process without Ray, then Ray with 1 and 2 "
        "workers of one thread each. *Start*: seconds until Ray has started, which are not part of *seconds*; the start of "
        "the workers, which import topickit and load the model, is. *Speed*: seconds without Ray over seconds. *MiB*: peak "
        "memory of the driver, and of the largest worker, shared memory included. *Load*: of the machine before the run; "
        "where it is above the number of cores, other work took part of the time. *Same*: labels, sizes, keywords and names "
        "(of a prediction, labels) equal those without Ray.",
        result,
        [
            "work",
            "rows",
            "workers",
            "start",
            "seconds",
            "speed",
            "stages, seconds",
            "driver MiB",
            "worker MiB",
            "load",
            "same",
        ],
        rows,
    )
