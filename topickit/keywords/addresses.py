"""Addresses and codes within texts: what is read as one, so that none of its parts is a word.

- links: whatever has a scheme (``https://…``, ``mailto:…``), begins with ``www.``, or is a domain followed by
  a path (``bit.ly/2xYz``, ``pic.twitter.com/Ab3``); domains of three or more labels (``docs.python.org``),
  and those of link shorteners. Other domains are words, since companies have such names (``Booking.com``);
- links that were cut off: ``https://t.c…``, ``http:/``, ``https…``;
- e-mail addresses;
- identifiers of publications: DOIs and arXiv identifiers;
- UUIDs, hashes and other hexadecimal numbers, IPv6 and hardware addresses;
- fifty or more printable characters without a space, such as encoded files and rules of dashes.
"""

import re

import regex  # type: ignore[import-untyped]

_GENERIC = (
    "com|org|net|edu|gov|mil|int|info|biz|name|pro|mobi|app|dev|xyz|online|site|shop|store|blog|news|live|link|page"
    "|club|tech|media|cloud|travel|museum|jobs|agency|digital|social|video|wiki|world|today|email|science"
)
_COUNTRIES = (
    "a[cdefgilmoqrstuwxz]|b[abdefghijmnorstvwyz]|c[acdfghiklmnoruvwxyz]|d[ejkmoz]|e[cegrstu]|f[ijkmor]"
    "|g[abdefghilmnpqrstuwy]|h[kmnrtu]|i[delmnoqrst]|j[emop]|k[eghimnprwyz]|l[abcikrstuvy]|m[acdeghklmnopqrstuvwxyz]"
    "|n[acefgilopruz]|om|p[aefghklmnrstwy]|qa|r[eosuw]|s[abcdeghiklmnorstuvxyz]|t[cdfghjklmnortvwz]|u[agksyz]"
    "|v[aceginu]|w[fs]|y[et]|z[amw]"
)
_TOP = rf"(?:{_GENERIC}|{_COUNTRIES}|рф|укр|бел|срб)"
_SHORT = (
    r"(?:bit\.ly|t\.co|goo\.gl|ow\.ly|youtu\.be|tinyurl\.com|is\.gd|buff\.ly|dlvr\.it|fb\.me|wp\.me|lnkd\.in|amzn\.to"
    r"|ift\.tt|redd\.it|t\.me|trib\.al|shar\.es|j\.mp|su\.pr|tr\.im|cutt\.ly|rb\.gy|deck\.ly|nyti\.ms|bbc\.in)"
)


def _pattern(unspaced: str) -> str:
    """Write the pattern, given the characters that end an address and part words without a space."""
    rest = rf'[^\s<>"{unspaced}]' if unspaced else r'[^\s<>"]'
    label = (
        rf"(?:[\w--[_{unspaced}]][\w--[_{unspaced}]-]{{0,62}}\.)"
        if unspaced
        else r"(?:[a-z0-9][a-z0-9-]{0,62}\.)"
    )
    word = rf"[\w--[{unspaced}]]" if unspaced else r"\w"
    begin, end = rf"(?<!{word})(?<![@./-])", rf"(?!{word})"
    return rf"""(?x)
        (?:https?|ftps?|sftp|file|git|ssh|s3|ipfs|magnet|mailto|tel)(?:://?|:(?=[^\s]*[@?.\d])){rest}*
      | {begin}https?(?::/{{0,2}})?(?:…|\.{{2,}}){rest}* | {begin}https?:{end}
      | {begin}www\.{rest}+
      | {begin}{label}{{1,8}}{_TOP}(?::\d{{2,5}})?(?:/{rest}*|\?{rest}+)
      | {begin}{label}{{2,8}}{_TOP}{end}(?![@-]|\.{word})
      | {begin}{_SHORT}{end}(?![@-]|\.{word})
      | {begin}(?:doi:\s?)?10\.\d{{4,9}}/{rest}+
      | {begin}arxiv:\s?{rest}+
      | {begin}[a-z-]{{4,10}}(?:\.[a-z]{{2}})?/\d{{7}}(?:v\d+)?{end}
      | {begin}\d{{4}}\.\d{{4,5}}v\d+{end}
      | {begin}(?:urn:)?(?:uuid:)?[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}{end}
      | {begin}0x[0-9a-f]{{2,}}{end}
      | {begin}(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{{7,}}{end}(?!-)
      | {begin}(?<!:)(?:[0-9a-f]{{1,4}}:){{3,7}}:?[0-9a-f]{{0,4}}{end}(?!:)
      | {begin}(?<!:)(?:[0-9a-f]{{1,4}}:){{1,6}}(?::[0-9a-f]{{1,4}}){{1,6}}{end}(?!:)
    """


_MAIL = r"(?<![{0}.+-])[{0}.+-]{{1,64}}@[{0}.-]+"
# Fifty printable characters without a space.
_NOISE = re.compile(r"[!-~]{50,}")


class Addresses:
    """Finds the addresses of texts.

    Parameters
    ----------
    no_spaces : str
        The characters of scripts without spaces, as they are written within brackets of a pattern. They end
        an address.

    Examples
    --------
    >>> Addresses("一").removed("see bit.ly/2xYz or me@example.com, Booking.com")
    'see  .  or  . , Booking.com'
    """

    def __init__(self, no_spaces: str) -> None:
        ends = rf"“”‘’«»\u3000-\u303f\uff00-\uff65{no_spaces}"
        self._ascii = re.compile(_pattern(""), re.IGNORECASE | re.ASCII)
        self._unicode = regex.compile(_pattern(ends), regex.IGNORECASE | regex.V1)
        self._ascii_mail = re.compile(_MAIL.format(r"\w"), re.ASCII)
        self._unicode_mail = regex.compile(_MAIL.format(rf"[\w--[{no_spaces}]]"), regex.V1)

    def removed(self, text: str) -> str:
        """Replace each address by a full stop.

        Parameters
        ----------
        text : str

        Returns
        -------
        str
        """
        is_ascii = text.isascii()
        if len(text) > 6 or "." in text or ":" in text or "…" in text:
            text = (self._ascii if is_ascii else self._unicode).sub(" . ", text)
        if "@" in text:
            text = (self._ascii_mail if is_ascii else self._unicode_mail).sub(" . ", text)
        return _NOISE.sub(" . ", text) if len(text) >= 50 else text
