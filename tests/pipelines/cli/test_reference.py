"""What is generated from the code is current."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from newsbeam.pipelines.cli.reference import FILES, ROOT, make_source_schema
from newsbeam.pipelines.config.yaml_lines import parse_yaml


@pytest.mark.parametrize("name", FILES)
def test_generated_file_is_current(name: str) -> None:
    current = (ROOT / name).read_text(encoding="utf-8")
    assert current == FILES[name](), f"{name} is out of date: run `make reference`"


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_shipped_configs_satisfy_the_schema(path: Path) -> None:
    schema = json.loads(make_source_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(parse_yaml(path.read_text(encoding="utf-8")).data, schema)


def test_schema_refuses_an_unknown_key() -> None:
    with pytest.raises(jsonschema.ValidationError, match="langauge"):
        jsonschema.validate(
            {"id": "a", "files": ["*.txt"], "langauge": "nb"}, json.loads(make_source_schema())
        )
