"""Turns that follow each other at once: two who take turns, an interviewer and who answers."""

from __future__ import annotations

from collections.abc import Sequence

from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.turns import Candidate
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.text.characters import CLOSING_MARKS, DASHES, OPENING_MARKS

_MARKS = DASHES + OPENING_MARKS + CLOSING_MARKS + " \n\t\u00a0"
# A turn of so many words between two others asks for more rather than tells.
_MAX_NOD_WORDS = 2


class Dialogue:
    """Follows the turns of one text, and who speaks in those that no narration parts."""

    def __init__(
        self, cut: Segmentation, lexicon: Lexicon, candidates: Sequence[Candidate]
    ) -> None:
        self._cut = cut
        # For each turn the last one of its row, with what follows that one.
        self._row_ends: dict[int, tuple[Candidate, Candidate | None]] = {}
        following: Candidate | None = None
        for candidate in reversed(candidates):
            near = following is not None and not self._parts(candidate, following)
            end = self._row_ends[following.start] if following and near else (candidate, following)
            self._row_ends[candidate.start] = end
            following = candidate
        self._words = lexicon.words
        self._line = -2  # The last line of the turn before.
        self._voices: list[str | None] = []  # The speakers of the turns in a row, line by line.
        self._interviewed = False

    def _parts(self, candidate: Candidate, following: Candidate) -> bool:
        """Whether narration stands between two quotes."""
        between = self._cut.text[candidate.hull_end : following.start]
        return bool(between.strip(_MARKS))

    def find_row_end(self, candidate: Candidate) -> tuple[Candidate, Candidate | None] | None:
        """The last turn of the row that a dash turn in an interview stands in, and what follows."""
        talks = self._interviewed and candidate.kind in ("dash", "mixed")
        return self._row_ends[candidate.start] if talks else None

    def is_answered(self, question: Candidate, following: Candidate | None) -> bool:
        """Whether the next turn follows a question at once."""
        if following is None or not (question.kind == "dash" or question.standalone):
            return False
        between = self._cut.text[question.end : following.start]
        return not between.strip(_MARKS)

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
