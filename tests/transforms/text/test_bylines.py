import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.text.bylines import is_desk, is_person, split_author


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Av Kari Nes og Ola Ås", ["Kari Nes", "Ola Ås"]),
        ("Kari Nes, journalist, Ola Ås, Journalist i Paris", ["Kari Nes", "Ola Ås"]),
        ("Kari Nes (tekst) og Ola Ås (foto) | NTB", ["Kari Nes", "NTB"]),
        ("Kari Nes (tekst og foto)", ["Kari Nes"]),
        ("By Jane Doe and John Roe", ["Jane Doe", "John Roe"]),
        ("Tekst: Kari Nes; Foto: Per Ek", ["Kari Nes"]),
        ("Tekst: Kari Nes Foto: Per Ek", ["Kari Nes"]),
        ("Tekst og foto: Kari Nes", ["Kari Nes"]),
        ("Ein Gastbeitrag von Klara Weiß", ["Klara Weiß"]),
        ("Ludwig von Berg", ["Ludwig von Berg"]),
        ("Klara Weiß im Gespräch mit Udo Kern", ["Klara Weiß", "Udo Kern"]),
        ("Kari Nes Journalist", ["Kari Nes"]),
        ("Staff Writer", ["Staff Writer"]),
        ("Journalist Kari Nes", ["Kari Nes"]),
        ("Skrevet av kulturjournalist Kari Nes", ["Kari Nes"]),
        ("Chief Political Editor Jane Doe", ["Jane Doe"]),
        ("Jane Doe, Political Editor", ["Jane Doe"]),
        ("Jane Doe, Health correspondent, and John Roe", ["Jane Doe", "John Roe"]),
        ("Kari Nes sportsjournalist, Ola Ås sportsjournalist", ["Kari Nes", "Ola Ås"]),
        ("By Jane Doe in Washington", ["Jane Doe"]),
        ("Av Kari Nes i Bergen", ["Kari Nes"]),
        ("Kari Nes, NTB", ["Kari Nes"]),
        ("NTB, Kari Nes", ["NTB", "Kari Nes"]),
        ("Kari Nes – Lillevik Tidende", ["Kari Nes"]),
        ("KRONIKK: Kari Nes, professor ved UiB", ["Kari Nes"]),
        ("Av Kari Nes Foto Per Ek", ["Kari Nes"]),
        ("Jane Doe, Ph.D.", ["Jane Doe"]),
        ("Siri, Per og Kari", ["Siri", "Per", "Kari"]),
        ("Kari Nes, Ola Ås, Siri", ["Kari Nes", "Ola Ås", "Siri"]),
        ("Kari Nes, Professor, UiB", ["Kari Nes"]),
        ("Recipe by Jane Doe", ["Jane Doe"]),
        ("Photograph by Jane Doe", []),
        ("Kari Nes kari@avisa.no https://facebook.com/kari", ["Kari Nes"]),
        ("https://facebook.com/avisa", []),
        ("facebook.com/avisa", []),
        ("kari[at]avisa.no", []),
        ("@avisa", []),
        *[(text, []) for text in ("No Author", "Unknown", "null", "Ukjent", "admin", "By", "")],
        *[(text, []) for text in ("Vis alle saker", "View all posts", "Mehr von", "Følg oss")],
        ("x@" * 300_000, []),
        # A stroke before an agency; a place behind a person.
        ("det/dpa", ["det/dpa"]),
        ("Kari Nes/NTB", ["Kari Nes", "NTB"]),
        ("Jens Prøve og Mette Hald /ritzau/", ["Jens Prøve", "Mette Hald", "ritzau"]),
        ("By Jane Doe, Washington", ["Jane Doe"]),
        ("By Jane Doe, New York", ["Jane Doe"]),
        ("Af Jens Prøve, København", ["Jens Prøve"]),
        # Whose pictures they are, up to the next label.
        ("Av Kari Nes. Foto: Ola Ås og Eva Li", ["Kari Nes"]),
        ("Foto: Ola Ås. Tekst: Kari Nes", ["Kari Nes"]),
        ("Foto og tekst: Kari Nes", ["Kari Nes"]),
        ("Kari Nes (foto: Ola Ås) og Eva Li", ["Kari Nes", "Eva Li"]),
        # What somebody is, writes about and for whom.
        ("Jane Doe Health correspondent", ["Jane Doe"]),
        ("By JANE DOE FOR MAILONLINE", ["JANE DOE"]),
        ("Gjesteskribent Kari Nes", ["Kari Nes"]),
        ("By Jane Doe with John Roe", ["Jane Doe", "John Roe"]),
        *[(text, []) for text in ("Om forfatteren", "Kommunedirektør i Nordvik", "Labrador CMS")],
        # Dates beside names.
        ("Publisert av Kari Nes, 4. mars 2026", ["Kari Nes"]),
        ("Posted by Jane Doe on Wednesday, March 4th, 2026", ["Jane Doe"]),
    ],
)
def test_bylines_are_split_into_names(byline: str, names: list[str]) -> None:
    assert split_author(byline) == names


def test_persons_are_told_from_desks_and_users() -> None:
    persons = ["Kari Nes", "Ludwig von Berg", "JOHN SAMPLE", "J.O. Doe", "Åse-Marie Å. Vik"]
    assert all(map(is_person, persons))
    others = [
        "Kari",
        "kari nes",
        "Avisa AS",
        "Editorial Team",
        "c1ph4 x9",
        "",
        "A. B. C. D. E. F. G",
    ]
    assert not any(map(is_person, others))
    assert is_desk("Redaksjonen")
    assert is_desk("avisa.no")
    assert not is_desk("Kari Nes")


NAME = st.from_regex(r"[A-ZÆØÅ][a-zæøå]{2,8} [A-ZÆØÅ][a-zæøå]{2,8}", fullmatch=True).filter(
    lambda name: is_person(name) and split_author(name) == [name]
)


@given(
    st.lists(NAME, min_size=1, max_size=4, unique=True),
    st.sampled_from(["Av ", "By ", "Von ", "Tekst: ", "Skrevet av ", "", "Author: "]),
    st.sampled_from([", ", " og ", " and ", " und ", " | ", "; "]),
)
def test_names_in_a_byline_are_found_whatever_joins_them(
    names: list[str], prefix: str, separator: str
) -> None:
    assert split_author(prefix + separator.join(names)) == names


@given(st.text())
def test_any_text_gives_names_with_letters(text: str) -> None:
    assert all(any(map(str.isalpha, name)) for name in split_author(text))
