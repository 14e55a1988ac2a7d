"""Lines are squeezed to the letters and digits that tell them alike."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.text.characters import squeeze


@given(st.text())
def test_letters_and_digits_stay_in_small_letters(text: str) -> None:
    folded = unicodedata.normalize("NFKC", text).casefold()
    assert squeeze(text) == re.sub(r"[\W_]", "", folded)


def test_lines_that_differ_in_marks_and_spaces_are_alike() -> None:
    assert squeeze("– Brua  åpner, sier «Kari»!") == squeeze("-- BRUA ÅPNER sier_Kari") != ""
    assert squeeze("a_B-1 c") == "ab1c"


@given(st.text(st.characters(codec="cp1252")))
def test_what_is_written_in_western_letters_is_squeezed_as_all_else(text: str) -> None:
    assert squeeze(text + "Ł") == squeeze(text) + "ł"
