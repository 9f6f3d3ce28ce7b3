"""Groups of similar topics, which are named together, and the language of their names."""

from collections.abc import Sequence

import numpy as np

from topickit._core.vectors import FloatArray

LARGEST_GROUP = 8
"""Topics that one request names: small models lose count of longer lists."""
_LANGUAGES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


def language_name(languages: Sequence[str]) -> str:
    """Return the English name of the only language of a corpus.

    Parameters
    ----------
    languages : sequence of str
        ISO 639-1 codes.

    Returns
    -------
    str
        Empty where there are several languages, or an unknown one.

    Examples
    --------
    >>> language_name(["de"]), language_name(["de", "en"])
    ('German', '')
    """
    return _LANGUAGES.get(languages[0], "") if len(languages) == 1 else ""


def groups_of_siblings(means: FloatArray, largest: int = LARGEST_GROUP) -> list[list[int]]:
    """Divide topics into groups of similar ones, by average linkage of the cosines of their means.

    Parameters
    ----------
    means : float32 ndarray of shape (k, d)
        Mean vector of each topic.
    largest : int, default LARGEST_GROUP
        Most topics of a group.

    Returns
    -------
    list of list of int
        Rows of `means`: each once, ascending within a group.

    Examples
    --------
    >>> groups_of_siblings(np.array([[1, 0], [0, 1], [0.9, 0.1], [0.1, 0.9]], dtype=np.float32), 2)
    [[0, 2], [1, 3]]
    """
    if len(means) <= largest:
        return [list(range(len(means)))] if len(means) else []
    from scipy.cluster.hierarchy import linkage, to_tree

    rows = np.asarray(means, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    # Euclidean on unit rows orders pairs as the cosine does, and is defined for a zero row.
    tree = to_tree(linkage(rows / np.where(norms > 0, norms, 1.0), "average"))
    found: list[list[int]] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node.count > largest:
            waiting += [node.right, node.left]
        elif found and len(found[-1]) + node.count <= largest:
            found[-1] += node.pre_order()
        else:
            found.append(node.pre_order())
    return sorted(sorted(int(row) for row in group) for group in found)
