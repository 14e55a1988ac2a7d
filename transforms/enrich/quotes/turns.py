"""Candidates for quotes: turns that a dash opens, and words between marks.

A turn runs over as many sentences as its reporting clause closes. On a page a line is a
paragraph and holds the whole turn; in a text with a line for every sentence the turn goes on
over the following lines, and only the clause, the next dash, a heading or narration ends it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsbeam.transforms.enrich.quotes.attributions import Attribution, AttributionReader
from newsbeam.transforms.enrich.quotes.bullets import find_bullets, is_introduced
from newsbeam.transforms.enrich.quotes.layout import MAX_TURN_LINES
from newsbeam.transforms.enrich.quotes.marks import Marked
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, Sentence
from newsbeam.transforms.enrich.quotes.speech import SpeechJudge
from newsbeam.transforms.records import QuoteKind, Segment, TextLayout
from newsbeam.transforms.text.characters import CLOSING_MARKS, DASHES, LOWER_LETTERS, OPENING_MARKS

# Log odds that a turn without clause fills all lines to the next dash or heading.
_WHOLE = 2.0
# Log odds from which on a sentence behind an interposed clause is narration.
_NARRATED = -1.0
_BULLETS = "*•·"
_PARTNERS = {
    "«": "»", "»": "«", "“": "”", "„": "“”", '"': '"', "”": "”", "‘": "’", "'": "'",
}  # fmt: skip
# A dash at the line's start, after a colon, or after a closed sentence with a space behind it.
# A minus sign touches its number, and a hyphen its word: both lack the space.
_LETTER = re.compile(r"[^\W_]")
_DASH = re.compile(
    rf"(?:^[ \t]*[{DASHES}]{{1,2}}(?:[ \t]+|(?=[^\W\d_]|[{OPENING_MARKS}]))"
    rf"|(?<=[:.!?…{CLOSING_MARKS}])[ \t]+[{DASHES}]{{1,2}}[ \t]+"
    rf"(?=[^\W_{LOWER_LETTERS}]|[{OPENING_MARKS}]))(?=\S)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch that may be a quote. ``hull_end`` is where its reporting clause ends too.

    ``pieces`` are the parts between which an interposed clause stands.
    """

    start: int
    end: int
    kind: QuoteKind
    attribution: Attribution | None
    hull_end: int
    standalone: bool = False
    pieces: tuple[Segment, ...] = ()


class TurnReader:
    """Reads the turns of one text."""

    def __init__(
        self,
        cut: Segmentation,
        reader: AttributionReader,
        judge: SpeechJudge,
        heading_lines: frozenset[int],
        layout: TextLayout,
        *,
        dash_turns: bool = True,
    ) -> None:
        self._cut = cut
        self._line_is_sentence = layout == "sentences"
        self._reader = reader
        self._judge = judge
        self._heading_lines = heading_lines
        self._openings = [match.end() for match in _DASH.finditer(cut.text)] if dash_turns else []
        self._turn_lines = {
            cut.line_at(opening)
            for opening in self._openings
            if cut.text[cut.lines[cut.line_at(opening)].start] in DASHES
        }
        self._is_interview = self._looks_like_interview()

    def find_turns(self, marked: Sequence[Marked]) -> list[Candidate]:
        """The turns, in order: those a dash opens, and those an unpartnered mark opens."""
        starts: list[tuple[int, QuoteKind]] = [(start, "dash") for start in self._openings]
        for span in marked:
            begin = self._cut.lines[self._cut.line_at(span.start)].start
            if not span.closed and begin == span.start - 1:
                starts.append((span.start, span.kind))
        found: list[Candidate] = []
        bullets = find_bullets(
            self._cut, self._reader, self._judge, self._turn_lines - self._heading_lines
        )
        reach = 0
        starts.sort()
        limits = [start for start, _ in starts[1:]] + [len(self._cut.text)]
        for (start, kind), limit in zip(starts, limits, strict=False):
            if start < reach or _LETTER.search(self._cut.text, start, limit) is None:
                continue
            if self._cut.line_at(start) in bullets:
                continue
            turn = self._read_turn(start, kind, limit)
            if turn is not None:
                found.append(turn)
                reach = turn.end
        return found

    def _read_turn(self, start: int, kind: QuoteKind, limit: int) -> Candidate | None:
        cut = self._cut
        line = cut.line_at(start)
        sentence = cut.sentence_at(start)
        inner_limit = self._before_dash(start, limit)
        last = cut.lines[line].last_sentence
        found = self._find_clause(start, sentence, last, inner_limit)
        reaches_end = inner_limit >= cut.lines[line].end
        if found is None and reaches_end and self._line_is_sentence:
            if line not in self._heading_lines:
                last = self._extend_over_lines(line)
                found = self._find_clause(start, sentence, last, inner_limit)
            if found is None or not self._closes_turn(found, line):
                found = None
                last = self._end_without_clause(line, last)
        if found is None:
            end = min(cut.sentences[last - 1].end, inner_limit)
            if not self._can_stand_alone(start, end, line):
                return None
            return self._candidate(start, end, kind, None, end)
        at, clause = found
        pieces = [(start, cut.tokens[clause.first].start)]
        hull_end = min(cut.sentences[at].end, inner_limit)
        if clause.resumes is not None:
            again = self._reader.find_after_speech(
                clause.resumes, min(cut.sentences[at].last, cut.token_at(inner_limit))
            )
            resumed_end = cut.tokens[again.first].start if again else hull_end
            pieces.append((cut.tokens[clause.resumes].start, resumed_end))
            if again is not None and again.mention is not None and again.mention.kind == "name":
                clause = again
        resumed = clause.resumes is not None and len(pieces) == 2 and pieces[1][1] == hull_end
        more = self._extend_into_speech(at, last, inner_limit, resumed=resumed)
        if more is not None:
            pieces.append((cut.sentences[at + 1].start, more))
        turn = self._candidate(start, pieces[-1][1], kind, clause, max(hull_end, more or 0))
        return turn if turn is None or len(pieces) == 1 else self._split(turn, pieces)

    def _split(self, turn: Candidate, pieces: list[tuple[int, int]]) -> Candidate:
        """A turn with the spoken pieces around its clause."""
        ends = [_trim_end(self._cut.text, start, end, True) for start, end in pieces[:-1]]
        ends.append(turn.end)
        starts = [turn.start, *(start for start, _ in pieces[1:])]
        spans = zip(starts, ends, strict=True)
        return replace(turn, pieces=tuple(Segment(s, e) for s, e in spans if s < e))

    def _can_stand_alone(self, start: int, end: int, line: int) -> bool:
        """Whether words that nobody is made to say are speech: list items and sums have no stop.

        A heading has none either, nor has what a colon introduces.
        """
        before = self._cut.text[max(start - 4, 0) : start].rstrip(" \t" + DASHES)
        return (
            self._cut.text[end - 1] in ".!?…:" + CLOSING_MARKS
            or line in self._heading_lines
            or before.endswith(":")
            or is_introduced(self._cut, line)
        )

    def _find_clause(
        self, start: int, first: int, last: int, limit: int
    ) -> tuple[int, Attribution] | None:
        """The first reporting clause in sentences ``first`` to ``last``, with its sentence."""
        for position in range(first, last):
            sentence = self._cut.sentences[position]
            if sentence.start >= limit:
                break
            opening = max(sentence.first, self._cut.token_at(start))
            stop = min(sentence.last, self._cut.token_at(limit))
            clause = self._reader.find_after_speech(opening, stop)
            if clause is not None:
                return position, clause
        return None

    def _candidate(
        self, start: int, end: int, kind: QuoteKind, clause: Attribution | None, hull_end: int
    ) -> Candidate | None:
        text = self._cut.text
        end = _trim_end(text, start, end, clause is not None)
        partners = _PARTNERS.get(text[start : start + 1], "")
        if end - start > 1 and kind == "dash" and text[end - 1] in partners:
            whole = not any(
                mark in text[start + 1 : end - 1] for mark in text[start] + text[end - 1]
            )
            if whole:
                start, end, kind = start + 1, end - 1, "mixed"
        return Candidate(start, end, kind, clause, max(hull_end, end)) if start < end else None

    def _before_dash(self, start: int, limit: int) -> int:
        """Where the next turn's dash stands, so that this one ends before it."""
        text, end = self._cut.text, limit
        if limit < len(text):
            while end > start and (text[end - 1].isspace() or text[end - 1] in DASHES):
                end -= 1
        return end

    def _extend_into_speech(self, at: int, last: int, limit: int, *, resumed: bool) -> int | None:
        """The end of speech that goes on behind the sentence of its reporting clause.

        It is told by "I" and "we"; where the sentence itself ended as speech, what is not told by
        its words to be narration is speech.
        """
        end = None
        line = self._cut.sentences[at].line
        for position in range(at + 1, last):
            sentence = self._cut.sentences[position]
            if (
                sentence.line != line
                or sentence.start >= limit
                or not self._reads_on(sentence, resumed=resumed)
            ):
                break
            end = min(sentence.end, limit)
        return end

    def _reads_on(self, sentence: Sentence, *, resumed: bool) -> bool:
        if self._judge.is_clear_speech(sentence):
            return True
        narrated = self._judge.ends_turn(sentence) or self._judge.weigh(sentence) <= _NARRATED
        return resumed and not narrated

    # Where a line is a sentence

    def _extend_over_lines(self, line: int) -> int:
        """The sentence before which a turn ends at the latest."""
        lines = self._cut.lines
        end = line + 1
        while (
            end < len(lines)
            and end - line < MAX_TURN_LINES
            and end not in self._turn_lines
            and end not in self._heading_lines
            and not lines[end].after_blank
            and self._cut.text[lines[end].start] not in _BULLETS + OPENING_MARKS
        ):
            end += 1
        return lines[end - 1].last_sentence

    def _closes_turn(self, found: tuple[int, Attribution], line: int) -> bool:
        """Whether all lines up to a clause can be speech.

        Narration (*Hansen mener …*) between them says no, unless somebody says "I" behind it.
        """
        at, _ = found
        first = self._cut.lines[line].last_sentence
        narrated = False
        for position in range(first, at + 1):
            sentence = self._cut.sentences[position]
            if self._judge.is_personal(sentence):
                narrated = False
            elif self._judge.is_narration(sentence):
                # "…, sier Hansen og utdyper:" closes this turn and introduces the next.
                narrated = position < at or self._cut.text[sentence.end - 1] != ":"
        return not narrated

    def _end_without_clause(self, line: int, last: int) -> int:
        """The sentence before which a turn ends that no clause closes.

        Of all places up to the next dash or heading, the one that leaves the likeliest speech
        before it; most turns run up to there.
        """
        sentences = self._cut.sentences
        end = first = self._cut.lines[line].last_sentence
        best = total = 0.0
        for position in range(first, last):
            sentence = sentences[position]
            goes_on = self._cut.text[sentences[position - 1].end - 1] in ":,"
            if self._judge.ends_turn(sentence) and not goes_on:
                return end
            total += self._judge.weigh(sentence)
            if position + 1 == last and self._stops_before(last):
                total += _WHOLE
            if total > best or goes_on:
                best, end = total, position + 1
        return end

    def _stops_before(self, position: int) -> bool:
        """Whether a dash or a heading follows, or nothing at all in an interview."""
        if position == len(self._cut.sentences):
            return self._is_interview
        line = self._cut.sentences[position].line
        return line in self._turn_lines or line in self._heading_lines

    def _looks_like_interview(self) -> bool:
        """Whether at least two turns are questions that another turn follows at once."""
        questions = 0
        for line in self._turn_lines:
            end = self._extend_over_lines(line) if self._line_is_sentence else None
            last = end if end is not None else self._cut.lines[line].last_sentence
            following = self._cut.sentences[last].line if last < len(self._cut.sentences) else -1
            asks = self._cut.text[self._cut.sentences[last - 1].end - 1] == "?"
            questions += asks and following in self._turn_lines
        return questions > 1


def _trim_end(text: str, start: int, end: int, by_clause: bool) -> int:
    """Leave out the space, comma and dash between speech and its reporting clause."""
    edge = ", \t\n\u00a0" + DASHES if by_clause else " \t\n\u00a0"
    while end > start and text[end - 1] in edge:
        end -= 1
    return end
