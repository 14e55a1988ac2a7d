"""What a language's reported statements look like: the ``statements:`` part of ``quotes:``.

Every field is a tuple of words in lower case. Without ``stating_verbs`` a language has none.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from pydantic import Field

from newsbeam.transforms.settings.base import Settings

LINK_GAP = " … "
# A medium's name of so many letters is no ending of others: "TT" is none of "rätt".
_MAX_ACRONYM = 3


class StatingVerb(NamedTuple):
    """A form of a verb that reports a clause.

    ``link`` are the words that must stand right before the clause: ("fast",) in *slår Nes fast
    at*. ``takes_infinitive`` verbs report an infinitive too (*krever å*), ``takes_bare`` ones a
    clause without a conjunction (*mener han lyver*); ``needs_document`` ones only what a document
    says (*rapporten viser at*).
    """

    form: str
    link: tuple[str, ...] = ()
    takes_infinitive: bool = False
    takes_bare: bool = False
    needs_document: bool = False


class StatementLexicon(Settings):
    """The words by which reported statements are found in one language.

    In the lists of verbs every form stands by itself, and words that must stand right before the
    reported clause follow " … ": "slår … fast".
    """

    stating_verbs: tuple[str, ...] = Field(
        (), description="Verbs that report a clause: 'sier', 'legger … til', 'er … klar på'."
    )
    demanding_verbs: tuple[str, ...] = Field(
        (), description="Those that report an infinitive too: 'krever', 'advarer … mot'."
    )
    document_verbs: tuple[str, ...] = Field(
        (), description="Those that report only with a document as their subject: 'viser'."
    )
    bare_verbs: tuple[str, ...] = Field(
        (), description="Forms whose clause may lack its conjunction: 'mener' (han lyver)."
    )
    thinking_verbs: tuple[str, ...] = Field(
        (), description="Those of the bare verbs that take hardly anything but a clause: 'mener'."
    )
    postpositions: tuple[str, ...] = Field(
        (), description="Prepositions that may stand behind their noun: 'siden' (for et år siden)."
    )
    nonfinite_forms: tuple[str, ...] = Field(
        (),
        description="Which forms are participles or infinitives alone, and so need an auxiliary "
        "verb: 'sagt', 'si'.",
    )
    asking_verbs: tuple[str, ...] = Field(
        (), description="Forms whose clause 'whether_words' may open: 'spør' (om det er sant)."
    )
    whether_words: tuple[str, ...] = Field((), description="Which of the question words: 'om'.")
    passive_verbs: tuple[str, ...] = Field(
        (), description="Passive forms whose source follows a preposition: 'hevdes' (det i …)."
    )
    separate_roles: tuple[str, ...] = Field(
        (),
        description="Role nouns for somebody outside the story, who is nobody known by another "
        "role: 'dommer', 'aktor'.",
    )
    paper_nouns: tuple[str, ...] = Field(
        (), description="Nouns for media, which stand for the one named last: 'avis', 'kanal'."
    )
    paper_names: tuple[str, ...] = Field(
        (),
        description="How names of media end, in lower case: 'posten'; of three letters or fewer, "
        "whole words: 'vg'.",
    )
    party_nouns: tuple[str, ...] = Field((), description="The same for parties: 'parti'.")
    body_nouns: tuple[str, ...] = Field(
        (), description="The same for companies and other organisations: 'selskap', 'klubb'."
    )
    opinion_nouns: tuple[str, ...] = Field(
        (), description="'opinion' in 'in X's opinion': 'mening' (etter Hansens mening)."
    )
    opinion_openers: tuple[str, ...] = Field((), description="'in' of such a phrase: 'etter'.")
    comparisons: tuple[str, ...] = Field(
        (), description="'as' in 'as X sees it', which 'viewing_verbs' close: 'slik'."
    )
    viewing_verbs: tuple[str, ...] = Field((), description="'sees' in 'as X sees it': 'ser'.")
    conjunctions: tuple[str, ...] = Field((), description="'that': 'at'.")
    question_words: tuple[str, ...] = Field((), description="'whether', 'what', 'how': 'om'.")
    infinitive_markers: tuple[str, ...] = Field((), description="'to': 'å'.")
    relatives: tuple[str, ...] = Field((), description="'who', 'which': 'som'.")
    perfect_auxiliaries: tuple[str, ...] = Field((), description="'has', 'had', 'have'.")
    perfect_infinitives: tuple[str, ...] = Field(
        (), description="'have' in 'is said to have told', the infinitive alone: 'ha'."
    )
    hearsay_auxiliaries: tuple[str, ...] = Field((), description="'is said to': 'skal'.")
    modal_auxiliaries: tuple[str, ...] = Field((), description="'can', 'must'; not 'will'.")
    negations: tuple[str, ...] = Field((), description="'not', 'never': nothing was said.")
    conditions: tuple[str, ...] = Field((), description="'if': nothing was said yet.")
    contrasts: tuple[str, ...] = Field(
        (), description="Words behind a comma that end the reported clause: 'mens', 'noe'."
    )
    parallels: tuple[str, ...] = Field(
        (), description="'while': ends the reported clause where another report follows."
    )
    lasting_verbs: tuple[str, ...] = Field(
        (), description="Finite forms that go on with a clause behind 'and': 'er', 'kan'."
    )
    joints: tuple[str, ...] = Field((), description="'and', 'but' between clauses.")
    masculine_forms: tuple[str, ...] = Field((), description="'him', 'his' (opinion): 'ham'.")
    feminine_forms: tuple[str, ...] = Field((), description="'her': 'henne', 'hennes'.")
    plural_forms: tuple[str, ...] = Field((), description="'them', 'their': 'dem', 'deres'.")
    urging_verbs: tuple[str, ...] = Field(
        (), description="Forms with an object and an infinitive without its marker: 'ber' (ham gå)."
    )
    telling_verbs: tuple[str, ...] = Field(
        (), description="Forms with an object before their bare clause: 'told' (her he lied)."
    )
    gerund_endings: tuple[str, ...] = Field(
        (),
        description="Endings behind the preposition of a demanding verb, where it takes no "
        "infinitive: 'ing' in 'accused her of lying'.",
    )
    infinitive_endings: tuple[str, ...] = Field((), description="Endings of infinitives: 'e'.")
    short_infinitives: tuple[str, ...] = Field((), description="Infinitives without: 'gå', 'ta'.")
    reflexives: tuple[str, ...] = Field((), description="'himself', 'themselves': 'seg'.")
    things: tuple[str, ...] = Field(
        (), description="'it', for an institution spoken of before: 'den'."
    )
    finite_verbs: tuple[str, ...] = Field(
        (), description="Common finite forms, so that clauses are told from noun phrases."
    )
    noun_endings: tuple[str, ...] = Field(
        (), description="Endings of definite nouns, as subjects have them: 'en', 'ene'."
    )
    finite_endings: tuple[str, ...] = Field(
        (), description="Endings of finite forms, trusted only behind a subject: 'er', 'te'."
    )

    @cached_property
    def verbs(self) -> dict[str, tuple[StatingVerb, ...]]:
        """Every stating verb by its form, those with the longest link first."""
        bare = frozenset(self.bare_verbs)
        found: dict[str, list[StatingVerb]] = {}
        for forms, infinitive, document in (
            (self.stating_verbs, False, False),
            (self.demanding_verbs, True, False),
            (self.document_verbs, False, True),
        ):
            for entry in forms:
                form, _, link = entry.partition(LINK_GAP)
                verb = StatingVerb(form, tuple(link.split()), infinitive, form in bare, document)
                found.setdefault(form, []).append(verb)
        return {
            form: tuple(sorted(verbs, key=lambda verb: -len(verb.link)))
            for form, verbs in found.items()
        }

    @cached_property
    def participles(self) -> frozenset[str]:
        """Participles and infinitives that report without any further word: *sagt*."""
        plain = {form for form, verbs in self.verbs.items() if any(not verb.link for verb in verbs)}
        return frozenset(plain.intersection(self.nonfinite_forms))

    @cached_property
    def finite(self) -> frozenset[str]:
        """The forms that are no participle and no infinitive, and the auxiliaries."""
        forms = self.sets
        return frozenset(self.verbs.keys() - forms.nonfinite) | forms.finite | forms.auxiliaries

    @cached_property
    def sets(self) -> _Sets:
        """The fields as sets, for look-ups."""
        return _Sets(self)


class _Sets:
    """Sets over a statement lexicon's fields."""

    def __init__(self, lexicon: StatementLexicon) -> None:
        self.nonfinite = frozenset(lexicon.nonfinite_forms)
        self.passive: dict[str, set[str]] = {}
        for form, _, link in (entry.partition(LINK_GAP) for entry in lexicon.passive_verbs):
            self.passive.setdefault(form, set()).add(link)
        self.apart = frozenset(lexicon.separate_roles)
        self.papers = tuple(lexicon.paper_nouns)
        self._papers = tuple(end for end in lexicon.paper_names if len(end) > _MAX_ACRONYM)
        self._acronyms = frozenset(lexicon.paper_names).difference(self._papers)
        self.parties = tuple(lexicon.party_nouns)
        self.bodies = tuple(lexicon.body_nouns)
        self.opinions = frozenset(lexicon.opinion_nouns)
        self.openers = frozenset(lexicon.opinion_openers)
        self.comparisons = frozenset(lexicon.comparisons)
        self.viewing = frozenset(lexicon.viewing_verbs)
        self.conjunctions = frozenset(lexicon.conjunctions)
        self.questions = frozenset(lexicon.question_words)
        self.thinking = frozenset(lexicon.thinking_verbs)
        self.postpositions = frozenset(lexicon.postpositions)
        self.asking = frozenset(lexicon.asking_verbs)
        self.whether = frozenset(lexicon.whether_words)
        self.markers = frozenset(lexicon.infinitive_markers)
        self.complementizers = self.conjunctions | self.questions | self.markers
        self.relatives = frozenset(lexicon.relatives)
        self.perfect = frozenset(lexicon.perfect_auxiliaries)
        self.have = frozenset(lexicon.perfect_infinitives)
        self.hearsay = frozenset(lexicon.hearsay_auxiliaries)
        self.modal = frozenset(lexicon.modal_auxiliaries)
        self.auxiliaries = self.perfect | self.have | self.hearsay | self.modal
        self.negations = frozenset(lexicon.negations)
        self.conditions = frozenset(lexicon.conditions)
        self.contrasts = frozenset(lexicon.contrasts)
        self.parallels = frozenset(lexicon.parallels)
        self.lasting = frozenset(lexicon.lasting_verbs)
        self.joints = frozenset(lexicon.joints)
        self.masculine = frozenset(lexicon.masculine_forms)
        self.plural = frozenset(lexicon.plural_forms)
        self.oblique = self.masculine | self.plural | frozenset(lexicon.feminine_forms)
        self.urging = frozenset(lexicon.urging_verbs)
        self.telling = frozenset(lexicon.telling_verbs)
        self.gerunds = tuple(lexicon.gerund_endings)
        self.infinitive_endings = tuple(lexicon.infinitive_endings)
        self.infinitives = frozenset(lexicon.short_infinitives)
        self.reflexives = frozenset(lexicon.reflexives)
        self.things = frozenset(lexicon.things)
        self.finite = frozenset(lexicon.finite_verbs)
        self.nouns = tuple(lexicon.noun_endings)
        self.endings = tuple(lexicon.finite_endings)

    def is_paper(self, name: str) -> bool:
        """Whether a name is that of a medium: it ends like one, or is its short name."""
        lower = name.lower()
        return lower.endswith(self._papers) or lower.rpartition(" ")[2] in self._acronyms
