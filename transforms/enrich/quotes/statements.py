"""Reported statements: what somebody said in the paper's own words.

*Hansen mener at han lyver* (a clause), *Han lyver, sier Hansen* (a parenthesis), *Ifølge Hansen
lyver han*. Read from the tokens alone, as quotes are, and never inside a direct quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from newsbeam.transforms.enrich.quotes.according import AccordingReader
from newsbeam.transforms.enrich.quotes.attributions import AttributionReader
from newsbeam.transforms.enrich.quotes.clauses import ClauseReader
from newsbeam.transforms.enrich.quotes.complements import ComplementReader
from newsbeam.transforms.enrich.quotes.marks import Marked
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention, NounPhraseReader
from newsbeam.transforms.enrich.quotes.reports import Report
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, Sentence, list_between
from newsbeam.transforms.enrich.quotes.source_phrases import SourcePhraseReader
from newsbeam.transforms.enrich.quotes.subjects import SubjectReader
from newsbeam.transforms.enrich.quotes.turns import Candidate
from newsbeam.transforms.settings.lexicon import Lexicon

# A statement has at least this many words.
_MIN_WORDS = 2
# Tokens of a source behind "according to".
_MAX_SOURCE = 24


class StatementReader:
    """Reads the reported statements of one text. ``quotes`` are its direct quotes."""

    def __init__(
        self,
        cut: Segmentation,
        names: Names,
        reader: AttributionReader,
        lexicon: Lexicon,
        quotes: Sequence[Candidate],
        marked: Sequence[Marked],
        heading_lines: frozenset[int],
    ) -> None:
        self._cut = cut
        self._tokens = cut.tokens
        self._names = names
        self._reader = reader
        self._words = lexicon.words
        self._stating = lexicon.statements.verbs
        self._sets = lexicon.statements.sets
        self._phrases = NounPhraseReader(cut, names, lexicon)
        self._sources = SourcePhraseReader(cut, names, lexicon)
        self._clauses = ClauseReader(cut, names, reader, lexicon)
        self._finite = self._clauses.verbs
        self._subjects = SubjectReader(cut, names, self._clauses, lexicon)
        self._heading_lines = heading_lines
        # Per token: 1 in a quote inside a sentence, 2 in a turn, which bounds what is read.
        self._spoken = bytearray(len(cut.tokens))
        self._attributed = {
            cut.sentence_at(self._tokens[mention.first].start): mention
            for quote in quotes
            if quote.attribution is not None and (mention := quote.attribution.mention) is not None
        }
        self._commas = cut.find_words({","})
        self._cues = cut.find_words(self._stating.keys() | self._sets.passive.keys())
        for quote in quotes:
            level = 2 if quote.kind in ("dash", "mixed") or quote.standalone else 1
            for start, end in [(p.start, p.end) for p in quote.pieces] or [
                (quote.start, quote.end)
            ]:
                for index in range(cut.token_at(start), cut.token_at(end)):
                    self._spoken[index] = level
        # Verbs of the clauses behind quotes: what follows them is no clause that they report.
        self._closing = {
            quote.attribution.first
            for quote in quotes
            if quote.attribution is not None
            and self._tokens[quote.attribution.first].start > quote.start
            and quote.kind in ("dash", "mixed")
        }
        self._marked = bytearray(len(cut.tokens))
        for span in marked:
            for index in range(cut.token_at(span.start), cut.token_at(span.end)):
                self._marked[index] = 1
        self._according = AccordingReader(
            cut, names, self._clauses, self._subjects, lexicon, self._spoken
        )
        self._complements = ComplementReader(cut, names, self._clauses, lexicon, self._spoken)

    def find(self) -> list[Report]:
        """The statements, by the place of their sentence and then of their words."""
        found: list[Report] = []
        for position, sentence in enumerate(self._cut.sentences):
            if self._tokens[sentence.last - 1].text == "?":
                continue
            if position:
                found += self._read_behind(position)
            for first, last in self._cut_regions(sentence):
                self._subjects.enter(self._find_attributed(position, first, last))
                found += self._read_parentheses(first, last)
                found += self._according.read(first, last)
                found += self._read_clauses(first, last, sentence)
        return sorted(_drop_doubles(found), key=lambda report: report.place)

    def _find_attributed(self, position: int, first: int, last: int) -> Mention | None:
        """Whom a quote's clause among tokens ``first`` to ``last`` of a sentence names."""
        mention = self._attributed.get(position)
        return mention if mention is not None and first <= mention.first < last else None

    def _cut_regions(self, sentence: Sentence) -> list[tuple[int, int]]:
        """The parts of a sentence outside every turn."""
        if self._spoken.find(2, sentence.first, sentence.last) < 0:
            whole = sentence.last - sentence.first >= _MIN_WORDS
            return [(sentence.first, sentence.last)] if whole else []
        regions, begin = [], None
        for index in range(sentence.first, sentence.last):
            outside = self._spoken[index] < 2
            if outside and begin is None:
                begin = index
            elif not outside and begin is not None:
                regions.append((begin, index))
                begin = None
        if begin is not None:
            regions.append((begin, sentence.last))
        return [(first, last) for first, last in regions if last - first >= _MIN_WORDS]

    def _read_behind(self, position: int) -> list[Report]:
        """*Det opplyser Hansen.*: what the sentence before says."""
        before, sentence = self._cut.sentences[position - 1 : position + 1]
        if sentence.last - sentence.first < 3 or self._spoken[before.first]:
            return []
        opener = self._tokens[sentence.first]
        if opener.lower not in self._words.anaphoric or before.line in self._heading_lines:
            return []
        if self._spoken[before.last - 1] or self._spoken[before.last - 2]:
            return []
        clause = self._clauses.read_inversion(sentence.first + 1, sentence.last)
        if clause is None or clause.mention is None or clause.cue is None:
            return []
        if not self._subjects.is_source(clause.mention):
            return []
        if self._tokens[before.last - 1].text == "?":
            return []
        span = (before.first, before.last)
        return [Report("parenthetical", (span,), clause.mention, clause.cue, sentence.first)]

    def _read_parentheses(self, first: int, last: int) -> list[Report]:
        """*Han lyver, sier Hansen*: the words before the clause, and those that go on behind it."""
        found: list[Report] = []
        begin = self._clauses.skip_edge(first, last)
        reach = begin
        for comma in list_between(self._commas, begin, last - 1):
            index = comma + 1
            if comma < reach or self._spoken[index]:
                continue
            clause = self._clauses.read_parenthesis(index, last)
            mention = clause.mention if clause is not None else None
            if clause is None or mention is None or clause.cue is None:
                continue
            piece = (begin, index - 1)
            behind = clause.last if mention.last < clause.last < last else mention.last
            resumed = self._find_resumption(piece, behind, last, clause.resumes)
            whole = resumed is not None or self._has_main_verb(piece)
            if (
                self._subjects.is_source(mention)
                and self._is_statement(piece, resumed is not None)
                and (whole or mention.kind in ("name", "pronoun"))
                and (resumed is not None or not self._is_main_clause(piece, behind, last))
            ):
                pieces = [piece]
                if resumed is not None:
                    pieces.append((resumed, self._clauses.end_of(resumed, last)))
                report = Report("parenthetical", tuple(pieces), mention, clause.cue, first)
                found.append(report)
                self._subjects.note(mention)
            begin = self._skip_clause(behind, last)
            reach = max(begin, index)
        return found

    def _has_main_verb(self, piece: tuple[int, int]) -> bool:
        """Whether tokens hold a finite verb outside relative clauses."""
        index, last = piece
        while index < last:
            if self._tokens[index].lower in self._sets.relatives:
                while index < last and self._tokens[index].text != ",":
                    index += 1
            elif self._finite.is_finite(index):
                return True
            index += 1
        return False

    def _is_main_clause(self, piece: tuple[int, int], end: int, last: int) -> bool:
        """Whether a clause only follows a subordinate one: *Da krigen kom, sa Stortinget ja*."""
        first, stop = piece
        if not self._is_subordinate(first):
            return False
        whole = any(
            self._tokens[at].text == "," and self._finite.is_finite(at + 1)
            for at in range(first, stop - 1)
        )
        goes_on = end < last and (self._tokens[end].is_word or self._tokens[end].text == ":")
        return goes_on and not whole

    def _is_subordinate(self, first: int) -> bool:
        """Whether a clause that begins at a token needs another one: *Da hun kom*, not *Da kom*."""
        opener = self._tokens[first].lower
        if opener not in self._words.subordinating or opener in self._sets.joints:
            return False
        return not (opener in self._words.adverbs and self._finite.is_finite(first + 1))

    def _skip_clause(self, index: int, last: int) -> int:
        """Where the next main clause may begin: behind a comma with "and" or "while"."""
        joints = self._sets.joints | self._sets.contrasts
        while index < last:
            token = self._tokens[index]
            if token.text == "," and index + 1 < last and self._tokens[index + 1].lower in joints:
                return index + 2
            index += 1
        return last

    def _find_resumption(
        self, piece: tuple[int, int], behind: int, last: int, resumes: int | None
    ) -> int | None:
        """Where a statement goes on behind the clause that interrupts it."""
        if resumes is not None:
            return None if self._clauses.starts_predicate(resumes, last) else resumes
        has_verb = self._finite.find_finite(*piece) is not None
        if has_verb and not self._is_subordinate(piece[0]):
            return None
        for index in range(behind, min(last, behind + _MAX_SOURCE)):
            if self._tokens[index].text == ",":
                goes_on = index + 1 < last and (not has_verb or self._finite.is_finite(index + 1))
                return index + 1 if goes_on else None  # "Når det regner, sier Nes, går vi hjem"
        return None

    def _is_statement(self, piece: tuple[int, int], goes_on: bool = False) -> bool:
        """Whether tokens outside quotes can be what somebody said, or its beginning."""
        first, last = piece
        words = int(goes_on)
        is_free = False
        for index in range(first, last):
            if self._tokens[index].is_word:
                words += 1
                is_free = is_free or not (self._spoken[index] or self._marked[index])
                if words >= _MIN_WORDS and is_free:
                    return True
        return False

    def _read_clauses(self, first: int, last: int, sentence: Sentence) -> list[Report]:
        """*Hansen mener at …*: the complements of verbs of stating."""
        found: list[Report] = []
        for index in list_between(self._cues, first, last):
            if self._spoken[index]:
                continue
            if self._tokens[index].lower in self._sets.passive:
                report = self._read_passive(index, first, last)
                if report is not None:
                    found.append(report)
                    continue
            if self._tokens[index].lower not in self._stating or index in self._closing:
                continue
            verb = self._subjects.find_finite(index, first)
            if verb is None:
                continue
            finite, hearsay = verb
            report = self._read_clause(index, finite, first, last, sentence)
            if report is not None:
                found.append(replace(report, kind="according_to") if hearsay else report)
        return found

    def _read_passive(self, cue: int, first: int, last: int) -> Report | None:
        """*I filmen hevdes det at …*, *Det heter i rapporten at …*: the source is no subject."""
        links = self._sets.passive[self._tokens[cue].lower]
        behind = cue + 1
        following = self._tokens[behind].lower if behind < last else ""
        if following in self._words.dummy:
            source = self._sources.read(behind, last)
            source = source or self._sources.read_fronted(first, cue)
        elif following in self._sets.conjunctions:  # "I rapporten står att …"
            source = self._sources.read_fronted(first, cue)
        elif cue > first and self._tokens[cue - 1].lower in self._words.dummy:
            behind += behind < last and self._tokens[behind].lower in links
            if behind >= last or self._tokens[behind].lower not in self._words.prepositions:
                return None
            source = self._subjects.read_phrase(behind + 1, last)
        else:
            return None
        if source is None or not self._subjects.is_source(source):
            return None
        for index in range(max(behind, source.last), min(last, cue + _MAX_SOURCE)):
            if self._tokens[index].lower in self._sets.conjunctions:
                if index + 1 >= last:
                    return None
                piece = (index + 1, self._clauses.end_of(index + 1, last))
                if not self._is_statement(piece):
                    return None
                place = min(cue, source.first)
                return Report("clause", (piece,), source, self._tokens[cue].text, place)
        return None

    def _read_clause(
        self, cue: int, finite: int, first: int, last: int, sentence: Sentence
    ) -> Report | None:
        forms = self._stating[self._tokens[cue].lower]
        for form in self._complements.choose(forms, cue, last):
            found = self._complements.find(form, cue, last)
            if found is None or self._subjects.is_denied(form, finite, cue, found.start):
                continue
            start = found.start
            subject = self._subjects.find(
                finite, cue, found.limit, first, takes_object=form.takes_infinitive
            )
            mention = subject.mention
            if mention is None and not (
                subject.is_left_out and sentence.line in self._heading_lines
            ):
                continue
            if mention is not None and not self._subjects.is_source(mention):
                continue
            if form.form in self._sets.asking and self._asks_for_paper(finite, mention):
                continue  # "sier Nes når VG spør om han angrer"
            if mention is not None and finite == sentence.first < mention.first:
                continue  # "Mener Nes at …, så …": a condition.
            if form.needs_document:
                mention = self._subjects.find_document(mention, cue)
                if mention is None:
                    continue
            if mention is not None and start <= mention.first < found.limit:
                start = self._skip_adverbs(mention.last, found.limit)
                if not self._complements.is_bare(start, found.limit):
                    continue
            end = self._clauses.end_of(start, last, is_relative=subject.is_relative)
            pieces = self._with_front((start, end), mention, cue, finite, first)
            is_urged = form.form in self._sets.urging  # "Lederen ba regjeringen snu"
            whole = self._is_statement(pieces[-1], goes_on=is_urged)
            if not whole or self._spoken[start : start + 1] == b"\x02":
                continue
            if mention is not None:
                self._subjects.note(mention)
            place = min(cue, mention.first) if mention is not None else cue
            return Report("clause", pieces, mention, self._tokens[cue].text, place)
        return None

    def _asks_for_paper(self, finite: int, mention: Mention | None) -> bool:
        """Whether it is the paper that asks, whose question nobody else has said."""
        names = (
            self._names.ending.get(finite),  # "svarte ja da VG spurte ham"
            None if mention is None else self._names.starting.get(mention.first),
        )
        return any(name is not None and self._sets.is_paper(name.text) for name in names)

    def _skip_adverbs(self, index: int, last: int) -> int:
        while index < last and self._finite.is_adverb(index):
            index += 1
        return index

    def _with_front(
        self,
        piece: tuple[int, int],
        mention: Mention | None,
        cue: int,
        finite: int,
        first: int,
    ) -> tuple[tuple[int, int], ...]:
        """A clause with its subject in front of the verb: *Forslaget mener Nes er godt*."""
        start, _ = piece
        opening = self._clauses.skip_edge(self._clauses.start_of(finite, first), cue)
        while opening < finite and self._tokens[opening].lower in self._sets.joints:
            opening += 1
        if (
            mention is None
            or mention.first < cue
            or mention.last < start - 2
            or opening >= finite
            or not self._finite.is_finite(start)
            or self._tokens[opening].lower in self._words.adverbs
            or self._tokens[opening].lower in self._words.prepositions
        ):
            return (piece,)
        return ((opening, finite), piece)


def _drop_doubles(reports: list[Report]) -> list[Report]:
    """One report for each stretch, in order of place; the first one read stays."""
    seen: set[tuple[int, int]] = set()
    kept = []
    for report in reports:
        key = (report.pieces[0][0], report.pieces[-1][1])
        if key not in seen:
            seen.add(key)
            kept.append(report)
    return kept
