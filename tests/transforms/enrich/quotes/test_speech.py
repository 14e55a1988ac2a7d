"""Speech and narration told apart by words alone."""

from __future__ import annotations

import pytest

from newsbeam.transforms.enrich.quotes.attributions import AttributionReader
from newsbeam.transforms.enrich.quotes.introductions import IntroductionReader
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.speech import SpeechJudge
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.settings.person_lexicon import Pronouns

LEXICON = Lexicon(
    reporting_verbs=("says",),
    pronouns=Pronouns(speech=("i", "we"), masculine=("he",)),
    speech_weights=(("really", 1.5), ("he", -1.0), ("<name>", -0.5), ("<number>", -0.25)),
)


def judge(text: str) -> tuple[SpeechJudge, Segmentation]:
    cut = Segmentation(text)
    names = Names(cut, LEXICON, ())
    reader = AttributionReader(cut, names, LEXICON)
    introductions = IntroductionReader(cut, names, reader, LEXICON)
    return SpeechJudge(cut, names, reader, introductions, LEXICON), cut


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("Snow fell.", 0.0),
        ("It really snowed.", 1.5),
        ("He met Ann Lee in 2010.", -1.75),
        ("We met Ann Lee.", 0.5),
    ],
)
def test_weighs_each_kind_of_word_once(text: str, weight: float) -> None:
    found, cut = judge(text)
    assert found.weigh(cut.sentences[0]) == pytest.approx(weight)


@pytest.mark.parametrize(
    ("text", "narration", "ends"),
    [
        ("Ann Lee says that snow fell.", True, True),
        ("This came next:", True, True),
        ("He says that snow fell.", False, True),
        ("Snow fell on Ann Lee.", False, True),
        ("I met Ann Lee.", False, False),
        ("Snow fell.", False, False),
    ],
)
def test_knows_narration(text: str, narration: bool, ends: bool) -> None:
    found, cut = judge(f"{text}\n“It is cold,” says Ann Lee.")
    assert found.is_narration(cut.sentences[0]) is narration
    assert found.ends_turn(cut.sentences[0]) is ends
