"""Start-up: ``python -m benchmarks.startup``. Times of whole processes, medians of nine."""

import json
import subprocess
import sys

from benchmarks.common import median, seconds, write

HEAVY = ("torch", "numba", "sklearn", "umap", "plotly", "scipy", "nltk", "polars", "transformers")
LOADED = f"import sys, json, topickit; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"


def process_seconds(*arguments: str) -> float:
    """Median wall time of a Python process."""
    command = [sys.executable, *arguments]
    return median(
        [seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(9)]
    )


def main() -> None:
    """Measure, print and keep."""
    loaded = json.loads(
        subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True).stdout
    )
    result = {
        "import_seconds": process_seconds("-c", "import topickit"),
        "python_seconds": process_seconds("-c", "pass"),
        "help_seconds": process_seconds("-m", "topickit", "--help"),
        "heavy_modules_loaded": loaded,
    }
    print(json.dumps(result, indent=1))
    write("startup", result)


if __name__ == "__main__":
    main()
