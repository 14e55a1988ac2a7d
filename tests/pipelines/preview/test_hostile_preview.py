"""Text of strangers is shown as text, on a page and in a terminal."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.previewed import LONG_TEXT, check_page

Newsbeam = Callable[[list[str]], tuple[int, str, str]]

SCRIPT = "<script>alert(1)</script>"
HOSTILE = {
    "title": f"{SCRIPT}\u202eevil\x1b[2J\x9b31m\x07",
    "text": f"{LONG_TEXT}\n</div><img src=x onerror=alert(1)> {SCRIPT} \x1b]0;eid\x07 \u2066x"
    f"\u202e – Nei, sier Kari {SCRIPT} Dahl.\n{LONG_TEXT}",
    "authors": [f"{SCRIPT}\u202e", "<a href='javascript:alert(1)'>Per</a>\x1b[31m"],
    "url": 'https://example.org/"><script>alert(1)</script>\u202e?a=javascript:alert(1)',
    "section": "\x1b[41m</title></style><script>alert(1)</script>",
    "tags": ["\u2067x", '" onmouseover="alert(1)'],
    "image_url": "javascript:alert(1)",
    "published_at": "2026-03-01T09:30:00+01:00",
}
HOSTILE_PAGE = f"""<html><head><title>{SCRIPT.replace("<", "&lt;")}&#x202e;</title>
<meta name="author" content="&lt;script>alert(1)&lt;/script>&#x202e;&#x1b;[31m">
<link rel="canonical" href="javascript:alert(1)"></head><body><article>
<h1>&lt;script>alert(1)&lt;/script>&#x202e;</h1><p>{LONG_TEXT}</p>
<p>&lt;script>alert(1)&lt;/script> &#x202e; {LONG_TEXT}</p>
<p>{LONG_TEXT.replace("Brua", "Tunnelen")}</p></article></body></html>"""


def is_harmless(text: str) -> bool:
    kinds = {unicodedata.category(character) for character in text if character != "\n"}
    return not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.html"])
def test_text_of_strangers_is_shown_as_text(newsbeam: Newsbeam, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(HOSTILE_PAGE if name == "a.html" else json.dumps(HOSTILE), encoding="utf-8")
    code, out, err = newsbeam(["preview", str(path)])
    assert (code, err) == (0, "")
    assert is_harmless(out)
    assert SCRIPT in out
    # Extraction drops such characters from a page; fields of JSON come as they are.
    assert ("<U+202E>" in out) == (name == "a.jsonl")

    code, out, _ = newsbeam(["preview", str(path), "--json"])
    assert code == 0
    assert is_harmless(out)
    article = json.loads(out)["article"]
    assert SCRIPT in article["text"]
    if name == "a.jsonl":
        assert article["title"] == HOSTILE["title"], "escaped, not changed"

    code, out, _ = newsbeam(["preview", str(path), "--html"])
    assert code == 0
    assert is_harmless(out)
    shown = check_page(out)
    assert SCRIPT in shown["title"]
    assert SCRIPT in shown["article"]["t"]


def test_colours_are_all_that_a_terminal_is_told(
    newsbeam: Newsbeam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(HOSTILE), encoding="utf-8")
    _, out, _ = newsbeam(["preview", str(path)])
    assert "\x1b[1;36m" in out
    assert is_harmless(re.sub(r"\x1b\[[0-9;]*m", "", out))


def test_a_hostile_file_name_is_shown_as_text(newsbeam: Newsbeam, tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31m\u202e.txt"
    for text in ("", LONG_TEXT):
        path.write_text(text, encoding="utf-8")
        _, out, err = newsbeam(["preview", str(path)])
        assert is_harmless(out + err)
        assert "<U+202E>" in out
    _, out, err = newsbeam(["preview", str(path) + "\x1b"])
    assert is_harmless(out + err)
