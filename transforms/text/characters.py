"""Characters: what a line of text may hold, and what counts when two are compared."""

from __future__ import annotations

import sys
import unicodedata

# The marks that Norwegian text puts around and before what somebody says.
DASHES = "-–—―‒"
OPENING_MARKS = "«“„\"”‘‚'"
CLOSING_MARKS = "»”“\"’‘'"
# "Lars' båt": behind them an apostrophe may be a genitive's, though it looks like a closing mark.
SIBILANTS = "sxzSXZ"
# Small letters of the Latin alphabets, for character classes of patterns.
LOWER_LETTERS = "".join(filter(str.islower, map(chr, range(0x250))))
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

# What is ASCII alone is squeezed by a table of its small letters, without what is no letter.
_ASCII_LETTERS = bytes(range(128)).lower() + bytes(range(128, 256))
_ASCII_OTHERS = bytes(code for code in range(128) if not chr(code).isalnum())


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
    if text.isascii():
        return text.encode().translate(_ASCII_LETTERS, _ASCII_OTHERS).decode()
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
