"""Lines as templates: equal where only numbers, dates, addresses or names differ."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsbeam.transforms.clean.boilerplate import match_rule
from newsbeam.transforms.clean.templates import (
    ALL_NAMES,
    EXACT,
    FIGURES,
    LABEL,
    NAMES,
    Template,
    compile_template,
    fill_slots,
    list_templates,
)
from newsbeam.transforms.records import Block
from newsbeam.transforms.settings.source import CleaningRule
from newsbeam.transforms.text.characters import normalize_line


def template_at(line: str, level: int) -> Template | None:
    return next((t for t in list_templates(line) if t.level == level), None)


@pytest.mark.parametrize(
    ("level", "one", "other"),
    [
        (EXACT, "Les hele saken", "→ LES HELE SAKEN".lstrip("→ ")),
        (FIGURES, "Publisert 12. mars 2024 kl. 14.05", "Publisert tirsdag 3. mai 2026"),
        (FIGURES, "Trykt 01.02.2024", "Trykt 2026-11-03"),
        (FIGURES, "Ring 99 88 77 66 nå", "Ring 02800 nå"),
        (FIGURES, "Les mer på avis.no/kultur.", "Les mer på https://www.avis.no/sport?a=1."),
        (FIGURES, "Tips @nes i dag", "Tips tips@avis.no i dag"),
        (FIGURES, "Ny podkast hver mandag!", "Ny podkast hver lørdag!"),
        (NAMES, "Av Kari Nes", "Av Ola J. Ås-Li og Marit van der Berg"),
        (NAMES, "Foto: Kari Nes / NTB", "Foto: Šuoŋŋá Eira"),
        (NAMES, "Saken er lest av Kari Nes. Den er god.", "Saken er lest av O. Ås. Den er god."),
        (ALL_NAMES, "Kari Nes er journalist i Avisa.", "Ola Ås er journalist i Posten."),
        (LABEL, "Anbefalt for deg: Slik sparer du", "Anbefalt for deg: 10 råd om strøm"),
    ],
)
def test_lines_that_differ_in_slots_have_one_template(level: int, one: str, other: str) -> None:
    found = template_at(one, level)
    assert found is not None
    assert found == template_at(other, level)


@pytest.mark.parametrize(
    ("level", "line"),
    [
        (FIGURES, "Marit mars på mai"),
        (FIGURES, "Han kom, så og vant."),
        (NAMES, "Les hele saken her"),
        (LABEL, "Ordføreren: – Vi bygger"),
        (LABEL, "Politiet i Bodø: Vi har kontroll."),
    ],
)
def test_other_lines_have_no_template_there(level: int, line: str) -> None:
    assert template_at(line, level) is None


WORDS = (
    "Av Kari Nes og Ås er på 12. mars 2024 kl. 14.05 avis.no @nes – «Ja» Foto: / (3) NTB, i".split()
)


@example("@00")
@example("\\'A")
@example("×0")
@example("0:ß İ")
@example("2024 12. mars")
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join) | st.text(max_size=80)
)
def test_a_template_as_a_rule_removes_the_line_it_was_made_of(text: str) -> None:
    line = normalize_line(text)
    for template in list_templates(line):
        if template.level == EXACT:
            continue
        rule = CleaningRule(
            name="r",
            pattern=compile_template(template),
            match_case=template.level >= NAMES,
            max_chars=400,
        )
        assert match_rule(Block(line), [rule]) == rule, (template, rule.pattern)


def test_slots_that_never_change_are_filled() -> None:
    lines = [f"{name} er journalist i Avisa." for name in ("Kari Nes", "Ola Ås", "Siv Lie")]
    template = template_at(lines[0], ALL_NAMES)
    assert template is not None
    filled = fill_slots(template, lines)
    assert re.fullmatch(compile_template(filled), "Per Vik er journalist i Avisa.")
    assert not re.fullmatch(compile_template(filled), "Per Vik er journalist i Posten.")
    assert fill_slots(template, lines[:2]) == template, "two lines show nothing"


@pytest.mark.timeout(20)  # a pattern that backtracks without end takes minutes
def test_hostile_lines_take_little_time() -> None:
    for line in ("A " * 200, "A, " * 130, "1 " * 200, "1.1." * 100, "a@" * 200, "A.A" * 130):
        for template in list_templates(line.strip()):
            pattern = compile_template(template)
            for other in (line, line + "!", "x" + line):
                re.fullmatch(pattern, other[:400])
