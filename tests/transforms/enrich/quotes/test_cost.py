"""What reading a text costs, counted in steps: twice the text, twice the steps."""

from __future__ import annotations

import pytest

from newsbeam.transforms.enrich.quotes import find_speech
from tests.support.quoted import lexicon
from tests.support.steps import count_steps
from tests.support.thinned import every_nth

_SIZE = 6_000


@pytest.mark.parametrize(
    "piece",
    every_nth(6, [
     "Han sier; ", "«Hei, du» ", '"hei du" ', "'hei du' ", "«\n", "-\n", "– Hei?\n", "Kari\n",
     "A\n\n",
     "Per sier at Kari mener at Ola tror at ", "Per sier at Kari, som mener at Ola tror at, ",
     "Kari Nes og ", "og sier ", "han mener og hun tror og ", "sa «hei du» og ",
     "statsminister Kari Nes ", "Kari Nes, leder i Lillevik, ", "Hun sier, Per Nes, ",
     "– Hei!\nHun smiler.\n", "Per sier:\n– Hei.\n", "ifølge Hansen ", "lederen sier ", ", sier "]),
)  # fmt: skip
def test_steps_are_linear(piece: str) -> None:
    text = piece * (2 * _SIZE // len(piece))
    half = piece * (_SIZE // len(piece))
    find_speech(text, lexicon("nb"))  # What a word is is remembered from here on.
    small = count_steps(lambda: find_speech(half, lexicon("nb")))
    large = count_steps(lambda: find_speech(text, lexicon("nb")))
    assert large < 2.3 * small


def test_words_that_nobody_waits_for_cost_little() -> None:
    plain = "huset er gult og har tak av tre " * 100
    spoken = "Kari Nes sier at huset er gult " * 100
    find_speech(plain, lexicon("nb"))
    cheap = count_steps(lambda: find_speech(plain, lexicon("nb")))
    assert 8 * cheap < count_steps(lambda: find_speech(spoken, lexicon("nb")))
