"""How the model was fitted, as labels and values for readers."""

from dataclasses import dataclass

from topickit._core.display import plural, printable
from topickit.report import formatting
from topickit.report.summary import Plain

_SETTINGS: dict[tuple[str, Plain], str] = {
    ("n_topics", None): "automatic",
    ("outliers", None): "set by the clusterer",
    ("outliers", "auto"): "below half the median similarity",
    ("fit_sample", None): "all documents",
    ("fit_sample", "auto"): "chosen for the clusterer",
    ("long_documents", "truncate"): "truncated at the model's maximum length",
    ("long_documents", "chunk"): "split into windows",
}
"""Values of settings that are not numbers."""
_LABELS = {
    "modularity": "modularity (above 0.3: separate groups)",
    "stability": "stability (1: the same topics in every sample)",
    "agreement": "agreement (1: the same topics in every sample)",
}
"""Labels that say how to read a value."""
_HEADINGS = {"across": "Topics across classes: taken out"}
_WEIGHTINGS = {"ctfidf": "c-TF-IDF", "bm25": "BM25"}
_INTERNAL = frozenset({"digest", "similarity_p5", "embedder_info", "sources", "updates"})
"""For `compare` and `predict`, not for readers."""


@dataclass(frozen=True)
class FactGroup:
    """Labels and values under one heading, which is empty for facts that belong to no group."""

    heading: str
    facts: tuple[tuple[str, str], ...]


def fact_groups(notes: dict[str, Plain]) -> tuple[FactGroup, ...]:
    """Arrange the notes of a model for reading: single facts first, then one group per mapping.

    Parameters
    ----------
    notes : dict of str to plain data
        The mapping under "settings" holds the parameters of the model, which are put into words.

    Returns
    -------
    tuple of FactGroup

    Examples
    --------
    >>> fact_groups({"settings": {"n_topics": None, "outliers": 0.1}})[0].facts
    (('number of topics', 'automatic'), ('outliers', 'at most 10.0%'))
    >>> fact_groups({"versions": {"numpy": "2.4"}, "n_blank": 3})[0]
    FactGroup(heading='', facts=(('Blank', '3'),))
    """
    notes = {key: note for key, note in notes.items() if key not in _INTERNAL}
    mappings = {key: note for key, note in notes.items() if isinstance(note, dict) and note}
    single = tuple(
        (_capital(formatting.label(key)), formatting.value(note, key))
        for key, note in notes.items()
        if key not in mappings
    )
    groups = [FactGroup("", single)] if single else []
    for key, mapping in mappings.items():
        describe = _setting if key == "settings" else _fact
        facts = tuple(describe(name, part) for name, part in mapping.items())
        heading = _HEADINGS.get(key) or _capital(formatting.label(key))
        groups.append(FactGroup(heading, facts))
    return tuple(groups)


def _fact(name: str, part: Plain) -> tuple[str, str]:
    return _LABELS.get(name) or printable(formatting.label(name)), formatting.value(part, name)


def _setting(name: str, part: Plain) -> tuple[str, str]:
    """Describe a parameter of the model to a reader who does not know its name."""
    if name == "keywords" and isinstance(part, dict):
        return "keywords", _keyword_settings(part)
    words = _SETTINGS.get((name, part)) if part is None or isinstance(part, str) else None
    if name == "outliers" and isinstance(part, float | int):
        words = f"at most {formatting.percent(part)}"
    label = "number of topics" if name == "n_topics" else printable(formatting.label(name))
    return label, words or formatting.value(part, name)


def _keyword_settings(settings: dict[str, Plain]) -> str:
    """Describe how keywords were chosen; settings that another version did not save are skipped."""
    parts = []
    if isinstance(n := settings.get("n_keywords"), int):
        parts.append(f"{formatting.count(n)} per topic")
    if isinstance(weighting := settings.get("weighting"), str):
        damped = ", frequent words down-weighted" if settings.get("reduce_frequent") else ""
        parts.append(f"weighted by {_WEIGHTINGS.get(weighting, printable(weighting))}{damped}")
    if "rerank" in settings:
        parts.append("re-ranked by embedding" if settings["rerank"] else "not re-ranked")
    parts += _term_settings(settings)
    return ", ".join(parts) or formatting.MISSING


def _term_settings(settings: dict[str, Plain]) -> list[str]:
    """Describe which words and phrases can be keywords."""
    vocabulary = settings.get("vocabulary")
    if isinstance(vocabulary, list):
        terms = [f"only the {plural(len(vocabulary), 'term')} of the given vocabulary"]
    elif "phrases" in settings:
        n_grams = settings.get("n_gram_range")
        fewest, most = n_grams if isinstance(n_grams, list) else (1, 1)
        if (fewest, most) == (1, 1):
            terms = [
                "words and phrases of two or three words" if settings["phrases"] else "single words only"
            ]
        else:
            terms = [f"terms of {fewest} words" if fewest == most else f"terms of {fewest} to {most} words"]
    else:
        terms = []
    least = settings.get("min_document_frequency", "auto")
    if isinstance(least, int):
        terms.append(f"in at least {plural(least, 'document')}")
    elif isinstance(least, float):
        terms.append(f"in at least {formatting.percent(least)} of the documents")
    if isinstance(tokenizer := settings.get("tokenizer"), str):
        terms.append(f"words from the {printable(tokenizer)}")
    if "stop_words" in settings and not isinstance(vocabulary, list):
        terms.append(_stop_words(settings["stop_words"]))
    if isinstance(extra := settings.get("extra_stop_words"), list) and extra:
        terms.append(f"{plural(len(extra), 'additional stop word')} removed")
    return terms


def _stop_words(setting: Plain) -> str:
    if isinstance(setting, list):
        return f"{plural(len(setting), 'custom stop word')} removed"
    return "stop words kept" if setting is None else "stop words of the detected languages removed"


def _capital(text: str) -> str:
    return printable(text[:1].upper() + text[1:])
