import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.text.languages import check_language, detect_language, normalize_tag
from tests.support.workplace import SHARED

BOKMAAL = (
    "Ordføreren vet ikke hva kommunen skal gjøre med den gamle skolen.\n"
    "Bygget har stått tomt siden i fjor, og flere vil rive det. Hun sier at det ble dyrt."
)
NYNORSK = (
    "Ordføraren veit ikkje kva kommunen skal gjere med den gamle skulen.\n"
    "Bygget har stått tomt sidan i fjor, og fleire vil rive det. Ho seier at det vart dyrt."
)
SWAHILI = "Mkuu wa mkoa amesema kuwa barabara mpya itajengwa mwaka huu. " * 6
DATA = SHARED


@pytest.mark.parametrize("declared", ["no", "nb", "nn", "nb-NO", "nn_NO", "nor", None])
def test_norwegian_is_decided_by_the_text(declared: str | None) -> None:
    assert detect_language(BOKMAAL, declared) == "nb"
    assert detect_language(NYNORSK, declared) == "nn"


def test_quotes_in_the_other_standard_do_not_flip_it() -> None:
    quote = "\n– Eg veit ikkje kva eg skal seie, dei kom ikkje frå noko, det vart berre meir.\n"
    assert detect_language(BOKMAAL + quote * 5, "no") == "nb"
    inside = " Han sa: «Eg er ikkje ein av dei som veit kva dei vil, og vart ikkje noko.»"
    assert detect_language(BOKMAAL + inside * 5, "no") == "nb"


def test_quotes_decide_where_there_is_nothing_else() -> None:
    assert detect_language("– Eg veit ikkje kva dei vil, seier ho.", "no") == "nn"


def test_without_evidence_the_declared_standard_wins_else_bokmaal() -> None:
    assert detect_language("Brann 2-1 Molde", "nn") == "nn"
    assert detect_language("Brann 2-1 Molde", "nb") == "nb"
    assert detect_language("Brann 2-1 Molde", "no") == "nb"


def test_another_declared_language_is_kept() -> None:
    assert detect_language(BOKMAAL, "sv_SE") == "sv-SE"


def test_undeclared_is_identified() -> None:
    assert detect_language("The council has not decided what to do with it. " * 5, None) == "en"
    assert detect_language("1234 – !", None) == "und"
    assert detect_language("", None) == "und"


def test_a_pages_statement_yields_to_a_confident_finding_only() -> None:
    assert check_language(SWAHILI, "en-US") == "sw"
    assert check_language(BOKMAAL * 2, "en") == "nb"
    assert check_language("Kort tekst.", "en-US") == "en-US"
    assert check_language(NYNORSK * 2, "nb") == "nn"
    assert check_language(SWAHILI, None) == "sw"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        *[("nb_no", "nb-NO"), ("EN", "en"), ("zh-hant-tw", "zh-Hant-TW"), ("en_US.UTF-8", "en-US")],
        *[("", None), (None, None), ("und", None), ("x-default", None), ("norsk språk", None)],
    ],
)
def test_tags_are_normalized(tag: str | None, expected: str | None) -> None:
    assert normalize_tag(tag) == expected


@given(st.text(), st.none() | st.text(max_size=12))
def test_any_text_has_a_language(text: str, declared: str | None) -> None:
    assert detect_language(text, declared)


@pytest.mark.parametrize("name", ["ner/nb-dev.jsonl", "ner/nn-dev.jsonl", "quotes/dev.jsonl"])
def test_standards_of_the_development_sets(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip("needs the development data in ../shared")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    right = sum(detect_language(row["text"], "no") == row["language"] for row in rows)
    assert right / len(rows) >= 0.995
