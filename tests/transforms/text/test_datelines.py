from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from newsbeam.transforms.text.datelines import BESIDE_DATES, has_date_label, list_datelines

OSLO = ZoneInfo("Europe/Oslo")


def read(line: str, language: str | None = None, *, loose: bool = False) -> list[tuple[str, str]]:
    found = list_datelines(line, OSLO, language, loose=loose)
    return [
        (d.role, d.instant.date().isoformat() if d.is_day else f"{d.instant:%FT%H:%M}")
        for d in found
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Sist oppdatert 21.11.2026 15:10. Publisert 20.11.2026 14:30",
            [("updated", "2026-11-21T15:10"), ("published", "2026-11-20T14:30")],
        ),
        (
            "Publisert: fredag 20. november 2026 - 14:30 Sist oppdatert: laurdag 21.11.2026 - 9:05",
            [("published", "2026-11-20T14:30"), ("updated", "2026-11-21T09:05")],
        ),
        ("Lagt ut 20.11.2026", [("published", "2026-11-20")]),
        ("Publiceret d. 20. november 2026 kl. 14.30", [("published", "2026-11-20T14:30")]),
        ("Publiceret den 20. november 2026 kl. 14.30", [("published", "2026-11-20T14:30")]),
        ("Publicerad 20 nov 2026 kl 14.30", [("published", "2026-11-20T14:30")]),
        ("Uppdaterad: 20 november 2026", [("updated", "2026-11-20")]),
        ("Published November 20, 2026 at 2:30 p.m.", [("published", "2026-11-20T14:30")]),
        ("Veröffentlicht am 20. November 2026 um 14:30 Uhr", [("published", "2026-11-20T14:30")]),
        ("Stand: 20.11.2026, 14:30 Uhr", [("updated", "2026-11-20T14:30")]),
        ("20. november 2026 (oppdatert 21. november 2026)",
         [("", "2026-11-20"), ("updated", "2026-11-21")]),
        ("2026-11-20 14.30", [("", "2026-11-20T14:30")]),
        ("20. november 2026 | 14.30", [("", "2026-11-20T14:30")]),
        ("Av Siri Haugland | 20. november 2026 | 3 min lesetid", [("", "2026-11-20")]),
        ("Siri Haugland, 20. november 2026", [("", "2026-11-20")]),
        ("Von Klara Weiß am 20. November 2026", [("", "2026-11-20")]),
        ("20.11.2026 20.11.2026", [("", "2026-11-20")]),
        # a date of something else, or none
        ("Folkemøtet er 12. april 2026 klokka 18.00 på rådhuset.", []),
        ("Frist for innlevering: 12. april 2026", []),
        ("Program 17. mai 2026:", []),
        ("12.–14. mai 2026", []),
        ("12. mai 2026 – 14. mai 2026", []),
        ("Ole, 12. mai 2026 døde hun", []),
        ("© 2026 Avisa", []),
        ("", []),
        ("1" * 300, []),
    ],
)  # fmt: skip
def test_the_words_beside_a_date_say_what_it_is_of(
    line: str, expected: list[tuple[str, str]]
) -> None:
    assert read(line) == expected


def test_numbers_that_mean_two_days_need_a_weekday_or_a_language() -> None:
    assert read("03/04/2026") == read("03/04/2026", "en") == []
    assert read("03/04/2026", "en-US") == [("", "2026-03-04")]
    for language in ("en-GB", "nb", "nn-NO", "da", "sv", "de"):
        assert read("03/04/2026", language) == [("", "2026-04-03")]
    assert read("Wed, 03/04/2026", "en-GB") == [("", "2026-03-04")]
    # The 7th of November and the 11th of July 2023 are both Tuesdays.
    assert read("Tue, 07/11/2023") == []


def test_in_an_element_that_is_called_a_date_some_words_are_let_pass() -> None:
    assert read("Saarland 20.11.2026") == []
    assert read("Saarland 20.11.2026", loose=True) == [("", "2026-11-20")]
    assert read("Møtet begynner presis den 20.11.2026", loose=True) == [("", "2026-11-20")]
    assert read("Det store møtet begynner presis 20.11.2026", loose=True) == []


@given(st.text(max_size=120))
def test_any_line_has_dates_or_none(line: str) -> None:
    assert isinstance(list_datelines(line, OSLO, "en-US", loose=True), list)
    assert has_date_label(line) in ("", "published", "updated")


LABELS = ["", "Publisert", "Published", "Publicerad", "Publiceret", "Veröffentlicht am"]
WORDS = st.lists(
    st.text(st.sampled_from("abcdefghijklmnoprstuvyæøåöäü"), min_size=4, max_size=9),
    min_size=1,
    max_size=4,
)


@given(
    day=st.dates(date(1995, 1, 1), date(2100, 1, 1)),
    label=st.sampled_from(LABELS),
    form=st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d"]),
    words=WORDS,
    is_before=st.booleans(),
)
def test_what_is_not_understood_whole_is_not_believed(
    day: date, label: str, form: str, words: list[str], is_before: bool
) -> None:
    written = f"{label} {day.strftime(form)}".strip()
    assert [found.instant.date() for found in list_datelines(written, OSLO)] == [day]
    around = " ".join(words)
    line = f"{around} {day.strftime(form)}" if is_before else f"{written} {around}"
    assume(not BESIDE_DATES & set(words) and not has_date_label(around))
    assert list_datelines(line, OSLO) == []
