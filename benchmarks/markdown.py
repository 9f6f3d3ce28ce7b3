"""Markdown of the kept results: tables, and the machine that they were measured on."""

from typing import Any

Result = dict[str, Any]


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def made_on(result: Result) -> str:
    """The machine and the versions of one result."""
    env = result["environment"]
    versions = ", ".join(f"{name} {number}" for name, number in env["versions"].items())
    day = f"; {env['day']}" if "day" in env else ""
    return f"*{env['cores']} cores, Python {env['python']}, {versions}{day}.*"


def one_table(title: str, explained: str, result: Result, columns: list[str], rows: list[list[str]]) -> str:
    """Write a section that is one table."""
    return "\n\n".join([f"## {title}", explained, made_on(result), table(columns, rows)])
