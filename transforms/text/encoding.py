"""From bytes to text: which encoding a text or a page really has.

Declared encodings are read the way browsers do (WHATWG Encoding Standard), with one
difference: a body whose non-ASCII bytes form UTF-8 sequences is UTF-8 whatever was declared,
because no other encoding produces such bytes by accident.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

# Longest first: the mark of UTF-32-LE begins with that of UTF-16-LE.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Codecs that a label may choose, by Python's name. Where the standard reads a label as a
# superset (every browser reads iso-8859-1 as windows-1252), the superset is used.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "utf-16": "utf-16-le",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_CODECS = frozenset({
    "utf-8", "utf-16-le", "utf-16-be", "gb18030", "cp932", "cp949", "big5hkscs", "euc_jp",
    "iso2022_jp", "koi8-r", "koi8-u", "cp866", "cp874", "mac-roman", "mac-cyrillic", "cp1250",
    "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859-2",
    "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-10",
    "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16",
})  # fmt: skip

# What text without any declaration is tried as when it does not look like windows-1252.
_DETECTABLE = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2",
    "iso8859_15", "koi8_r", "cp865", "mac_roman", "cp932", "euc_jp", "gb18030", "big5", "cp949",
]  # fmt: skip
_SAMPLE_BYTES = 65_536

# The letters of the Nordic languages and their neighbours, with the signs that newspapers set.
# Left out are letters whose bytes mean more in other code pages (windows-1250, -1254, DOS, Mac).
_WESTERN_LETTERS = frozenset("åæøäöéèêëóòôáàâçíîúüýñßÅÆØÄÖÉÈÊËÓÒÔÁÀÂÇÍÎÚÜÝÑ")
_WESTERN_SIGNS = frozenset("\xa0\xad«»“”„‘’–—…•·§°½¼€£©®´")

# Letters whose bytes mean more in other code pages, by what only the languages that have them are
# written with: Portuguese, French, Italian, Icelandic, Estonian. Ours.
_TELLING = tuple(
    (re.compile(pattern), frozenset(letters))
    for pattern, letters in (
        (r"[ãÃ][oO]|[õÕ][eE]|ç[ãõ]", "ãõÃÕ"),
        (r"\b[oO]ù\b|[oa]û|\b[sS]ûre?s?\b|[cs]œu|\b[œŒ]u|aï[a-z]|ïqu", "ùûïœÙÛÏŒ"),
        (r"\b(?:[pP]iù|[gG]iù|[cC]osì|(?:lun|mart|mercol|giov|ven)\w*dì)\b", "ùìÙÌ"),
        (r"\b(?:[Þþ]að|[Vv]ið|[Þþ]ví|[Þþ]ess)\b", "ðþÐÞ"),
        (r"\b(?:[vV]õi|[kK]õik|[mM]õned)(?:b|vad|de|ge)?\b", "õÕ"),
    )
)

_META_BYTES = 4096
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_DECLARATION = re.compile(
    rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})"""
    rb"""|^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9_.:-]{1,40})""",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[a-z0-9_.:-]{1,40}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def find_codec(label: str) -> str | None:
    """Return the name of the Python codec for an encoding label; ``None`` for an unknown label."""
    label = label.strip().strip("\"'").lower()
    if not _LABEL.fullmatch(label):
        return None
    for name in (label, label.removeprefix("x-"), label.removesuffix("-i")):
        try:
            found = codecs.lookup(name).name
        except LookupError:
            continue
        found = _SUPERSETS.get(found, found)
        return found if found in _CODECS else None
    return None


def find_declared_label(body: bytes) -> str | None:
    """Return the encoding label that a page's ``<meta>`` or XML declaration gives, if any.

    Looks at the first 4096 bytes, as sites put scripts before the declaration.
    """
    found = _DECLARATION.search(_COMMENT.sub(b"", body[:_META_BYTES]))
    return (found[1] or found[2]).decode("ascii") if found else None


def normalize_newlines(text: str) -> str:
    """Return ``text`` with every line end as ``\\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode_marked(body: bytes) -> str | None:
    """Decode a body that begins with a byte order mark; ``None`` where there is none."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    return None


def _decode_mostly(body: bytes, codec: str) -> str | None:
    """Decode a body in which few characters are damaged; ``None`` where another codec fits better.

    A page in the right encoding with a byte or two gone wrong keeps its text. One damaged
    character for every four intact non-ASCII ones is where the encoding itself is in doubt.
    """
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        text = body.decode(codec, "replace")
    damaged = text.count(_REPLACEMENT)
    intact = len(text) - damaged - sum(map(str.isascii, text))
    return text if damaged * 4 <= intact else None


def _looks_western(text: str) -> bool:
    """Whether text read as windows-1252 looks like a language that is written in it.

    Its characters are among the known ones, and at most half of its letters are accented (in
    Greek or Cyrillic read this way nearly all are); four more are granted to very short texts.
    """
    foreign = [char for char in text if not char.isascii()]
    known = _WESTERN_LETTERS.union(*(more for telling, more in _TELLING if telling.search(text)))
    accented = sum(char in known for char in foreign)
    signs = sum(char in _WESTERN_SIGNS for char in foreign)
    letters = sum(map(str.isalpha, text))
    return accented + signs == len(foreign) and accented * 2 <= letters + 4


def _detect(body: bytes) -> str | None:
    """Return the codec of undeclared text that is not UTF-8; ``None`` where nothing fits.

    windows-1252 (a superset of ISO-8859-1) is tried first with the letters of the Nordic
    languages, since statistical detection takes short Norwegian text for Polish or Czech.
    """
    # ASCII lines say nothing about the encoding.
    first = _NOT_ASCII.search(body)
    start = max(0, first.start() - 100) if first else 0
    lines = [line for line in body[start:].splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[:_SAMPLE_BYTES]
    if _looks_western(sample.decode("cp1252", "replace")):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_DETECTABLE).best()
    return best.encoding if best else None


def decode_text(body: bytes, charset: str | None = None) -> str | None:
    """Decode plain text; ``None`` where the bytes are no text in any plausible encoding.

    In this order: byte order mark, UTF-8, ``charset`` (what the transport declared), detection.
    Bytes with NUL and no byte order mark count as binary, and so does a text with more than
    one control character in a hundred. The mark itself is not part of the text.
    """
    text = _decode_marked(body)
    if text is None and b"\0" not in body:
        codec = find_codec(charset) if charset else None
        text = _decode_unmarked(body, [codec] if codec else [])
    if text is None or len(_CONTROL.findall(text)) * 100 > len(text):
        return None
    return None if text.count(_REPLACEMENT) * 20 > len(text) else text


def decode_html(body: bytes, charset: str | None = None) -> str:
    """Decode a page. Never fails: bytes that mean nothing become U+FFFD, and so does NUL.

    In this order: byte order mark, UTF-8, ``charset`` (what the transport declared),
    the page's own declaration, detection, windows-1252. A declared encoding that the body
    does not fit is passed over.
    """
    text = _decode_marked(body)
    if text is None:
        labels = (charset, find_declared_label(body))
        declared = [codec for label in labels if label and (codec := find_codec(label))]
        text = _decode_unmarked(body, declared)
    if text is None:
        text = body.decode("cp1252", "replace")
    return text.replace("\0", _REPLACEMENT)


def _decode_unmarked(body: bytes, declared: list[str]) -> str | None:
    """Decode as UTF-8 where that fits, then by the declared codecs, then by detection."""
    # Pure ASCII bytes may still be ISO-2022-JP or UTF-16: there a declaration comes first.
    for codec in [*declared, "utf-8"] if body.isascii() else ["utf-8", *declared]:
        if codec.startswith("utf-16") and b"\0" not in body:
            continue  # a wrong declaration: UTF-16 has a NUL in every ASCII character
        text = _decode_mostly(body, codec)
        if text is not None:
            return text
    detected = _detect(body)
    return body.decode(detected, "replace") if detected else None
