"""The main finding of a report in one sentence."""

from topickit._core.display import clip, one_line, plural
from topickit.report import formatting
from topickit.report.summary import Summary
from topickit.report.trends import last_period, share_changes

MAX_NAME = 60
"""Characters of a name in the sentence."""


def finding(summary: Summary) -> str:
    """Say in one sentence what the largest topics cover, and which share changed most over time.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    str
        Empty if there are no topics.

    Examples
    --------
    >>> from topickit.fitted.topics import Topic
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(), name="cats")
    >>> finding(Summary((topic,), n_documents=4, n_outliers=1, notes={}))
    'The only topic, “cats”, covers 75.0% of the 4 documents.'
    """
    topics = summary.topics
    if not topics:
        return ""
    documents = f"the {plural(summary.n_documents, 'document')}"
    name, share = _quoted(topics[0].name), formatting.percent(topics[0].share)
    if len(topics) == 1:
        return f"The only topic, {name}, covers {share} of {documents}."
    sentence = f"The largest of {formatting.count(len(topics))} topics, {name}, covers {share} of {documents}"
    if len(topics) > 5:
        three = formatting.percent(sum(topic.share for topic in topics[:3]))
        sentence += f", the three largest {three}"
    return f"{sentence}{_change(summary)}."


def _change(summary: Summary) -> str:
    """Continue the sentence with the clearest change over time, if there is one."""
    changes = share_changes(summary)
    if not changes or summary.over_time is None:
        return ""
    change = changes[0]
    if change.last_arrow and abs(change.last - change.before) >= abs(change.second_half - change.first_half):
        ends, when = (change.before, change.last), f"in the last {summary.over_time.unit}"
        when += f" ({last_period(summary.over_time)})"
    elif change.arrow:
        ends, when = (
            (change.first_half, change.second_half),
            "from the first half of the period to the second",
        )
    else:
        return ""
    verb = "rose" if ends[1] > ends[0] else "fell"
    shares = " to ".join(map(formatting.percent, ends))
    return f"; {_quoted(change.topic.name)} {verb} from {shares} {when}"


def _quoted(name: str) -> str:
    return f"“{clip(one_line(name), MAX_NAME)}”"
