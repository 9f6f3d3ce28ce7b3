"""Table of planted texts found as outliers."""

from statistics import mean

from benchmarks.common import TITLES
from benchmarks.markdown import Result, one_table

RULES = {
    "auto": '`outliers="auto"`',
    "mean": "nearer to the mean of all",
    "unlike": "unlike their topic",
    "equal share": "equal share of each topic",
}


def section(result: Result) -> str:
    """Precision and recall of planted texts, and the ARI of the documents that are kept."""
    lines = []
    for planted in sorted({row["planted"] for row in result["rows"]}):
        for name in dict.fromkeys(row["name"] for row in result["rows"]):
            rows = [row for row in result["rows"] if (row["name"], row["planted"]) == (name, planted)]
            line = [TITLES[name], f"{planted:.0%}"]
            for rule in RULES:
                of = [row["rules"][rule] for row in rows]
                found, called, there = (
                    sum(one[key] for one in of) for key in ("n_found", "n_called", "n_planted")
                )
                gain = mean(one["ari_kept"] - row["ari"] for one, row in zip(of, rows, strict=True))
                share = f"{mean(one['share'] for one in of):.1%}"
                quality = f"{found / max(1, called):.2f} / {found / there:.2f}, " if there else ""
                line.append(f"{share}: {quality}{gain:+.3f}")
            lines.append(line)
    return one_table(
        "Planted texts found as outliers",
        "`python -m benchmarks.outliers`. Texts drawn at random from four other collections are added to 2,000 documents: "
        "they form no subject. Each cell: share of all documents called outliers, precision / recall of planted texts, and how "
        "much the ARI with the classes of the kept documents is above that of all; means of two seeds. *Nearer to the mean of "
        "all*: cosine to the mean of all documents above that to the mean of their topic. *Equal share*: the share of "
        '`"auto"` of each topic. The rule and its half were chosen on these four and two more collections.',
        result,
        ["collection", "planted", *RULES.values()],
        lines,
    )
