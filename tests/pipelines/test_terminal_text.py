"""Text of strangers in the terminal."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.terminal_text import escape_json, show_safe

# What writing needs and what may therefore be left, where it stands behind something.
NEEDED = frozenset(
    "\u00ad\u200c\u200d"
    + "".join(
        map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0xE0030, 0xE0080)])
    )
)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
TRICKY = st.text(
    st.one_of(
        st.sampled_from(
            list("\x1b\x9b\x07\r\n\t\x00[]; aÅ<>U+\u2028\ufeff❤🔥👩🏴می") + list(NEEDED)
        ),
        st.sampled_from(BIDI),
        st.characters(),
    )
)


def is_obeyed(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


@given(TRICKY, st.booleans())
def test_nothing_is_left_that_a_terminal_obeys(text: str, keep_newlines: bool) -> None:
    shown = show_safe(text, keep_newlines=keep_newlines)
    allowed = NEEDED | ({"\n"} if keep_newlines else set())
    assert not [c for c in shown if is_obeyed(c) and c not in allowed]
    shown.encode("utf-8")
    assert show_safe(shown, keep_newlines=keep_newlines) == shown


@given(TRICKY)
def test_what_is_left_of_the_invisible_stands_behind_something(text: str) -> None:
    shown = show_safe(text)
    for before, character in zip(" " + shown, shown, strict=False):
        if character in NEEDED and not 0xE0030 <= ord(character) < 0xE0080:
            assert not before.isspace()
            assert before not in NEEDED or 0xFE00 <= ord(before) <= 0xFE0F or ord(before) > 0xE00FF


@given(TRICKY)
def test_json_says_the_same_behind_escapes(text: str) -> None:
    value = {"text": text, "more": [text]}
    escaped = escape_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(escaped) == value
    assert not [c for c in escaped if is_obeyed(c) and c != "\n"]


def test_every_such_character_of_unicode_has_a_stand_in() -> None:
    left = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if is_obeyed(chr(code)) and show_safe(chr(code)) != f"<U+{code:04X}>"
    ]
    assert left == []


@pytest.mark.parametrize(
    "text",
    [
        "Blåbærsyltetøy på Ås – «så», sa hun … 1 000 kr",
        "Språkrådet på nordsamisk: Giellaráđđi, Čáhput",
        "komiteen\u00admedlem",
        "❤️ 1️⃣ ❤️\u200d🔥 👨\u200d👩\u200d👧 👩🏽\u200d🚒 🏴\u200d☠️ 🇳🇴",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "می\u200cخواهم क्\u200dष",
        "",
    ],
)
def test_what_writing_needs_stays(text: str) -> None:
    assert show_safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;eid\x07\x1b[2J", "<U+001B>]0;eid<U+0007><U+001B>[2J"),
        ("\x9b31m", "<U+009B>31m"),
        ("fdp\u202egnp.exe", "fdp<U+202E>gnp.exe"),
        ("a\u200bb\ufeff", "a<U+200B>b<U+FEFF>"),
        ("a\u200db", "a<U+200D>b"),  # joins nothing in Latin letters
        ("\u00ad-\u00ad", "<U+00AD>-<U+00AD>"),
        ("\ufe0f❤\ufe0f\ufe0f", "<U+FE0F>❤\ufe0f<U+FE0F>"),
        ("\U000e0041", "<U+E0041>"),
        ("\ud83d", "<U+D83D>"),
        ("en\nto\r\ntre\rfire\t", "en<U+000A>to<U+000D><U+000A>tre<U+000D>fire<U+0009>"),
    ],
)
def test_what_is_obeyed_is_told(text: str, shown: str) -> None:
    assert show_safe(text) == shown


def test_line_feeds_stay_where_asked_for() -> None:
    assert show_safe("en\nto\r\ntre\rfire", keep_newlines=True) == "en\nto\ntre<U+000D>fire"
