"""First names by the gender that bears them, from the text file that a language names."""

from __future__ import annotations

from newsbeam.transforms.settings.person_lexicon import PersonLexicon

_SECTIONS = {"female:": "feminine", "male:": "masculine"}


def add_first_names(lexicon: PersonLexicon, text: str) -> PersonLexicon:
    """``lexicon`` with the names of a file's ``text`` beside its own.

    Below a line ``female:`` or ``male:`` stand names with spaces between them; lines that begin
    with # say nothing.

    Raises:
        ValueError: a name stands before the first of those lines.
    """
    names: dict[str, list[str]] = {field: [] for field in _SECTIONS.values()}
    section = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.strip() in _SECTIONS:
            section = names[_SECTIONS[line.strip()]]
        elif section is None:
            raise ValueError(f'line {number} should come after "female:" or "male:"')
        else:
            section += line.split()
    update = {}
    for field, found in names.items():
        words = getattr(lexicon, field)
        update[field] = words.model_copy(update={"first_names": (*words.first_names, *found)})
    return lexicon.model_copy(update=update)
