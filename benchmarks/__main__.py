"""``python -m benchmarks``: run every benchmark, each in a process of its own, and write RESULTS.md."""

import subprocess
import sys

from benchmarks.report import SECTIONS, main

if __name__ == "__main__":
    for name in SECTIONS:
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
    main()
