"""What is wrong with a config, in words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from newsbeam.pipelines.config.job import Fault
from newsbeam.pipelines.config.yaml_lines import YamlDocument


def explain_error(
    file: Path, model: type[BaseModel], document: YamlDocument, error: dict[str, Any]
) -> Fault:
    """What pydantic says is wrong with ``model`` in ``file``, in words, with its line."""
    path: tuple[str | int, ...] = error["loc"]
    message = str(error["msg"]).removeprefix("Value error, ")
    match error["type"]:
        case "extra_forbidden":
            known = _fields_at(model, path[:-1])
            message = "unknown key" + (
                suggest_near(str(path[-1]), known) or f"; known keys: {', '.join(known)}"
            )
        case "missing":
            message = "is required"
        case "string_pattern_mismatch":
            message = f"{error['input']!r} is not allowed here; {_describe(model, path)}"
        case "tuple_type" | "list_type":
            message = "should be a list: one item a line, each after `- `"
        case "literal_error" if path[-1] == "[key]":
            path, known = path[:-2], re.findall(r"'(\w+)'", message)
            message = (
                f"{error['input']!r} is no name of newsbeam's, which stand first, as in "
                f"{{text: body}}; there are: {', '.join(known)}"
            )
        case "model_type" | "dict_type" | "model_attributes_type":
            message = "should be a mapping: `key: value` lines, indented"
        case "string_type" if "headers" in path:  # what stands there may be a secret
            message = "should be text; put it in quotes"
        case "string_type" if isinstance(error["input"], int | float | bool):
            message = f'should be text; put it in quotes: "{error["input"]}"'
        case _:
            message = message[0].lower() + message[1:]
    return Fault(str(file), document.line_of(path), name_field(path), message)


def suggest_near(word: str, known: Iterable[str]) -> str:
    """The known word that was meant, as the end of a sentence; empty where none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def name_field(path: tuple[str | int, ...]) -> str:
    """A field path as people write it: *clean.rules[0].name*."""
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
