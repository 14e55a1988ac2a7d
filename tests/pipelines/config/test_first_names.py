"""First names: the file that a language names, read whole or told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsbeam.pipelines.config.first_names import add_first_names
from newsbeam.pipelines.config.job import Fault
from newsbeam.pipelines.config.load import load_languages, load_shipped_languages
from newsbeam.transforms.settings.person_lexicon import PersonLexicon

LANGUAGE = """code: xx
name: Made up
quotes:
  persons:
    first_names_file: {file}
    feminine: {{first_names: [ada]}}
"""


def test_names_of_a_file_stand_beside_those_of_the_language(tmp_path: Path) -> None:
    (tmp_path / "xx.yaml").write_text(LANGUAGE.format(file="names.txt"))
    (tmp_path / "names.txt").write_text("# made up\nfemale:\n  eva ida\n  liv\n\nmale:\n  ola\n")
    faults: list[Fault] = []
    quotes = load_languages(tmp_path, faults)["xx"].quotes
    assert not faults
    assert quotes is not None
    assert quotes.persons.feminine.first_names == ("ada", "eva", "ida", "liv")
    assert [quotes.words.gendered.of_name(f"{name} Nes") for name in ("Liv", "Ola", "Kim")] == [
        "female",
        "male",
        None,
    ]


@pytest.mark.parametrize("content", [None, "eva\nfemale:\n"])
def test_a_file_that_cannot_be_used_is_a_fault_of_its_line(
    tmp_path: Path, content: str | None
) -> None:
    (tmp_path / "xx.yaml").write_text(LANGUAGE.format(file="names.txt"))
    if content is not None:
        (tmp_path / "names.txt").write_text(content)
    faults: list[Fault] = []
    load_languages(tmp_path, faults)
    (fault,) = faults
    assert (fault.line, fault.field) == (5, "quotes.persons.first_names_file")


def test_a_name_before_the_first_section_is_told_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2"):
        add_first_names(PersonLexicon(), "# none\neva\n")


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_no_shipped_name_is_of_both_or_of_neither(language: str) -> None:
    quotes = load_shipped_languages()[language].quotes
    assert quotes is not None
    women, men = (
        set(side.first_names) for side in (quotes.persons.feminine, quotes.persons.masculine)
    )
    assert not women & men
    assert len(women) > 4000
    assert len(men) > 4000
    assert all(name == name.lower() and name.isalpha() for name in women | men)
