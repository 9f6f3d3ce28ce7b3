"""An environment for each set of packages, created on first use from a file that pins every version."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.common import HERE

REQUIREMENTS = HERE / "peers" / "requirements"


def cache_folder() -> Path:
    """Where environments, vectors and labels are kept; $TOPICKIT_BENCHMARKS_CACHE sets another place."""
    given = os.environ.get("TOPICKIT_BENCHMARKS_CACHE")
    if given:
        return Path(given)
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return user / "topickit-benchmarks" / "peers"


def interpreter(name: str, folder: Path) -> Path:
    """Give the Python of an environment, creating it if it is missing.

    Parameters
    ----------
    name : str
        Of a file in `benchmarks/peers/requirements`; another content is another environment.
    folder : path
        Where environments are kept.
    """
    pins = REQUIREMENTS / f"{name}.txt"
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]
    place = folder / f"{name}-{digest}"
    python = place / "bin" / "python"
    complete = place / "complete"
    if complete.exists():
        return python
    shutil.rmtree(place, ignore_errors=True)
    print(f"creating the environment of {name} in {place}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    # The pins are complete, so nothing that they do not name may come along.
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*install, "-r", str(pins)], check=True)
    complete.touch()
    return python


def pinned(name: str) -> dict[str, str]:
    """Give the versions that a requirements file pins, by package."""
    lines = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8").split()
    return dict(line.split("==", 1) for line in lines if "==" in line)
