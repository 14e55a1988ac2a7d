"""YAML as data plus the line of every field.

Reads the YAML 1.2 core schema, so that ``no`` (Norwegian) stays a string where YAML 1.1 makes
it false, and a day stays text where YAML 1.1 makes it a date.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]
_TEXT = "tag:yaml.org,2002:str"
_DEEPEST = 100  # ours; a config has six levels, and what reads it calls itself for each


class _CoreLoader(yaml.SafeLoader):
    """PyYAML's safe loader with YAML 1.2's idea of what an unquoted scalar is."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute


# The same around libyaml, which takes a tenth of the time but says less of what is wrong.
_FastLoader: Any = _CoreLoader
if hasattr(yaml, "CSafeLoader"):

    class _FastLoader(yaml.CSafeLoader):  # type: ignore[no-redef]
        yaml_implicit_resolvers = _CoreLoader.yaml_implicit_resolvers


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
):
    _CoreLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )
_CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])
_CoreLoader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("^<<$"), ["<"])


class YamlError(ValueError):
    """The text is no YAML. ``line`` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class YamlDocument:
    """``data`` as plain Python, ``lines`` from field path to line (from 1), repeated keys."""

    data: Any
    lines: dict[Path, int]
    repeated: tuple[Path, ...]

    def line_of(self, path: Path) -> int:
        """The line of the field at ``path``, or of the nearest field above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse_yaml(text: str) -> YamlDocument:
    """Parse one YAML document.

    Raises:
        YamlError: the text is no YAML, or holds more than one document or an unknown tag.
    """
    _check_depth(text)
    try:
        return _parse(text, _FastLoader)
    except (yaml.YAMLError, ValueError):
        pass  # read again by who can say where and why
    try:
        return _parse(text, _CoreLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(error.problem or str(error), mark.line + 1 if mark else 1) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(f"{error.reason} (U+{error.character:04X})", line) from None


def _check_depth(text: str) -> None:
    # Each level takes one of these signs at least; most configs have few.
    if sum(map(text.count, "[{:-?")) <= _DEEPEST:
        return
    depth = 0
    with suppress(yaml.YAMLError, UnicodeEncodeError):  # said by who reads it
        for event in yaml.parse(text, Loader=_FastLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _DEEPEST:
                    mark = event.start_mark
                    raise YamlError("nested too deep", mark.line + 1 if mark else 1)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1


def _parse(text: str, kind: type[Any]) -> YamlDocument:
    lines: dict[Path, int] = {}
    repeated: list[Path] = []
    loader = kind(text)
    try:
        node = loader.get_single_node()
        data = None if node is None else _read_node(loader, node, (), lines, repeated)
    finally:
        loader.dispose()
    return YamlDocument(data, lines, tuple(repeated))


def _read_node(
    loader: Any, node: yaml.Node, path: Path, lines: dict[Path, int], repeated: list[Path]
) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [
            _read_node(loader, child, (*path, index), lines, repeated)
            for index, child in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        result: dict[str, Any] = {}
        for key_node, child in node.value:
            key = str(_read_scalar(loader, key_node))
            if key in result:
                repeated.append((*path, key))
            lines[(*path, key)] = key_node.start_mark.line + 1
            result[key] = _read_node(loader, child, (*path, key), lines, repeated)
        return result
    return _read_scalar(loader, node)


def _read_scalar(loader: Any, node: yaml.Node) -> Any:
    # Most are text, and take long by way of the loader.
    return node.value if node.tag == _TEXT else loader.construct_object(node)
