"""Counts in words, and that every message of the house says them by the one function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.text.counts import show_count
from tests.support.workplace import ROOT

# What a message says of something behind its name, and what follows a figure without being
# counted by it: these are no nouns in the plural.
_NO_NOUNS = frozenset(
    "answers as asks builds comes differs does gives has holds is its lies needs polls redirects "
    "shows stands this us wants was".split()
)
_NOUN = re.compile(r" (?:(?!of|for|in|by|with|from|between)[a-z]+ )?([a-z]+s|people)\b")
_LIMIT = re.compile(r"(\w+\.)*_?[A-Z][A-Z_]+")  # a constant, and never 1
_RATE = re.compile(r"\.\d[fg]")
_MANY_VERB = re.compile(r" (are|were|have|do|say)\b")


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (0, "file", "0 files"),
        (1, "old file", "1 old file"),
        (1, "entry", "1 entry"),
        (2, "entry", "2 entries"),
        (2, "day", "2 days"),
        (12_345, "new article", "12,345 new articles"),
    ],
)
def test_a_count_in_words(number: int, noun: str, words: str) -> None:
    assert show_count(number, noun) == words


@given(st.integers(0, 10**12), st.sampled_from(["article", "entry", "old file"]))
def test_one_alone_is_singular(number: int, noun: str) -> None:
    figure, words = show_count(number, noun).split(" ", 1)
    assert int(figure.replace(",", "")) == number
    assert (words == noun) == (number == 1)


def find_hand_made(code: str) -> Iterator[str]:
    """Messages in ``code`` that make a plural themselves, or put a verb of many behind a count."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.BinOp) and "'s'" in (
            ast.unparse(node.left),
            ast.unparse(node.right),
        ):
            yield ast.unparse(node)
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, text in zip(node.values, node.values[1:], strict=False):
            if not (isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant)):
                continue
            what = ast.unparse(value.value)
            rate = value.format_spec is not None and _RATE.search(ast.unparse(value.format_spec))
            noun = _NOUN.match(str(text.value))
            if noun and noun[1] not in _NO_NOUNS and not rate and not _LIMIT.fullmatch(what):
                yield f"{{{what}}}{noun[0]}"
            if what.startswith("show_count(") and _MANY_VERB.match(str(text.value)):
                yield f"{{{what}}}{text.value}"


@pytest.mark.parametrize(
    ("message", "is_found"),
    [
        ('f"{n} files"', True),
        ('f"{n:,} merged files of the table"', True),
        ('f"{n} of {len(m)} articles"', True),
        ("f\"{n} item{'s' * (n != 1)}\"", True),
        ("f\"{show_count(n, 'file')} were left\"", True),
        ("f\"{show_count(n, 'file')} left\"", False),
        ('f"{name} needs a value"', False),
        ('f"at most {_MOST_FILES} files"', False),
        ('f"{n / seconds:.1f} articles/s"', False),
    ],
)
def test_a_plural_made_by_hand_is_found(message: str, is_found: bool) -> None:
    assert bool(list(find_hand_made(message))) == is_found


def test_no_message_makes_a_plural_by_hand() -> None:
    paths = [
        path for folder in ("pipelines", "transforms") for path in (ROOT / folder).rglob("*.py")
    ]
    assert len(paths) > 100
    found = {
        (str(path.relative_to(ROOT)), one) for path in paths for one in find_hand_made(_read(path))
    }
    assert found == set()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
