"""What a sentence says by somebody's account: *ifølge Hansen*, *etter Hansens mening*."""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.clauses import MAX_CLAUSE, ClauseReader
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention
from newsbeam.transforms.enrich.quotes.noun_tails import NounTails
from newsbeam.transforms.enrich.quotes.reports import Report
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, list_between
from newsbeam.transforms.enrich.quotes.subjects import SubjectReader
from newsbeam.transforms.settings.lexicon import Lexicon

# A statement has at least this many words.
_MIN_WORDS = 2
# Tokens of a source behind "according to".
_MAX_SOURCE = 24


class AccordingReader:
    """Reads such statements of one text. ``spoken`` is not zero in quotes, per token."""

    def __init__(
        self,
        cut: Segmentation,
        names: Names,
        clauses: ClauseReader,
        subjects: SubjectReader,
        lexicon: Lexicon,
        spoken: bytearray,
    ) -> None:
        self._cut = cut
        self._tokens = cut.tokens
        self._names = names
        self._tails = NounTails(cut, names, lexicon)
        self._clauses = clauses
        self._finite = self._clauses.verbs
        self._subjects = subjects
        self._spoken = spoken
        self._words = lexicon.words
        self._sets = lexicon.statements.sets
        opening = self._words.according.keys() | self._sets.openers | self._sets.comparisons
        self._openings = cut.find_words(opening)
        self._viewing = cut.find_words(self._sets.viewing)

    def read(self, first: int, last: int) -> list[Report]:
        """The statements among tokens ``first`` to ``last`` of a sentence."""
        found: list[Report] = []
        for index in list_between(self._openings, first, last):
            if self._spoken[index]:
                continue
            source = self._read_source(index, last)
            if source is None:
                continue
            mention, behind, cue = source
            pieces = self._find_covered(index, behind, mention, first, last)
            if pieces:
                found.append(Report("according_to", pieces, mention, cue, index))
                self._subjects.note(mention)
        return found

    def _read_source(self, index: int, last: int) -> tuple[Mention, int, str] | None:
        """*ifølge Hansen*, *etter Hansens mening*, *slik Hansen ser det*: who, the token behind
        the phrase, and its cue."""
        token = self._tokens[index]
        for phrase in self._words.according.get(token.lower, ()):
            behind = index + len(phrase)
            if tuple(part.lower for part in self._tokens[index:behind]) == phrase:
                mention = self._subjects.read_phrase(behind, last)
                if mention is None or not self._subjects.is_source(mention):
                    return None
                cue = self._cut.text[token.start : self._tokens[behind - 1].end]
                end = self._find_clause_end(behind, mention, last)
                if end is not None:
                    named = mention.kind == "name"
                    noun = mention.first - 1  # "papirer Per Moe har fått innsyn i"
                    return Mention(noun, noun + 1, "role", noun) if named else mention, end, cue
                return mention, mention.last, cue
        if token.lower in self._sets.openers:
            return self._read_opinion(index, last)
        views = list_between(self._viewing, index + 2, last - 1)
        if token.lower in self._sets.comparisons and views:
            mention = self._subjects.read_phrase(index + 1, last)
            at = mention.last if mention is not None else last
            if (
                mention is not None
                and at in views
                and self._tokens[at + 1].lower in self._words.dummy
            ):
                return mention, at + 2, self._tokens[at].text
        return None

    def _find_clause_end(self, noun: int, mention: Mention, last: int) -> int | None:
        """The comma behind what is told of a source: *kilder VG har snakket med, går han av*."""
        verb = mention.last
        if self._tails.opens_with_name(mention.last):
            verb = self._names.starting[mention.last].last
        elif noun >= mention.head or verb >= last or not self._finite.is_finite(verb):
            return None
        for at in range(verb + 1, min(last - 1, verb + _MAX_SOURCE)):
            if self._tokens[at].text == ",":
                return at if self._finite.is_finite(at + 1) else None
        return None

    def _read_opinion(self, index: int, last: int) -> tuple[Mention, int, str] | None:
        for at in range(index + 2, min(last, index + 8)):
            if self._tokens[at].lower in self._sets.opinions:
                mention = self._subjects.read_owner(index + 1, at)
                return None if mention is None else (mention, at + 1, self._tokens[index].text)
        if index + 2 < last and self._tokens[index + 1].lower in self._words.dummy:
            mention = self._subjects.read_phrase(index + 2, last)  # "etter det politiet opplyser"
            at = mention.last if mention is not None else last
            if mention is not None and at < last and self._finite.can_state(at):
                return mention, at + 1, self._tokens[index].text
            if mention is not None and at + 1 < last and self._views(at):
                return mention, at + 2, self._tokens[index].text
        return None

    def _views(self, index: int) -> bool:
        """Whether a verb of seeing and its preposition follow: *etter det Hansen kjenner til*."""
        lower = self._tokens[index + 1].lower
        return self._tokens[index].lower in self._sets.viewing and lower in self._words.prepositions

    def _find_covered(
        self, index: int, behind: int, mention: Mention, first: int, last: int
    ) -> tuple[tuple[int, int], ...]:
        """The pieces of the sentence that "according to" at ``index`` covers."""
        begin = self._clauses.start_of(index, first)
        begin = self._clauses.skip_edge(begin, last)
        while begin < index and self._tokens[begin].lower in self._sets.joints:
            begin += 1
        if begin >= index:  # It opens the clause, whose verb follows.
            if self._words.grammar.subject_first:
                behind = self._skip_source(behind, mention, last)
            else:
                behind = self._find_verb(behind, last)
            return self._keep((self._clauses.skip_edge(behind, last), self._end(behind, last)))
        behind = self._skip_source(behind, mention, last)
        closed = self._tokens[index - 1].text == ","
        rest = self._clauses.skip_edge(behind, last)
        if closed:
            begin = self._clauses.skip_edge(max(first, index - MAX_CLAUSE), last)
            stands_last = rest >= last or self._is_aside(behind, last)
            before = (begin, index - 1)
            if stands_last or (
                self._finite.find_finite(*before) not in (None, index - 2)  # "Han var, ifølge …"
                and not self._finite.is_finite(rest)
                and self._tokens[behind].text == ","
            ):
                return self._keep(before)
            return self._keep(before, (rest, self._end(rest, last)))
        return self._keep((begin, index), (rest, self._end(rest, last)))

    def _find_verb(self, index: int, last: int) -> int:
        """The finite verb behind a source that opens a sentence, else ``index``."""
        at = self._clauses.skip_edge(index, last)
        if at + 1 < last and self._tokens[at + 1].lower in self._words.subjects:
            return at  # "slik Nes ser det, opparbeidet han seg …"
        while at < min(last, index + _MAX_SOURCE):
            if self._tokens[at].lower in self._sets.relatives:
                while at < last and self._tokens[at].text != ",":
                    at += 1
            elif self._finite.is_finite(at):
                return at
            at += 1
        return index

    def _is_aside(self, index: int, last: int) -> bool:
        """Whether what follows a source still speaks of it: *, som er lege*, *. I går*."""
        token = self._tokens[index]
        lower = self._tokens[index + 1].lower if index + 1 < last else ""
        return token.text != "," or lower in self._sets.relatives

    def _end(self, index: int, last: int) -> int:
        """Where a covered main clause ends: at the next reporting clause or the sentence's end."""
        last = min(last, index + MAX_CLAUSE)
        for at in range(index, last - 1):
            if self._tokens[at].text == "," and not self._spoken[at + 1]:
                if self._clauses.read_parenthesis(at + 1, last) is not None:
                    return at
            elif self._tokens[at].text == ";":
                return at
        return last

    def _keep(self, *pieces: tuple[int, int]) -> tuple[tuple[int, int], ...]:
        kept = tuple(piece for piece in pieces if piece[0] < piece[1])
        words = sum(token.is_word for first, last in kept for token in self._tokens[first:last])
        return kept if words >= _MIN_WORDS else ()

    def _skip_source(self, index: int, mention: Mention, last: int) -> int:
        """The token behind a source with its complements: *Hansen ved universitetet*."""
        limit = min(last, index + _MAX_SOURCE)
        finite = self._finite.find_finite(index, limit, ",")
        if index < last and self._tokens[index].text == "," and index + 1 < last:
            following = self._tokens[index + 1]
            if following.lower in self._sets.relatives or not self._finite.is_finite(index + 1):
                for at in range(index + 1, limit):
                    if self._tokens[at].text == "," and at + 1 < last:
                        return at + 1 if self._finite.is_finite(at + 1) else index
            return index
        hangs = index < last and self._tokens[index].lower in self._words.complements
        return finite if finite is not None and (hangs or mention.kind != "name") else index
