"""Which names are one person: made-up cases for what counts, and that order never does."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.transforms.people.appearances import Appearance, list_appearances
from newsbeam.transforms.people.corrections import Corrections, OwnPerson
from newsbeam.transforms.people.fields import may_be_one, tell_trait
from newsbeam.transforms.people.forms import compare_forms, list_all_keys, list_own_keys, read_form
from tests.support.cast_lists import BEGIN, NAMES, Registry, appear, write_cast


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ("Mette-Marit Nes", "mette marit NES", "letters"),
        ("Tore Linné Moe", "Tore Linne Moe", "letters"),
        ("Osama bin Nes", "Osama Binnes", "letters"),
        ("Anne Grete Nes", "Anne-Grethe Nes", "sound"),
        ("Berit Harklau", "Berit Harlau", "letter"),
        ("Stig Halvorsen", "Stig Havlorsen", "letter"),
        ("Abid Q. Nes", "Abid Nes", "initial"),
        ("J. Gahr Nes", "Jonas Gahr Nes", "initial"),
        ("Gahr Nes", "Jonas Gahr Nes", "part"),
        ("Tore Nes", "Tore Linné Nes", "middle"),
        ("Kari Nes", "Kari Nes Berg", "surname"),
        ("Ola Nes", "Ole Nes", None),
        ("Kari Moe", "Kari Moen", None),
        ("Kari Nes", "Per Nes", None),
    ],
)
def test_names_differ(one: str, other: str, difference: str | None) -> None:
    assert compare_forms(read_form(one), read_form(other)) == difference
    assert compare_forms(read_form(other), read_form(one)) == difference


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_names_that_differ_in_a_known_way_share_a_key(one: str, other: str) -> None:
    short, long = sorted((read_form(one), read_form(other)), key=lambda form: (len(form), form))
    if len(short) > 1 and short != long and compare_forms(short, long) is not None:
        assert list_own_keys(short) & list_all_keys(long)


def are_one(*names: str, role: str | None = None, **told: str) -> bool:
    """Whether names, each in an article of its own, are one person's."""
    cast = [appear(f"a{at}", name, at, role=role, **told) for at, name in enumerate(names)]
    return Registry().take(*cast).count_persons() == 1


def test_spellings_are_one_person() -> None:
    assert are_one("Jonas Gahr Støre", "Jonas Gahr-Store", "Gahr Støre", "Jonas G. Støre")
    assert are_one("Anne Grete Nes", "Anne-Grethe Nes")
    assert not are_one("Ola Nes", "Ole Nes")


def test_what_sounds_alike_is_two_persons_where_both_are_common_names() -> None:
    others = [appear(f"o{i}", f"{first} {last}", i) for i, (first, last) in enumerate(
        (first, last) for first in ("Per", "Siv", "Eva") for last in ("Hansen", "Hanssen")
    )]  # fmt: skip
    registry = Registry().take(*others, appear("a", "Jon Hansen"), appear("b", "Jon Hanssen"))
    assert registry.whose("a", "Jon Hansen")[0] != registry.whose("b", "Jon Hanssen")[0]


def test_a_woman_and_a_man_are_two() -> None:
    woman = appear("a", "Kristin Halvorsen", gender="female")
    man = appear("b", "Kristina Halvorsen", gender="male")
    assert Registry().take(woman, man).count_persons() == 2


def test_a_short_form_is_nobodys_where_two_may_be_meant() -> None:
    cast = [appear("a", "Anne Lise Nes", role="lege"), appear("b", "Anne Marie Nes", role="lege")]
    registry = Registry().take(*cast, appear("c", "Anne Nes", role="lege"))
    assert registry.count_persons() == 3


def test_a_married_name_needs_something_that_both_share() -> None:
    assert are_one("Kari Nes", "Kari Nes Berg", role="statsråd")
    assert not are_one("Kari Nes", "Kari Nes Berg")
    told = Appearance("b", "Kari Nes Berg", "avisen", BEGIN, ("Kari Nes", "Kari Nes Berg"))
    assert Registry().take(appear("a", "Kari Nes"), told).count_persons() == 1


def test_two_of_one_name_stay_apart_at_one_time() -> None:
    cast = [appear(f"m{i}", "Kari Nes", i * 9, "riksavisen", role="statsråd") for i in range(5)]
    cast += [appear(f"s{i}", "Kari Nes", i * 9, "bygda", role="fotballspiller") for i in range(4)]
    silent = [appear("u", "Kari Nes", 30, "bygda"), appear("v", "Kari Nes", 30, "riksavisen")]
    registry = Registry().take(*cast, *silent, appear("l", "Nes", 20, "bygda"))
    minister, player = (registry.whose(a, "Kari Nes")[0] for a in ("m1", "s1"))
    assert minister != player
    assert registry.whose("u", "Kari Nes") == (player, "source")
    assert registry.whose("v", "Kari Nes") == (minister, "source")
    assert registry.whose("l", "Nes") == (player, "source_weeks")


def test_two_mayors_of_one_name_are_two() -> None:
    cast = [appear(f"a{i}", "Ola Lie", i, role=f"ordfører i {('Moss', 'Bodø')[i % 2]}")
            for i in range(6)]  # fmt: skip
    assert Registry().take(*cast).count_persons() == 2


def test_a_role_that_changes_is_one_person() -> None:
    cast = [appear(f"p{i}", "Ola Lie", i * 20, role="fotballspiller") for i in range(5)]
    cast += [appear(f"o{i}", "Ola Lie", 800 + i * 20, role="ordfører i Moss") for i in range(5)]
    assert Registry().take(*cast).count_persons() == 1
    assert tell_trait("tidligere fotballspiller") == "sport"
    assert may_be_one("ordforer in moss", "office")


def test_a_lone_surname_is_whom_the_source_means_in_these_weeks() -> None:
    minister = [appear(f"m{i}", "Kari Nes", i, "riksavisen") for i in range(9)]
    neighbour = [appear("n", "Ola Nes", 3, "bygda")]
    lone = [appear("x", "Nes", 4, "bygda"), appear("y", "Nes", 4, "riksavisen"),
            appear("z", "Nes", 4, "byavisa"), appear("w", "Nes", 900, "byavisa")]  # fmt: skip
    registry = Registry().take(*minister, *neighbour, *lone)
    kari, ola = registry.whose("m1", "Kari Nes")[0], registry.whose("n", "Ola Nes")[0]
    assert registry.whose("x", "Nes") == (ola, "source_weeks")
    assert registry.whose("y", "Nes") == (kari, "source_weeks")
    assert registry.whose("z", "Nes") == (kari, "weeks")
    assert registry.whose("w", "Nes") == (kari, "lake")


def test_a_lone_name_of_several_is_nobodys() -> None:
    cast = [appear(f"{name}{i}", f"{name} Nes", i) for name in ("Kari", "Ola") for i in range(3)]
    registry = Registry().take(*cast, appear("x", "Nes", 1), appear("y", "Pelé"))
    assert registry.whose("x", "Nes") == (None, "several")
    person, because = registry.whose("y", "Pelé")
    assert person is not None
    assert because == "only_name"


def test_a_first_name_says_nothing() -> None:
    cast = [appear(f"a{i}", f"Kari {last}") for i, last in enumerate(("Nes", "Moe", "Lie"))]
    registry = Registry().take(*cast, appear("x", "Kari"), appear("y", "Kari", role="dronning"))
    assert registry.whose("x", "Kari") == (None, "first_name")
    assert registry.whose("y", "Kari")[1] == "only_name"


def test_an_editor_has_the_last_word() -> None:
    pair = read_form("Kari Nes"), read_form("Fjordfrua")
    joined = Registry(Corrections(same=(frozenset(pair),)))
    joined.take(appear("a", "Kari Nes"), appear("b", "Fjordfrua"))
    assert joined.count_persons() == 1
    assert "correction" in {joined.whose("a", "Kari Nes")[1], joined.whose("b", "Fjordfrua")[1]}
    spelt = read_form("Anne Grete Nes"), read_form("Anne Grethe Nes")
    parted = Registry(Corrections(apart=frozenset({frozenset(spelt)})))
    assert parted.take(appear("a", "Anne Grete Nes"), appear("b", "Anne Grethe Nes"),
                       appear("c", "Anne G. Nes")).count_persons() > 1  # fmt: skip
    own = Registry(Corrections(own=(OwnPerson(pair[0], frozenset({"bygda"})),)))
    own.take(appear("a", "Kari Nes"), appear("b", "Kari Nes", source="bygda"))
    assert own.whose("b", "Kari Nes")[1] == "correction"
    assert own.count_persons() == 2


_SAID = Corrections(
    (frozenset({("nes",), ("ola", "nes")}),),
    frozenset({frozenset({("kari", "nes"), ("kari", "ness")})}),
    (OwnPerson(("anne", "hansen"), frozenset("b")),),
)


@settings(max_examples=settings().max_examples // 3)
@given(st.integers(0, 10**6), st.sampled_from((Corrections(), _SAID)))
def test_order_batches_and_revisions_do_not_count(seed: int, corrections: Corrections) -> None:
    pick = random.Random(seed)
    names = [f"a{at:03}" for at in range(pick.choice((3, 10, 25)))]
    final = {name: write_cast(pick, name) for name in names}
    for name in pick.sample(names, len(names) // 6):
        final[name] = []
    at_once = Registry(corrections)
    at_once.decider.take(final)
    steps = [(name, write_cast(pick, name)) for name in names for _ in range(pick.randint(0, 2))]
    pick.shuffle(steps)
    last = list(final.items())
    pick.shuffle(last)
    steps += last
    bit_by_bit = Registry(corrections)
    while steps:
        size = pick.randint(1, 6)
        bit_by_bit.decider.take(dict(steps[:size]))
        steps = steps[size:]
    assert bit_by_bit.dump() == at_once.dump()


def test_an_article_tells_who_is_in_it() -> None:
    who = {"name": "Kari Nes", "kind": "person", "role": "lege", "gender": "female",
           "gender_from": "pronoun", "affiliation": "Moss sykehus"}  # fmt: skip
    row = {
        "article_id": "a", "source": "avisen", "published_at": None, "ingested_at": BEGIN,
        "entities": [
            {"text": "Kari Nes", "label": "PER", "start": 0, "end": 8, "name": "Kari Nes"},
            {"text": "Nes'", "label": "PER", "start": 9, "end": 13, "name": "Kari Nes"},
            {"text": "Moss", "label": "GPE_LOC", "start": 20, "end": 24, "name": "Moss"},
        ],
        "quotes": [{"speaker": "Kari Nes", "speakers": [who], "is_heading": False},
                   {"speaker": "Kari Nes", "speakers": [who], "is_heading": True}],
        "statements": [{"speaker": "Kari Nes", "speakers": []}],
    }  # fmt: skip
    (found,) = list_appearances(row)
    assert (found.mentions, found.quotes, found.statements) == (2, 1, 1)
    assert found.written == ("Kari Nes", "Nes")
    assert (found.role, found.gender, found.affiliation) == ("lege", "female", "Moss sykehus")
