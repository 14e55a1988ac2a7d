"""Spans that lie over each other are all marked."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from newsbeam.pipelines.preview.spans import cut_text
from newsbeam.pipelines.preview.terminal import print_view
from newsbeam.pipelines.preview.view import Mark, ShownLine, View

SPANS = st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40)), max_size=12)


@given(st.text(max_size=30), SPANS)
def test_pieces_are_the_text_and_know_what_covers_them(
    text: str, spans: list[tuple[int, int]]
) -> None:
    pieces = cut_text(text, spans)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
    at, opened = 0, list[int]()
    for piece in pieces:
        opened += piece.begins
        assert list(piece.spans) == opened
        for offset in range(at, at + len(piece.text)):
            covering = {n for n, (start, end) in enumerate(spans) if start <= offset < end}
            assert covering == set(piece.spans)
        for number in piece.ends:
            opened.remove(number)
        at += len(piece.text)
    assert not opened


@given(st.text(min_size=12, max_size=12), SPANS)
def test_what_lies_within_another_is_closed_first(text: str, spans: list[tuple[int, int]]) -> None:
    nested = [(s, e) for s, e in spans if 0 <= s < e <= 12]
    nested = [
        a for a in nested
        if all(a[1] <= b[0] or b[1] <= a[0] or (a[0] <= b[0] and b[1] <= a[1])
               or (b[0] <= a[0] and a[1] <= b[1]) for b in nested)
    ]  # fmt: skip
    stack: list[int] = []
    for piece in cut_text(text, nested):
        stack += piece.begins
        for number in piece.ends:
            assert stack.pop() == number


def test_marks_that_cross_are_all_shown() -> None:
    marks = (Mark(0, 6, label="PER"), Mark(3, 9, quote=1), Mark(3, 5, label="ORG"))
    line = ShownLine("abcdefghi", None, "paragraph", marks)
    output = io.StringIO()
    print_view(View("T", (), (line,), (), None, ()), Console(file=output))
    assert "  [abc{[de]ORGf]PERghi}1\n" in output.getvalue()
