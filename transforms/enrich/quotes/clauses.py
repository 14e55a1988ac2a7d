"""Clauses in a text without a syntax tree: where they begin and end."""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.attributions import Attribution, AttributionReader
from newsbeam.transforms.enrich.quotes.finite_verbs import MAX_FRONT, FiniteVerbs
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.subject_first import SubjectFirstReader
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.text.characters import OPENING_MARKS

# A reported clause of more tokens than this ends there: it keeps nested ones linear. Ours.
MAX_CLAUSE = 100
# Tokens from a verb to the words that belong to it: "legger … til".
_MAX_LINK = 8
# Tokens from "and" to the finite verb of a new clause.
_MAX_NEW = 12
# Tokens from an auxiliary to its participle: "har tidligere sagt".
_MAX_TO_STATE = 4
_STOPS = frozenset("!?…;:")


class ClauseReader:
    """Reads the clauses of one text."""

    def __init__(
        self, cut: Segmentation, names: Names, reader: AttributionReader, lexicon: Lexicon
    ) -> None:
        self._tokens = cut.tokens
        self._lower = cut.words
        self._names = names
        self._reader = reader
        self._saying = lexicon.verbs
        self._words = lexicon.words
        self._stating = lexicon.statements.verbs
        self._sets = lexicon.statements.sets
        self.verbs = FiniteVerbs(cut, names, lexicon)
        self.subject_first = SubjectFirstReader(cut, names, reader, lexicon)
        hanging = self._words.prepositions | self._words.adverbs | self._words.subordinating
        self._hanging = hanging | self._sets.joints
        self._opening = self._words.subordinating - self._words.conjunctions
        # What opens a clause behind a comma.
        self._parting = self._sets.contrasts | (self._opening - self._sets.relatives)

    def skip_edge(self, first: int, last: int) -> int:
        """The first word among tokens."""
        while first < last and not self._tokens[first].is_word:
            first += 1
        return first

    def start_of(self, finite: int, first: int) -> int:
        """The token at which the clause of a finite verb begins, not before ``first``."""
        tokens = self._tokens
        floor = max(first, finite - MAX_FRONT)
        name = self._names.ending.get(finite)
        if (
            name is not None
            and name.first - 1 > first
            and self._starts_spliced(name.first, first, finite + 1)
        ):
            return name.first
        for index in range(finite - 1, floor - 1, -1):
            token = tokens[index]
            if token.text in _STOPS:
                return index + 1
            if token.lower in self._sets.conjunctions:
                return index + 1
            behind_comma = index > first and tokens[index - 1].text == ","
            if token.lower in self._parting and index > first:
                if behind_comma:
                    return index + 1
            elif (
                token.lower in self._sets.joints
                and index > first
                and (behind_comma or self.verbs.find_finite(first, index) is not None)
            ):
                return index + 1
        return floor

    def end_of(self, first: int, last: int, *, is_relative: bool = False) -> int:
        """The token behind a reported clause that begins at ``first``.

        ``is_relative``: the reporting verb stands in a relative clause, whose own main verb
        follows a comma. Behind an infinitive no finite verb goes on.
        """
        if first >= last:
            return last
        is_infinitive = self._tokens[first].lower in self._sets.markers
        depth = 0
        stop = min(last, first + MAX_CLAUSE)
        for index in range(first, stop):
            text = self._tokens[index].text
            if text in "([":
                depth += 1
            elif text in ")]":
                depth -= 1
                if depth < 0:
                    return index
            elif depth:
                continue
            elif text == ";" or (text == ":" and not self._is_joined(index)):
                return index
            elif text == ",":
                if self._ends_at_comma(index + 1, first, last, is_relative):
                    return index
            elif self._tokens[index].lower in self._sets.joints and index > first + 1:
                twin = self.verbs.is_finite(index - 1)  # "håper og tror"
                if not twin and self.starts_predicate(index + 1, last):
                    return index
                if is_infinitive and index + 1 < last and self.verbs.is_finite(index + 1):
                    return index - (self._tokens[index - 1].text == ",")
        return stop

    def _is_joined(self, index: int) -> bool:
        """Whether a mark stands inside a number: *12:30*."""
        following = self._tokens[index + 1 : index + 2]
        return bool(following) and following[0].start == self._tokens[index].end

    def starts_predicate(self, index: int, last: int) -> bool:
        """Whether a reporting verb without a subject follows: *(og) sier at …*."""
        while index < last and self.verbs.is_adverb(index):
            index += 1
        if index >= last:
            return False
        lower = self._tokens[index].lower
        if lower in self._sets.nonfinite:
            return False
        states = (
            lower in self._words.ascribing
            or any(
                not form.link or self._has_link(form.link, index, last)
                for form in self._stating.get(lower, ())
            )
            or any(
                not (form.manner or form.impersonal or form.particle)
                for form in self._saying.get(lower, ())
            )
        )
        return states and self._has_object(index + 1, last)

    def _has_object(self, index: int, last: int) -> bool:
        """Whether something said follows a verb, and not only *(og) deler den i to*."""
        for at in range(index, min(last, index + _MAX_NEW)):
            token = self._tokens[at]
            if token.lower in self._sets.complementizers or token.text in OPENING_MARKS:
                return True
            if token.text == ":" or self.verbs.is_finite(at):
                return True
        return index < last and self._tokens[index - 1].lower in self._sets.urging

    def _has_link(self, link: tuple[str, ...], index: int, last: int) -> bool:
        """Whether a verb's other words follow it soon."""
        near = self._lower[index + 1 : min(last, index + _MAX_LINK)]
        return all(word in near for word in link)

    def _ends_at_comma(self, index: int, first: int, last: int, is_relative: bool) -> bool:
        """Whether the clause that begins at ``first`` ends at the comma before ``index``."""
        if index >= last or self.read_parenthesis(index, last) is not None:
            return True
        lower = self._tokens[index].lower
        if lower in self._sets.contrasts:  # Not "said the bridge, which is old, was closed"
            whole = lower not in self._sets.relatives
            return whole or self.verbs.find_finite(first, index - 1) is not None
        if lower in self._sets.parallels:  # "mens Nes mener at …", but not "mens det regner"
            return self._states_soon(index + 1, last)
        if lower in self._sets.joints:
            return self._starts_main_clause(index, first, last)
        if self._starts_spliced(index, first, last):
            return True
        goes_on = self.verbs.is_finite(index) or self.verbs.looks_finite(index)
        return is_relative and goes_on and self.verbs.find_finite(first, index - 1) is not None

    def _starts_spliced(self, index: int, first: int, last: int) -> bool:
        """Whether only a comma parts a name and its verb from the clause at ``first``:
        *Nes sa at han hadde vokst, Per Moe trodde …*."""
        name = self._names.starting.get(index)
        if name is None or name.is_genitive or name.last >= last:
            return False
        if self._tokens[index - 1].text != ",":
            return False
        if self._tokens[first].lower in self._words.subordinating:
            return False
        return (
            self.verbs.is_finite(name.last) and self.verbs.find_finite(first, index - 1) is not None
        )

    def _states_soon(self, index: int, last: int) -> bool:
        finite = self.verbs.find_finite(index, min(last, index + _MAX_NEW), ",")
        if finite is None or self._tokens[finite - 1].lower in self._words.dummy:
            return False  # "mens det regnet"
        ends = finite + 1 >= last or not self._tokens[finite + 1].is_word  # "noe Nes avviser"
        return (ends and self.verbs.can_state(finite)) or self.starts_predicate(finite, last)

    def _starts_main_clause(self, joint: int, first: int, last: int) -> bool:
        """Whether what follows "and" or "but" behind a comma leaves the clause at ``first``.

        A clause with a subject of its own does, unless "that" opens it. A verb alone goes on with
        the clause where that has a pronoun as its subject (*at han er trøtt, men kommer*) or
        where it is an auxiliary.
        """
        index = joint + 1
        while index < last and self._tokens[index].lower in self._sets.negations:
            index += 1
        if index + 1 >= last:
            return False
        lower = self._tokens[index].lower
        if lower in self._sets.complementizers or lower in self._sets.relatives:
            return False
        if self.starts_predicate(index, last) or self._is_to_state(index, last):
            return True
        if self.verbs.is_finite(index) or self.verbs.looks_finite(index):
            follows = self._tokens[joint].lower in self._words.conjunctions
            return follows and lower not in self._sets.lasting
        return self._has_own_subject(index, last)

    def _is_to_state(self, index: int, last: int) -> bool:
        """*(, og) har tidligere sagt*: a participle of stating behind its auxiliary."""
        return self._tokens[index].lower in self._sets.perfect and any(
            token.lower in self._sets.nonfinite
            and any(not form.link for form in self._stating.get(token.lower, ()))
            for token in self._tokens[index + 1 : min(last, index + _MAX_TO_STATE)]
        )

    def _has_own_subject(self, index: int, last: int) -> bool:
        """Whether a main clause with its own subject begins at a token."""
        lower = self._tokens[index].lower
        if (
            index + 2 < last
            and (lower in self._words.subordinating or lower in self._words.adverbs)
            and lower not in self._sets.relatives
            and self.verbs.is_finite(index + 1)
        ):
            return self._opens_subject(index + 2)  # "men der tok Nes feil"
        finite = self.verbs.find_finite(index + 1, min(last, index + _MAX_NEW), ",")
        if finite is None:
            return False
        inside = self._opening.intersection(self._lower[index:finite])
        if inside:  # "men soldatene som falt, er glemt"
            behind = self.verbs.find_finite(finite + 1, min(last, finite + _MAX_NEW))
            return behind is not None and inside <= self._sets.relatives
        before = self._tokens[finite - 1].lower
        if finite - 1 > index and before in self._words.subjects:
            return False  # "og ikke på grunn av det han har sagt"
        if lower in self._words.prepositions or lower in self._words.adverbs:
            return finite + 1 < last and self._opens_subject(finite + 1)
        return True

    def _opens_subject(self, index: int) -> bool:
        token = self._tokens[index]
        return (
            token.lower in self._words.subjects
            or token.lower in self._words.determiners
            or token.is_capitalised
            or token.lower.endswith(self._sets.nouns)
        )

    def read_parenthesis(self, index: int, last: int) -> Attribution | None:
        """The reporting clause at ``index``, behind a comma, if nothing but its subject follows."""
        first = self._words.grammar.subject_first
        if index >= last or not (first or self._tokens[index].text[0].islower()):
            return None
        found = self._reader.read_according(index, last)
        if found is None and first:
            found = self.subject_first.read_parenthesis(index, last)
        return found or self.read_inversion(index, last) or self._read_comparison(index, last)

    def read_inversion(self, index: int, last: int) -> Attribution | None:
        """*(…,) sier Hansen til NTB*, *(…,) har Hansen sagt*."""
        lower = self._tokens[index].lower
        forms = self._saying.get(lower, ())
        if forms and not all(form.manner for form in forms):
            clause = self._reader.read_inverted(index, last)
            if clause is not None and clause.mention and self._closes(clause.mention, last):
                return clause
        return self._reader.read_document(index, last)

    def _read_comparison(self, index: int, last: int) -> Attribution | None:
        """*(…,) som Hansen sier*."""
        if self._tokens[index].lower not in self._sets.comparisons:
            return None
        clause = self._reader.read_comparison(index, last)
        if clause is None or clause.mention is None:
            return None
        behind = clause.mention.last
        while behind < last and self._tokens[behind].is_word and not self.verbs.can_state(behind):
            behind += 1
        ends = behind + 1 >= last or not self._tokens[behind + 1].is_word
        return clause if ends else None

    def _closes(self, mention: Mention, last: int) -> bool:
        """Whether a subject ends its clause, but for what hangs on it."""
        index = mention.last
        if index >= last:
            return True
        token = self._tokens[index]
        if self._words.grammar.subject_first and token.lower in self._sets.auxiliaries:
            return False  # "said workers had been told"
        return (
            not token.is_word
            or token.lower in self._hanging
            or token.text[0].isdigit()
            or (mention.kind == "name" and self._words.role_stem(token.lower) is not None)
        )
