"""Boilerplate at the beginning and end of texts: it says where a text comes from, not what it is about.

- the news agency of a dateline (``LONDON (Reuters) - …``, ``AP - …``) or a signature (``… (APA, red)``);
- notices of translation in bibliographies (``… (author's transl)``);
- copyright notices, as publishers append them to abstracts.

Each text is read on its own, so counts add up and do not depend on other texts. The place of a dateline
stays, and an agency that a sentence speaks of.
"""

import re

_AGENCIES = (
    r"Reuters|AP|AFP|UPI|dpa|DPA|APA|ANSA|EFE|TASS|ITAR-TASS|Interfax|RIA Novosti|PTI|IANS|ANI|Xinhua|Kyodo"
    r"|Yonhap|SPA|WAM|MENA|Anadolu|Belga|ANP|TT|NTB|Ritzau|STT|PAP|ČTK|MTI|Tanjug|Hina|sda|SDA|ats|KNA|epd|sid|SID|PA|CP|Bloomberg"
    r"|Dow Jones(?: Newswires)?|Agence France[- ]Presse|(?:The )?Associated Press|(?:The )?Canadian Press"
    r"|Press Association|United Press International|Deutsche Presse-Agentur|PR Newswire"
    r"|Business Wire|AP Online"
)
_DASH = r"(?:--?|[–—])"
_PLACE = r"[^\W\d_a-z][\w.'’/, -]{0,60}?"
# "Name - " alone needs a name that no text begins with otherwise: PA or TT may be a subject.
_ALONE = r"Reuters|AP|AFP|UPI|dpa|APA|Xinhua|Associated Press|Canadian Press|Agence France[- ]Presse"
_DATELINE = re.compile(
    rf"^\s*(?:(?P<place>{_PLACE})\s*\((?:{_AGENCIES})(?:[/,;][^()]{{0,40}})?\)\s*{_DASH}|(?:{_ALONE})\s+{_DASH}\s)"
)
_SIGNATURE = re.compile(rf"\((?:[^()]{{0,30}}[/,;]\s*)?(?:{_AGENCIES})(?:\s*[/,;–-][^()]{{0,40}})?\)[\s.]*$")
_TRANSLATED = re.compile(
    r"[\[(]\s*(?:authors?['’]?s?['’]?\s+)?(?:transl(?:ation|\.)?|proceedings)\s*[\])][\s.\]]*$", re.IGNORECASE
)
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright),?\s*(?:©|\(c\))?\s*(?:19|20)\d\d[^.!?]{0,80}(?:\.[^.!?]{0,40}){0,3}[\s.]*$",
    re.IGNORECASE,
)
_RESERVED = re.compile(r"\ball rights reserved[\s.]*$", re.IGNORECASE)
_EDGE = 200
"""Characters at the end that are looked through."""


def without_boilerplate(text: str) -> str:
    """Remove agencies, notices of translation and copyright notices from the edges of a text.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> without_boilerplate("LONDON (Reuters) - Oil prices fell, Reuters reports.")
    'LONDON . Oil prices fell, Reuters reports.'
    >>> without_boilerplate("Rates rose. (APA/dpa, 1.11.2015)")
    'Rates rose. '
    """
    head = text[:_EDGE]
    if (" -" in head or "–" in head or "—" in head) and (found := _DATELINE.match(head)):
        text = f"{found['place'] or ''} . {text[found.end() :].lstrip()}"
    start = max(0, len(text) - _EDGE)
    tail = text[start:]
    if (
        ")" in tail
        or "]" in tail
        or "opyright" in tail
        or "©" in tail
        or "eserved" in tail
        or "OPYRIGHT" in tail
    ):
        shorter = tail
        for pattern in (_RESERVED, _COPYRIGHT, _TRANSLATED, _SIGNATURE):
            shorter = pattern.sub("", shorter)
        text = text[:start] + shorter if shorter != tail else text
    return text
