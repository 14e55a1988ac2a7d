"""Whether a sentence without dash or marks is speech or narration.

The weights are those of a logistic regression over words (``Lexicon.speech_weights``), so the
sum over a sentence is the log odds that somebody says it. ``docs/quotes.md`` tells how they
were learnt.
"""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.attributions import AttributionReader
from newsbeam.transforms.enrich.quotes.introductions import IntroductionReader
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, Sentence, Token
from newsbeam.transforms.settings.lexicon import Lexicon

# Keys of ``Lexicon.speech_weights`` that stand for classes of tokens.
NAME, NUMBER = "<name>", "<number>"
# First and second person tell of speech, also where a lexicon gives them no weight.
_PERSONAL = 1.0
# Sums above it count as speech where narration is what one expects.
_CLEAR = 1.0


class SpeechJudge:
    """Judges the sentences of one text."""

    def __init__(
        self,
        cut: Segmentation,
        names: Names,
        reader: AttributionReader,
        introductions: IntroductionReader,
        lexicon: Lexicon,
    ) -> None:
        self._cut = cut
        self._names = names
        self._reader = reader
        self._introductions = introductions
        self._words = lexicon.words
        self._weights = dict.fromkeys(lexicon.words.speech, _PERSONAL) | dict(
            lexicon.speech_weights
        )

    def weigh(self, sentence: Sentence) -> float:
        """The log odds that a sentence is speech; zero tells nothing."""
        tokens = self._cut.tokens[sentence.first : sentence.last]
        kinds = {classify_token(token, opens=not index) for index, token in enumerate(tokens)}
        return sum(self._weights.get(kind, 0.0) for kind in kinds)

    def is_personal(self, sentence: Sentence) -> bool:
        """Whether somebody says "I", "we" or "you" in it, or exclaims."""
        tokens = self._cut.tokens[sentence.first : sentence.last]
        exclaims = tokens[-1].text == "!"
        return exclaims or any(token.lower in self._words.speech for token in tokens)

    def is_clear_speech(self, sentence: Sentence) -> bool:
        """Whether it is speech even where narration is expected."""
        return self.is_personal(sentence) and self.weigh(sentence) > _CLEAR

    def is_narration(self, sentence: Sentence) -> bool:
        """Whether a sentence reports (*Hansen mener …*) or introduces other speech.

        With a pronoun (*Han sa …*) it may as well be somebody's story.
        """
        if self.is_personal(sentence):
            return False
        first, last = sentence.first, sentence.last
        if self._cut.text[sentence.end - 1] == ":" or self._is_reporter(first):
            return True
        subject = self._introductions.find_reported_subject(first, last)
        if subject is not None and subject.kind != "pronoun":
            return True
        return self._reader.find_utterance_sentence(first, last) is not None

    def introduces_speech(self, sentence: Sentence) -> bool:
        """Whether a sentence that ends in a colon makes somebody speak: *Hansen svarer slik:*."""
        first, last = sentence.first, sentence.last - 1
        clause = self._introductions.find_before_speech(first, last)
        return (clause or self._introductions.find_label(first, last)) is not None

    def ends_turn(self, sentence: Sentence) -> bool:
        """Whether a sentence is no part of the turn before it, if nothing but words tell.

        Beside narration that is what opens with a full name, or names somebody whom the text
        quotes, without "I" or "we".
        """
        if self.is_personal(sentence):
            return False
        first, last = sentence.first, sentence.last
        opener = self._names.starting.get(first)
        return (
            self.is_narration(sentence)
            or self._introductions.find_reported_subject(first, last) is not None
            or (opener is not None and opener.last - first > 1 and opener.is_person is not False)
            or any(self._is_reporter(index) for index in range(first, last))
        )

    def _is_reporter(self, index: int) -> bool:
        name = self._names.starting.get(index)
        return name is not None and name.full in self._reader.reporters


def classify_token(token: Token, *, opens: bool) -> str:
    """The key of a token's weight; ``opens``: it is the sentence's first, with a capital anyway."""
    if token.text[0].isdigit():
        return NUMBER
    return NAME if token.is_capitalised and not opens else token.lower
