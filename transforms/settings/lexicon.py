"""A language's lexicon: its words, its verbs, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from newsbeam.transforms.settings.lexicon_fields import LexiconFields
from newsbeam.transforms.settings.lexicon_words import LexiconWords

# Words of a title between a verb and a name.
MAX_TITLE = 4
PARTICLE_GAP = " … "


class Verb(NamedTuple):
    """A finite verb form that ascribes words to a speaker.

    ``particle`` closes a clause that the subject opens (*la Hansen til*). ``manner`` verbs
    (*smiler*) report only right after speech; ``impersonal`` ones have a dummy subject, and the
    source follows a preposition (*heter det i rapporten*).
    """

    form: str
    particle: str | None = None
    manner: bool = False
    impersonal: bool = False


class Lexicon(LexiconFields):
    """The words by which quotes and their speakers are found in one language."""

    @cached_property
    def verbs(self) -> dict[str, tuple[Verb, ...]]:
        """Every verb that can report, by its form; one form may stand with several particles."""
        found: dict[str, list[Verb]] = {}
        for forms, manner, impersonal in (
            (self.reporting_verbs, False, False),
            (self.manner_verbs, True, False),
            (self.impersonal_verbs, False, True),
        ):
            for entry in forms:
                form, _, particle = entry.partition(PARTICLE_GAP)
                verb = Verb(form, particle or None, manner, impersonal)
                found.setdefault(form, []).append(verb)
        return {form: tuple(verbs) for form, verbs in found.items()}

    def tells_how(self, before: Sequence[str], word: str = "", behind: str = "") -> bool:
        """Whether ``word``, right behind a name, says how somebody speaks: *sier Nes bestemt*.

        ``before`` are the words right before the name, ``behind`` is the one that follows, all in
        lower case. What a name in s owns would be a noun, or have one behind it.
        """
        words = self.words
        if (
            not word.endswith(self.adverb_endings)
            or words.role_stem(word) == word
            or words.is_collective(word)
            or (behind[:1].isalnum() and behind not in words.closed)
        ):
            return False
        for token in reversed(before):
            if token in self.verbs or not token[0].isalnum():
                return token in self.verbs
        return False

    @cached_property
    def words(self) -> LexiconWords:
        """The fields as sets, for look-ups."""
        return LexiconWords(self)
