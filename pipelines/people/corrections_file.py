"""``people.yaml`` in a lake's folder: what an editor says about persons."""

from __future__ import annotations

from itertools import combinations

from pydantic import Field, ValidationError, model_validator

from newsbeam.pipelines.config.yaml_lines import YamlError, parse_yaml
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.people.corrections import Corrections, CorrectionsError, OwnPerson
from newsbeam.transforms.people.forms import Form, read_form
from newsbeam.transforms.settings.base import Settings

CORRECTIONS_FILE = "people.yaml"


class Namesake(Settings):
    """Whoever has the name in these sources, or articles, is a person of their own."""

    name: str = Field(description="The name, as articles have it.")
    sources: tuple[str, ...] = Field((), description="Ids of sources.")
    articles: tuple[str, ...] = Field((), description="Ids of articles (32 hex).")

    @model_validator(mode="after")
    def _check_place(self) -> Namesake:
        if not self.sources and not self.articles:
            raise ValueError("say in which `sources` or `articles` the namesake is")
        return self


class PeopleFile(Settings):
    """The file: names that are one person's, and names that are not."""

    same: tuple[tuple[str, ...], ...] = Field((), description="Lists of names of one person.")
    different: tuple[tuple[str, ...] | Namesake, ...] = Field(
        (), description="Lists of names of persons who are not one; namesakes, by where they are."
    )


def load_corrections(root: LakePath) -> Corrections:
    """The corrections of the lake at ``root``; none where it has no such file.

    Raises:
        CorrectionsError: it cannot be read.
    """
    path = root / CORRECTIONS_FILE
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return Corrections()
    except (OSError, UnicodeDecodeError) as error:
        raise CorrectionsError(f"{path} cannot be read: {error}") from error
    try:
        file = PeopleFile.model_validate(_as_tuples(parse_yaml(text).data or {}))
        return _read_file(file)
    except YamlError as error:
        raise CorrectionsError(f"{path}, line {error.line}: {error}") from error
    except ValidationError as error:
        # Of an entry that is neither a list nor a mapping as wanted, what is nearly right.
        wrong_kinds = ("tuple_type", "model_type")
        fault = min(error.errors(), key=lambda fault: fault["type"] in wrong_kinds)
        place = ".".join(str(part) for part in fault["loc"])
        raise CorrectionsError(
            f"{path}: {place}: {fault['msg']}; docs/people.md has what it may hold"
        ) from error
    except ValueError as error:
        raise CorrectionsError(f"{path}: {error}") from error


def _read_file(file: PeopleFile) -> Corrections:
    same = tuple(frozenset(map(_read_name, names)) for names in file.same)
    apart: set[frozenset[Form]] = set()
    own = []
    for told in file.different:
        if isinstance(told, Namesake):
            places = frozenset(told.sources), frozenset(told.articles)
            own.append(OwnPerson(_read_name(told.name), *places))
            continue
        for one, other in combinations(map(_read_name, told), 2):
            if one == other:
                raise ValueError(
                    f"different: {' '.join(one)} stands there twice; for two persons of one name "
                    "give `name` and `sources` or `articles`"
                )
            apart.add(frozenset((one, other)))
    for group in same:
        for pair in combinations(sorted(group), 2):
            if frozenset(pair) in apart:
                names = " and ".join(" ".join(form) for form in pair)
                raise ValueError(f"{names} are both `same` and `different`; take one out")
    return Corrections(same, frozenset(apart), tuple(own))


def _read_name(name: str) -> Form:
    form = read_form(name)
    if not form:
        raise ValueError(f"{name!r} is no name")
    return form


def _as_tuples(value: object) -> object:
    """Lists as tuples, which strict models want."""
    if isinstance(value, list):
        return tuple(map(_as_tuples, value))
    if isinstance(value, dict):
        return {key: _as_tuples(item) for key, item in value.items()}
    return value
