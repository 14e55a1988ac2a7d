"""Reads source and language configs from YAML and reports every fault of every file at once."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from os.path import splitext
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from newsbeam.pipelines.config.fault_words import explain_error, name_field, suggest_near
from newsbeam.pipelines.config.first_names import add_first_names
from newsbeam.pipelines.config.job import ConfigError, Fault, Job, Languages
from newsbeam.pipelines.config.secrets import find_missing_secrets
from newsbeam.pipelines.config.shipped import SAMPLE, find_shipped
from newsbeam.pipelines.config.yaml_lines import YamlDocument, YamlError, parse_yaml
from newsbeam.transforms.settings.base import Settings
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.settings.source import Defaults, RuleFile, Source
from newsbeam.transforms.web.urls import domain_of

SUFFIXES = (".yaml", ".yml")
_ARTICLES = (
    "holds articles, and is no config: name it under `files:` in a YAML file (README, Your own "
    "articles); newsbeam preview shows what becomes of it"
)
# A folder of this name beside a source's config adds languages or replaces shipped ones.
LANGUAGE_FOLDER = "languages"
# A file of this name says what the sources beside it have in common.
DEFAULTS_FILE = "defaults.yaml"
# A file of this name holds cleaning rules for `clean.rule_files`.
RULE_FILE_SUFFIX = ".boilerplate.yaml"

Model = TypeVar("Model", bound=Settings)


def find_configs(paths: Sequence[Path]) -> list[Path]:
    """The config files that ``paths`` name; a folder stands for all YAML files right in it. What is
    no config here may be the id of a shipped source, or ``seeds``.

    Raises:
        ConfigError: a path does not exist, or a folder holds no config.
    """
    found: list[Path] = []
    faults: list[Fault] = []
    for path in paths:
        if path.is_dir():
            inside = [
                path / name
                for name in sorted(os.listdir(path))
                if splitext(name)[1] in SUFFIXES
                and name != DEFAULTS_FILE
                and not name.endswith(RULE_FILE_SUFFIX)
                and (path / name).is_file()
            ]
            shipped = None if inside else find_shipped(str(path))
            if shipped is not None:
                found.append(shipped)
            elif not inside:
                faults.append(Fault(str(path), 1, "", "no .yaml file in this folder"))
            found += inside
        elif path.is_file() and path.suffix not in SUFFIXES and _holds_articles(path.name):
            faults.append(Fault(str(path), 1, "", _ARTICLES))
        elif path.is_file():
            found.append(path)
        elif path.parts[:1] in (("http:",), ("https:",)):
            address = f"{path.parts[0]}//{'/'.join(path.parts[1:])}"
            faults.append(Fault(address, 1, "", f"no config: newsbeam source add {address}"))
        elif (shipped := find_shipped(str(path))) is not None:
            found.append(shipped)
        else:
            near = sorted(p.name for p in path.parent.glob("*") if p.suffix in SUFFIXES)
            near.append(SAMPLE)
            faults.append(
                Fault(str(path), 1, "", "no such file or folder" + suggest_near(path.name, near))
            )
    if faults:
        raise ConfigError(faults)
    return list(dict.fromkeys(found))


def _holds_articles(name: str) -> bool:
    # What reads articles takes long to load; configs are read without it.
    from newsbeam.transforms.read.formats import FORMATS, split_suffix

    return split_suffix(name)[0] in FORMATS


def load_job(paths: Sequence[Path], *, needs_secrets: bool = True) -> Job:
    """Read the sources that ``paths`` name, and the languages for them.

    Without ``needs_secrets``, what they name of the environment may be missing here.

    Raises:
        ConfigError: with all faults of all files.
    """
    faults: list[Fault] = []
    read: list[tuple[Path, Source, YamlDocument]] = []
    files = find_configs(paths)
    shared: dict[Path, YamlDocument] = {}
    for file in files:
        if file.parent not in shared:
            shared[file.parent] = _load_defaults(file.parent, faults)
        loaded = _load_model(file, Source, faults, shared[file.parent].data)
        if loaded is not None:
            source, document = loaded
            read.append((file, _add_rules(file, source, document, faults), document))
    faults += _find_repeated_ids(read)
    own: dict[str, Language] = {}
    for folder in dict.fromkeys(file.parent / LANGUAGE_FOLDER for file in files):
        own |= load_languages(folder, faults)
    languages = Languages(load_shipped_languages, own)
    for file, source, document in read:
        faults += _check_source(file, source, document, languages)
    if needs_secrets:
        faults += find_missing_secrets({file: document for file, _, document in read})
        faults += find_missing_secrets(
            {folder / DEFAULTS_FILE: document for folder, document in shared.items()}
        )
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
        languages[language.code] = _read_first_names(file, language, document, faults)
    return languages


def _read_first_names(
    file: Path, language: Language, document: YamlDocument, faults: list[Fault]
) -> Language:
    """``language``, from ``file``, with the first names of the file that it names."""
    lexicon = language.quotes
    if lexicon is None or lexicon.persons.first_names_file is None:
        return language
    try:
        text = (file.parent / lexicon.persons.first_names_file).read_text(encoding="utf-8")
        persons = add_first_names(lexicon.persons, text)
    except (OSError, ValueError) as error:
        field = ("quotes", "persons", "first_names_file")
        faults.append(Fault(str(file), document.line_of(field), ".".join(field), str(error)))
        return language
    lexicon = lexicon.model_copy(update={"persons": persons})
    return language.model_copy(update={"quotes": lexicon})


@lru_cache(maxsize=1)
def load_shipped_languages() -> dict[str, Language]:
    """The languages that come with newsbeam (configs/languages), by code.

    Raises:
        ConfigError: one of the files is broken.
    """
    faults: list[Fault] = []
    with resources.as_file(resources.files("newsbeam.configs.languages")) as folder:
        languages = load_languages(folder, faults)
    if faults:
        raise ConfigError(faults)
    return languages


def load_unnamed(folder: Path | None = None) -> tuple[Source, dict[str, Language]]:
    """A source that sets nothing itself, and the languages for it; in ``folder``, what its
    defaults.yaml and languages/ say hold.

    Raises:
        ConfigError: with all faults of the files.
    """
    own: dict[str, Any] = {"id": "preview", "files": ("-",)}
    if folder is None:
        return Source(**own), load_shipped_languages()
    faults: list[Fault] = []
    languages = load_shipped_languages() | load_languages(folder / LANGUAGE_FOLDER, faults)
    file = folder / DEFAULTS_FILE
    loaded = _load_model(file, Defaults, faults) if file.is_file() else None
    source = Source(**(own if loaded is None else dict(loaded[0]) | own))
    if loaded is not None:
        faults += _check_source(file, source, loaded[1], languages)
    if faults:
        raise ConfigError(faults)
    return _resolve_pipelines(source, folder), languages


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


def _load_defaults(folder: Path, faults: list[Fault]) -> YamlDocument:
    """What ``defaults.yaml`` in ``folder`` says, or nothing where it is missing or faulty."""
    file = folder / DEFAULTS_FILE
    loaded = _load_model(file, Defaults, faults) if file.is_file() else None
    return loaded[1] if loaded is not None else YamlDocument({}, {}, ())


def merge_settings(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """``own`` over ``defaults``, section by section."""
    merged = dict(defaults)
    for key, value in own.items():
        before = merged.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        merged[key] = merge_settings(before or {}, value) if both else value
    return merged


def _add_rules(file: Path, source: Source, document: YamlDocument, faults: list[Fault]) -> Source:
    """``source`` with the rules of its ``clean.rule_files`` behind its own."""
    if not source.clean.rule_files:
        return source
    rules = list(source.clean.rules)
    for index, name in enumerate(source.clean.rule_files):
        path = file.parent / name
        if path.is_file():
            loaded = _load_model(path, RuleFile, faults)
            rules += loaded[0].rules if loaded is not None else ()
            continue
        field = ("clean", "rule_files", index)
        near = sorted(p.name for p in path.parent.glob(f"*{path.suffix}"))
        message = f"there is no file {path}{suggest_near(path.name, near)}"
        faults.append(Fault(str(file), document.line_of(field), name_field(field), message))
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
        Fault(str(file), document.line_of(path), name_field(path), "stands here twice; keep one")
        for path in document.repeated
    ]
    try:
        # JSON mode is strict about types but lets a list be a tuple, as YAML has only lists.
        value = model.model_validate_json(
            json.dumps(merge_settings(defaults or {}, cast(dict[str, Any], document.data)))
        )
    except ValidationError as error:
        faults += [explain_error(file, model, document, dict(item)) for item in error.errors()]
    return (value, document) if len(faults) == before else None


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
            message = f"no language has a rule {name!r}{suggest_near(name, sorted(rules))}"
            path = ("clean", "disable", index)
            faults.append(Fault(str(file), document.line_of(path), name_field(path), message))
    for domain in source.sites:
        if domain_of(domain) != domain:
            message = f"{domain!r} is no registrable domain in lower case; {domain_of(domain)} is"
            field = ("sites", domain)
            faults.append(Fault(str(file), document.line_of(field), name_field(field), message))
    for code, pipeline in source.enrich.pipelines.items():
        if pipeline is not None and not _is_pipeline_installed(pipeline, file.parent):
            message = (
                f"the spaCy pipeline {pipeline!r} is not installed; install its package into "
                "this environment (python -m spacy download …) or give the path of its folder"
                + suggest_near(pipeline, sorted(_installed_pipelines()))
            )
            path2 = ("enrich", "pipelines", code)
            faults.append(Fault(str(file), document.line_of(path2), name_field(path2), message))
    return faults


def _is_pipeline_installed(name: str, folder: Path) -> bool:
    """Whether ``spacy.load(name)`` would find something, without the cost of importing spaCy."""
    if name in _installed_pipelines() or (folder / name / "meta.json").is_file():
        return True
    return name.isidentifier() and importlib.util.find_spec(name) is not None


def _resolve_pipelines(source: Source, folder: Path) -> Source:
    """``source`` with the paths of pipelines, which are relative to its config, made absolute."""
    if not source.enrich.pipelines:
        return source
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
