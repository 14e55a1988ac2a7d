"""Reads source and language configs from YAML and reports every fault of every file at once."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError

from pipelines.yaml_lines import YamlDocument, YamlError, parse_yaml
from transforms.language_settings import Language
from transforms.settings import Defaults, RuleFile, Settings, Source

SUFFIXES = (".yaml", ".yml")
# A folder of this name beside a source's config adds languages or replaces shipped ones.
LANGUAGE_FOLDER = "languages"
# A file of this name says what the sources beside it have in common.
DEFAULTS_FILE = "defaults.yaml"
# A file of this name holds cleaning rules for `clean.rule_files`.
RULE_FILE_SUFFIX = ".boilerplate.yaml"

Model = TypeVar("Model", bound=Settings)


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong in a config, where, and what to do."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return (
            f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"
        )


class ConfigError(Exception):
    """All faults of all configs that were read."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True)
class Job:
    """What the configs add up to. ``files`` maps a source's id to its config file."""

    sources: tuple[Source, ...]
    files: dict[str, Path]
    languages: dict[str, Language]

    @property
    def folders(self) -> dict[str, Path]:
        """The folders of the config files, which relative paths in them start from."""
        return {source: file.parent for source, file in self.files.items()}


def find_configs(paths: Sequence[Path]) -> list[Path]:
    """The config files that ``paths`` name; a folder stands for all YAML files right in it.

    Raises:
        ConfigError: a path does not exist, or a folder holds no config.
    """
    found: list[Path] = []
    faults: list[Fault] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                p
                for p in path.iterdir()
                if p.suffix in SUFFIXES
                and p.name != DEFAULTS_FILE
                and not p.name.endswith(RULE_FILE_SUFFIX)
                and p.is_file()
            )
            if not inside:
                faults.append(Fault(str(path), 1, "", "no .yaml file in this folder"))
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            near = sorted(p.name for p in path.parent.glob("*") if p.suffix in SUFFIXES)
            faults.append(
                Fault(str(path), 1, "", "no such file or folder" + _suggest(path.name, near))
            )
    if faults:
        raise ConfigError(faults)
    return list(dict.fromkeys(found))


def load_job(paths: Sequence[Path]) -> Job:
    """Read the sources that ``paths`` name, and the languages for them.

    Raises:
        ConfigError: with all faults of all files.
    """
    faults: list[Fault] = []
    read: list[tuple[Path, Source, YamlDocument]] = []
    files = find_configs(paths)
    shared: dict[Path, dict[str, Any]] = {}
    for file in files:
        if file.parent not in shared:
            shared[file.parent] = _load_defaults(file.parent, faults)
        loaded = _load_model(file, Source, faults, shared[file.parent])
        if loaded is not None:
            source, document = loaded
            read.append((file, _add_rules(file, source, document, faults), document))
    faults += _find_repeated_ids(read)
    languages = dict(load_shipped_languages())
    for folder in dict.fromkeys(file.parent / LANGUAGE_FOLDER for file in files):
        languages |= load_languages(folder, faults)
    for file, source, document in read:
        faults += _check_source(file, source, document, languages)
    if faults:
        raise ConfigError(faults)
    return Job(
        tuple(_resolve_pipelines(source, file.parent) for file, source, _ in read),
        {source.id: file.resolve() for file, source, _ in read},
        languages,
    )


def load_languages(folder: Path, faults: list[Fault]) -> dict[str, Language]:
    """The languages in ``folder`` by code; appends to ``faults`` what is wrong with them."""
    languages: dict[str, Language] = {}
    for file in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        loaded = _load_model(file, Language, faults)
        if loaded is None:
            continue
        language, document = loaded
        if language.code != file.stem:
            faults.append(
                Fault(
                    str(file),
                    document.line_of(("code",)),
                    "code",
                    f"{language.code!r} differs from the file's name; rename one of them",
                )
            )
        languages[language.code] = language
    return languages


@lru_cache(maxsize=1)
def load_shipped_languages() -> dict[str, Language]:
    """The languages that come with newsbeam (configs/languages), by code.

    Raises:
        ConfigError: one of the files is broken.
    """
    faults: list[Fault] = []
    with resources.as_file(resources.files("configs.languages")) as folder:
        languages = load_languages(folder, faults)
    if faults:
        raise ConfigError(faults)
    return languages


def load_rule_file(file: Path) -> RuleFile:
    """The rules in a file for ``clean.rule_files``.

    Raises:
        ConfigError: with all faults of the file.
    """
    faults: list[Fault] = []
    loaded = _load_model(file, RuleFile, faults)
    if loaded is None:
        raise ConfigError(faults)
    return loaded[0]


def load_defaults(folder: Path) -> Defaults:
    """What ``defaults.yaml`` in ``folder`` says for the sources there.

    Raises:
        ConfigError: with all faults of the file.
    """
    file = folder / DEFAULTS_FILE
    faults: list[Fault] = []
    loaded = _load_model(file, Defaults, faults) if file.is_file() else None
    if faults:
        raise ConfigError(faults)
    return Defaults() if loaded is None else loaded[0]


def _load_defaults(folder: Path, faults: list[Fault]) -> dict[str, Any]:
    """What ``defaults.yaml`` in ``folder`` says, or nothing where it is missing or faulty."""
    file = folder / DEFAULTS_FILE
    loaded = _load_model(file, Defaults, faults) if file.is_file() else None
    return dict(loaded[1].data) if loaded is not None else {}


def _merge(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """``own`` over ``defaults``, section by section."""
    merged = dict(defaults)
    for key, value in own.items():
        before = merged.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        merged[key] = _merge(before or {}, value) if both else value
    return merged


def _add_rules(file: Path, source: Source, document: YamlDocument, faults: list[Fault]) -> Source:
    """``source`` with the rules of its ``clean.rule_files`` behind its own."""
    rules = list(source.clean.rules)
    for index, name in enumerate(source.clean.rule_files):
        path = file.parent / name
        if path.is_file():
            loaded = _load_model(path, RuleFile, faults)
            rules += loaded[0].rules if loaded is not None else ()
            continue
        field = ("clean", "rule_files", index)
        near = sorted(p.name for p in path.parent.glob(f"*{path.suffix}"))
        message = f"there is no file {path}{_suggest(path.name, near)}"
        faults.append(Fault(str(file), document.line_of(field), _name_field(field), message))
    clean = source.clean.model_copy(update={"rules": tuple(rules)})
    return source.model_copy(update={"clean": clean})


def _load_model(
    file: Path, model: type[Model], faults: list[Fault], defaults: Mapping[str, Any] | None = None
) -> tuple[Model, YamlDocument] | None:
    """Read one file; ``None`` if it has faults, which are appended to ``faults``."""
    before = len(faults)
    try:
        document = parse_yaml(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        faults.append(Fault(str(file), 1, "", f"is not UTF-8 ({error.reason}); save it as UTF-8"))
        return None
    except OSError as error:
        faults.append(Fault(str(file), 1, "", f"cannot be read: {error.strerror}"))
        return None
    except YamlError as error:
        faults.append(Fault(str(file), error.line, "", f"is not YAML: {error}"))
        return None
    if not isinstance(document.data, dict):
        what = "is empty" if document.data is None else "holds no mapping"
        faults.append(Fault(str(file), 1, "", f"{what}; write `key: value` lines, see the README"))
        return None
    faults += [
        Fault(str(file), document.line_of(path), _name_field(path), "stands here twice; keep one")
        for path in document.repeated
    ]
    try:
        # JSON mode is strict about types but lets a list be a tuple, as YAML has only lists.
        value = model.model_validate_json(
            json.dumps(_merge(defaults or {}, cast(dict[str, Any], document.data)))
        )
    except ValidationError as error:
        faults += [_explain(file, model, document, dict(item)) for item in error.errors()]
    return (value, document) if len(faults) == before else None


def _explain(
    file: Path, model: type[BaseModel], document: YamlDocument, error: dict[str, Any]
) -> Fault:
    path: tuple[str | int, ...] = error["loc"]
    message = str(error["msg"]).removeprefix("Value error, ")
    match error["type"]:
        case "extra_forbidden":
            known = _fields_at(model, path[:-1])
            message = "unknown key" + (
                _suggest(str(path[-1]), known) or f"; known keys: {', '.join(known)}"
            )
        case "missing":
            message = "is required"
        case "string_pattern_mismatch":
            message = f"{error['input']!r} is not allowed here; {_describe(model, path)}"
        case "tuple_type" | "list_type":
            message = "should be a list: one item a line, each after `- `"
        case "model_type" | "dict_type" | "model_attributes_type":
            message = "should be a mapping: `key: value` lines, indented"
        case "string_type" if isinstance(error["input"], int | float | bool):
            message = f'should be text; put it in quotes: "{error["input"]}"'
        case _:
            message = message[0].lower() + message[1:]
    return Fault(str(file), document.line_of(path), _name_field(path), message)


def _find_repeated_ids(read: Sequence[tuple[Path, Source, YamlDocument]]) -> list[Fault]:
    first: dict[str, Path] = {}
    faults = []
    for file, source, document in read:
        other = first.setdefault(source.id, file)
        if other != file:
            message = f"{source.id!r} is the id of {other} too; every source needs its own"
            faults.append(Fault(str(file), document.line_of(("id",)), "id", message))
    return faults


def _check_source(
    file: Path, source: Source, document: YamlDocument, languages: dict[str, Language]
) -> list[Fault]:
    """Faults that one model alone cannot see: names that must exist elsewhere."""
    faults = []
    rules = {rule.name for language in languages.values() for rule in language.boilerplate}
    for index, name in enumerate(source.clean.disable):
        if name not in rules:
            message = f"no language has a rule {name!r}{_suggest(name, sorted(rules))}"
            path = ("clean", "disable", index)
            faults.append(Fault(str(file), document.line_of(path), _name_field(path), message))
    for code, pipeline in source.enrich.pipelines.items():
        if pipeline is not None and not _is_pipeline_installed(pipeline, file.parent):
            message = (
                f"the spaCy pipeline {pipeline!r} is not installed; install its package into "
                "this environment (python -m spacy download …) or give the path of its folder"
                + _suggest(pipeline, sorted(_installed_pipelines()))
            )
            path2 = ("enrich", "pipelines", code)
            faults.append(Fault(str(file), document.line_of(path2), _name_field(path2), message))
    return faults


def _is_pipeline_installed(name: str, folder: Path) -> bool:
    """Whether ``spacy.load(name)`` would find something, without the cost of importing spaCy."""
    if name in _installed_pipelines() or (folder / name / "meta.json").is_file():
        return True
    return name.isidentifier() and importlib.util.find_spec(name) is not None


def _resolve_pipelines(source: Source, folder: Path) -> Source:
    """``source`` with the paths of pipelines, which are relative to its config, made absolute."""
    pipelines = {
        code: str((folder / name).resolve())
        if name is not None and (folder / name / "meta.json").is_file()
        else name
        for code, name in source.enrich.pipelines.items()
    }
    enrich = source.enrich.model_copy(update={"pipelines": pipelines})
    return source.model_copy(update={"enrich": enrich})


def _installed_pipelines() -> set[str]:
    return {point.name for point in importlib.metadata.entry_points(group="spacy_models")}


def _suggest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def _name_field(path: tuple[str | int, ...]) -> str:
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def _model_at(model: type[BaseModel], path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model that holds the value at ``path`` (indices and dictionary keys are passed over)."""
    current: type[BaseModel] | None = model
    for part in path:
        if current is None or not isinstance(part, str) or part not in current.model_fields:
            continue
        current = _first_model(current.model_fields[part].annotation)
    return current


def _first_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_first_model, get_args(annotation))), None)


def _fields_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    found = _model_at(model, path)
    return sorted(found.model_fields) if found else []


def _describe(model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    holder = _model_at(model, path[:-1])
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    field = holder.model_fields.get(name) if holder else None
    return (field.description or "") if field else "see the JSON Schema of the config"
