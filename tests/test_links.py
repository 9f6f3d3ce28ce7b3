"""Links between the files of the repository lead somewhere."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GENERATED = re.compile(
    r"benchmarks/(index|result-[a-z0-9-]+)\.md|reference/[a-z_./]+|changelog\.md|contributing\.md"
)
"""Pages that the build of the documentation makes; it checks the links to them itself."""


def pages() -> list[Path]:
    tracked = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [ROOT / name for name in tracked.stdout.split()]


def links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists():
            assert GENERATED.search(target.as_posix()), f"{link} leads nowhere"
        elif anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{link}: no such heading"


def test_links_are_looked_at():
    found = [link for page in pages() for link in links(page)]
    assert len(found) > 50
    assert any("#" in link for link in found)
