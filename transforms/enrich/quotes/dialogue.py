"""Turns that follow each other at once: two who take turns, an interviewer and who answers."""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.turns import Candidate
from newsbeam.transforms.settings.lexicon import Lexicon

# A turn of so many words between two others asks for more rather than tells.
_MAX_NOD_WORDS = 2


class Dialogue:
    """Follows the turns of one text, and who speaks in those that no narration parts."""

    def __init__(self, cut: Segmentation, lexicon: Lexicon) -> None:
        self._cut = cut
        self._words = lexicon.words
        self._line = -2  # The last line of the turn before.
        self._voices: list[str | None] = []  # The speakers of the turns in a row, line by line.
        self._interviewed = False

    def note(self, candidate: Candidate, speaker: str | None, *, asked: bool) -> None:
        """Take note of a quote's speaker; ``asked`` says that it is an interviewer's."""
        line = self._cut.line_at(candidate.start)
        if candidate.kind not in ("dash", "mixed") or line > self._line + 1:
            self._voices = []
        if line != self._line or not self._voices:
            self._voices.append(speaker)
        else:
            self._voices[-1] = speaker
        del self._voices[:-2]
        self._line = self._cut.line_at(candidate.hull_end - 1)
        self._interviewed = self._interviewed or asked

    def find_partner(self, candidate: Candidate) -> str | None:
        """Whose turn it is where two have just spoken to each other, a line each."""
        if self._cut.line_at(candidate.start) != self._line + 1 or len(self._voices) < 2:
            return None
        first, second = self._voices
        return first if second is not None and first != second else None

    def is_prompt(self, candidate: Candidate, following: Candidate | None) -> bool:
        """Whether an interviewer says something that is no question, and gets an answer.

        Only in an interview, between two turns: it says "you" and not "I", or is very short, or
        the next turn opens with "yes" or "no".
        """
        if not self._interviewed or following is None or not self._voices:
            return False
        line = self._cut.line_at(candidate.start)
        if self._voices[-1] is None or line != self._line + 1:
            return False
        if self._cut.line_at(following.start) != self._cut.line_at(candidate.end - 1) + 1:
            return False
        first, last = self._cut.token_at(candidate.start), self._cut.token_at(candidate.end)
        words = {token.lower for token in self._cut.tokens[first:last] if token.is_word}
        speaks_to = bool(words & self._words.addressed)
        own = words & (self._words.speech - self._words.addressed)
        opener = self._cut.tokens[self._cut.token_at(following.start)]
        if own:
            return opener.lower in self._words.answers
        nods = len(words) <= _MAX_NOD_WORDS and not words & self._words.answers  # "Fortell."
        return speaks_to or nods or opener.lower in self._words.answers
