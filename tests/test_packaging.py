"""The dependencies of pyproject.toml agree with the two files of constraints."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = [Requirement(line) for lines in PROJECT["optional-dependencies"].values() for line in lines]
# An open range of torch may pull GPU libraries of gigabytes, so both files pin the same version.
PINNED = {"torch"}


def pins(name: str) -> dict[str, Version]:
    """The exact version of each package in a file of constraints."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    versions = {}
    for line in lines:
        if line and not line.startswith("#"):
            package, version = line.split("==")
            versions[canonicalize_name(package)] = Version(version)
    return versions


def floor(requirement: Requirement) -> Version:
    [lowest] = [part.version for part in requirement.specifier if part.operator == ">="]
    return Version(lowest)


def test_lowest_versions_are_the_floors_of_the_dependencies():
    lowest = pins("constraints-lowest.txt")
    floors = {canonicalize_name(requirement.name): floor(requirement) for requirement in DEPENDENCIES}
    assert set(lowest) == set(floors)
    assert {name: lowest[name] for name in floors if name not in PINNED} == {
        name: version for name, version in floors.items() if name not in PINNED
    }
    assert all(lowest[name] == pins("constraints.txt")[name] >= floors[name] for name in PINNED)


@pytest.mark.parametrize("requirement", DEPENDENCIES + EXTRAS, ids=lambda requirement: requirement.name)
def test_the_tested_versions_satisfy_the_ranges(requirement):
    version = pins("constraints.txt").get(canonicalize_name(requirement.name))
    assert version is not None, f"constraints.txt does not pin {requirement.name}"
    assert version in requirement.specifier
