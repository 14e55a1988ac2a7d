"""Characters: what a line of text may hold, and what counts when two are compared."""

from __future__ import annotations

import re
import sys
import unicodedata

# The marks that Norwegian text puts around and before what somebody says.
DASHES = "-–—"
OPENING_MARKS = '«“„"”'
CLOSING_MARKS = '»”“"'
# Invisible characters that tell a browser where to break a line or which way to write. The
# zero-width (non-)joiners stay: Persian, Indic scripts and emoji are misspelt without them.
_JOINERS = frozenset("\u200c\u200d")
_DROPPED = dict.fromkeys(
    code
    for code in range(sys.maxunicode + 1)
    # Cc control, Cf format, Cs lone surrogates, which no file can hold
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs")
    and not chr(code).isspace()
    and chr(code) not in _JOINERS
)

_NO_LETTER = re.compile(r"[\W_]+")


def normalize_line(text: str) -> str:
    """Return ``text`` as one line: NFC, runs of white space one space, none at the edges.

    Control characters, soft hyphens, zero-width spaces and other invisible characters are
    dropped. The words stay as they are. Doing it twice changes nothing.
    """
    text = " ".join(text.split())
    if not text.isprintable():
        text = " ".join(text.translate(_DROPPED).split())
    return unicodedata.normalize("NFC", text)


def squeeze(text: str) -> str:
    """Return the letters and digits of ``text`` in small letters, for telling lines alike."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NO_LETTER.sub("", folded)
