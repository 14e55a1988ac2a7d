"""Institutions by their full names: *retten* is the *Sunnmøre herredsrett* named before."""

from __future__ import annotations

from bisect import bisect_right

from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, list_between
from newsbeam.transforms.settings.lexicon import Lexicon

# A shorter noun proves nothing at the end of another: "råd" in "byråd".
_MIN_NOUN = 4
# Words of a name before its acronym in brackets.
_MAX_WORDS = 7
# Of the institutions that a text names, so many of the last are compared.
_MAX_COMPARED = 20


class Institutions:
    """The institutions of one text: a name and a noun for a group, or a name that ends in one."""

    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._tokens = cut.tokens
        self._words = lexicon.words
        self._sets = lexicon.statements.sets
        self._bodies: list[tuple[int, str, bool]] = []
        self._places: list[int] = []
        self._found: list[tuple[str, str, bool]] = []
        self._acronyms: dict[str, str] = {}
        for index in list_between(cut.find_words({"("}), 0, len(cut.tokens) - 2):
            self._read_acronym(cut, index)
        for name in names.all:
            if name.is_person:
                continue
            before = cut.tokens[name.first - 1].lower if name.first else ""
            is_oblique = before in self._words.prepositions
            behind = cut.tokens[name.last] if name.last < len(cut.tokens) else None
            kind, end = name.text.split()[-1].lower(), name.start + len(name.text)
            if (
                behind is not None
                and behind.text[0].islower()
                and name.end + 1 == behind.start
                and self._words.is_collective(behind.lower)
            ):
                kind, end = behind.lower, behind.end
            if names.labels.is_body(name.first):
                self._bodies.append((name.first, name.full, is_oblique or name.is_genitive))
            first, last = names.labels.span(name.first)
            full = cut.text[name.start : end]
            if names.labels.is_body(name.first) and last - first > 1:
                # A name may hold plain words: "Statens vegvesen", "Universitetet i Bergen".
                full = max(full, names.labels.by_token[name.first].text, key=len)
                end_word = cut.tokens[last - 1].lower
                self._add(name.first, cut.tokens[first].lower, full, is_oblique)
                if end_word != kind:
                    self._add(name.first, end_word, full, is_oblique)
            self._add(name.first, kind, full, is_oblique)

    def _add(self, place: int, kind: str, full: str, is_oblique: bool) -> None:
        self._places.append(place)
        self._found.append((kind, full, is_oblique))

    def _read_acronym(self, cut: Segmentation, index: int) -> None:
        """*Statistisk sentralbyrå (SSB)* around the bracket at a token."""
        inner, closing = cut.tokens[index + 1 : index + 3]
        if closing.text != ")" or not inner.text.isupper() or len(inner.text) < 2:
            return
        for first in range(index - 1, max(index - _MAX_WORDS, 0) - 1, -1):
            token = cut.tokens[first]
            if not token.is_word:
                return
            if token.is_capitalised and token.text[0] == inner.text[0]:
                full = cut.text[token.start : cut.tokens[index - 1].end]
                if " " in full:
                    self._acronyms.setdefault(inner.text, full)
                    return

    def find(self, mention: Mention) -> str | None:
        """The institution that a definite noun means: the last before it, or the next.

        One behind a preposition (*anke til Frostating lagmannsrett*) is only the second choice.
        ``None`` where the text names none of the kind.
        """
        index = mention.head
        if self._tokens[index].text in self._acronyms:
            return self._acronyms[self._tokens[index].text]
        noun = self._tokens[index].lower
        if mention.last > index + 1:
            return None
        bare = [stem for stem in self._words.stems(noun) if stem != noun]
        stems = tuple(
            stem
            for one in bare
            for stem in (one, one + "e")  # "fylkeskommunen"
            if len(stem) >= _MIN_NOUN
        )
        if not stems:
            return None
        at = bisect_right(self._places, index)
        near = self._found[max(at - _MAX_COMPARED, 0) : at][::-1]
        near += self._found[at : at + _MAX_COMPARED]
        # "Kunnskapsdepartementet" is "departementet", too, and "Norges Bondelag" "Bondelaget".
        ends = (*stems, noun) if self._words.is_collective(noun) else ()
        fitting = [
            (is_oblique, full)
            for kind, full, is_oblique in near
            if kind.endswith(ends) or (kind in (*stems, noun) and full.lower() != kind)
        ]
        if fitting:
            return min(fitting, key=lambda one: one[0])[1]
        return self._find_body(stems, index)

    def _find_body(self, stems: tuple[str, ...], index: int) -> str | None:
        """The paper, party or company that a noun before token ``index`` means: the last named.

        Only a company must be more than mentioned in passing: *avtalen med Equinor* makes none.
        """
        at = bisect_right(self._bodies, index, key=lambda body: body[0])
        near = self._bodies[max(at - _MAX_COMPARED, 0) : at][::-1]
        for nouns, is_kind in (
            (self._sets.papers, self._is_paper),
            (self._sets.parties, self._words.persons.parties.__contains__),
        ):
            if any(stem.endswith(nouns) for stem in stems):
                return next((full for _, full, _ in near if is_kind(full)), None)
        if not any(stem.endswith(self._sets.bodies) for stem in stems):
            return None
        others = (full for _, full, in_passing in near if not (in_passing or self._is_paper(full)))
        return next(others, None)

    def _is_paper(self, name: str) -> bool:
        return self._sets.is_paper(name)
