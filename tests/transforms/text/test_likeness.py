"""Whether two texts tell one story, judged by what is kept of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.text.likeness import (
    Telling,
    find_share,
    has_common_title,
    may_tell_one_story,
    sketch_text,
)


def words(start: int, number: int) -> str:
    """So many words that no text with others has."""
    return " ".join(f"ord{n}" for n in range(start, start + number))


@given(st.integers(40, 900), st.integers(0, 900))
def test_a_text_is_whole_in_what_was_added_to_it(number: int, more: int) -> None:
    share = find_share(sketch_text(words(0, number)), sketch_text(words(0, number + more)))
    assert share in (None, 1.0)
    assert share is not None or 2 * more > number  # so few of its hashes may be compared


@given(st.integers(40, 900), st.integers(40, 900))
def test_texts_without_a_run_in_common_have_no_share(one: int, other: int) -> None:
    assert find_share(sketch_text(words(0, one)), sketch_text(words(1000, other))) in (None, 0.0)


@given(st.integers(0, 300))
def test_the_share_is_near_the_true_one(common: int) -> None:
    one, other = words(0, 300), f"{words(0, common)} {words(1000, 300 - common)}"
    share = find_share(sketch_text(one), sketch_text(other))
    assert share == find_share(sketch_text(other), sketch_text(one))
    assert share is not None
    assert abs(share - max(common - 4, 0) / 296) < 0.35


@given(st.text())
def test_any_text_has_a_sketch_of_hexadecimal_digits(text: str) -> None:
    sketch = sketch_text(text)
    assert bytes.fromhex(sketch)[:4] == bytes.fromhex(sketch[:8])
    assert find_share(sketch, sketch) in (None, 1.0)


def test_case_signs_and_lines_do_not_count() -> None:
    text = words(0, 50)
    other = text.upper().replace(" ", ",\n")
    assert sketch_text(text) == sketch_text(other)


LONG, EDITED, OTHER = words(0, 100), words(0, 85) + words(500, 15), words(1000, 100)
HALF = words(0, 70) + " " + words(500, 30)


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        (("Skolen får nytt tak", LONG), ("Taket er lekk igjen", EDITED), True),
        (("Skolen får nytt tak", LONG), ("Skolen får nytt tak i år", HALF), True),
        (("Skolen får nytt tak", LONG), ("Brua stenges", HALF), False),
        (("Ukas gjest", LONG), ("Ukas gjest", OTHER), False),
        (("Skolen får nytt tak", LONG), ("Brua stenges", OTHER), False),
        (("Skolen får nytt tak", "Kort."), ("Skolen får nytt tak", OTHER), True),
        (("Skolen får nytt tak", "Kort."), ("Brua stenges", "Kort."), False),
    ],
)
def test_text_tells_before_headlines_do(
    one: tuple[str, str], other: tuple[str, str], is_one: bool
) -> None:
    tellings = [Telling(title, sketch_text(text)) for title, text in (one, other)]
    assert may_tell_one_story(*tellings) == may_tell_one_story(*reversed(tellings)) == is_one


def test_what_is_not_known_may_be_anything() -> None:
    known = Telling("Brua stenges", sketch_text(LONG))
    assert may_tell_one_story(Telling("Skolen får nytt tak"), known)
    assert may_tell_one_story(known, Telling("Skolen får nytt tak"))


@pytest.mark.parametrize(
    ("one", "other", "is_common"),
    [
        ("Hallen brant", "Hallen brant ned i natt", True),
        ("SKOLEN FÅR NYTT TAK", "Skolen får nytt tak!", True),
        ("Skolen får nytt tak", "Ferja får ny kaptein", False),
        (None, "Ferja får ny kaptein", False),
        ("Nå", "Da", False),
    ],
)
def test_titles_of_one_story_share_words(
    one: str | None, other: str | None, is_common: bool
) -> None:
    assert has_common_title(one, other) == has_common_title(other, one) == is_common
