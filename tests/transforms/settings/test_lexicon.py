"""The lexicon's look-ups and its faults."""

from __future__ import annotations

import pickle

import pytest
from pydantic import ValidationError

from newsbeam.transforms.enrich.quotes import find_quotes
from newsbeam.transforms.settings.lexicon import Lexicon, Verb
from tests.support.quoted import lexicon

SMALL = Lexicon(
    reporting_verbs=("says", "adds", "adds … up"),
    impersonal_verbs=("reads",),
    manner_verbs=("smiles",),
    role_nouns=("minister", "mor", "kone"),
    definite_endings=("en", "a"),
    attributing_prepositions=("according to",),
)


def test_verbs_know_their_particles_and_kinds() -> None:
    assert SMALL.verbs["adds"] == (Verb("adds"), Verb("adds", particle="up"))
    assert SMALL.verbs["reads"][0].impersonal
    assert SMALL.verbs["smiles"][0].manner


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("minister", "minister"),
        ("statsministeren", "statsminister"),
        ("mora", "mor"),
        ("humor", None),
        ("legekona", "legekone"),
        ("håkon", None),  # what has no ending lacks no letter
        ("bil", None),
    ],
)
def test_role_nouns_cover_compounds(word: str, stem: str | None) -> None:
    assert SMALL.words.role_stem(word) == stem


def test_a_few_fields_make_a_lexicon() -> None:
    (quote,) = find_quotes("“We are ready,” says Ann Lee.", SMALL)
    assert quote.speaker == "Ann Lee"
    assert find_quotes("– Vi er klare, sier hun.", Lexicon())[0].speaker is None


def test_unknown_keys_are_faults() -> None:
    with pytest.raises(ValidationError, match="verbz"):
        Lexicon.model_validate({"verbz": ("says",)})


def test_what_is_remembered_of_words_stays_in_its_process() -> None:
    words = lexicon("nb").words
    before = len(pickle.dumps(words))
    for number in range(1000):
        assert not words.is_collective(f"ord{number}")
    assert len(pickle.dumps(words)) == before
    copy = pickle.loads(pickle.dumps(words))  # noqa: S301
    assert copy.is_collective("politiet")
    assert copy.role_stem("navneforskeren") == "navneforsker"
