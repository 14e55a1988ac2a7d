"""The files for containers name what there is, and are what their tools take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import kubernetes_validate
import yaml

from tests.support.workplace import ROOT

FOLDER = ROOT / "docs" / "containers"
Command = Callable[[list[str]], tuple[int, str, str]]


def load(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def test_compose_names_what_is_there() -> None:
    compose = load("compose.yaml")
    services, volumes = compose["services"], set(compose["volumes"])
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        named = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert {volume for volume in named if not volume.startswith(".")} <= volumes
    told, store = services["scheduler"]["environment"], services["store"]
    assert told["AWS_ENDPOINT_URL"] == f"http://store{store['command'][1]}"
    assert told["AWS_REGION"] == store["command"][3]
    assert told["AWS_ACCESS_KEY_ID"] == store["environment"]["ROOT_ACCESS_KEY"]
    assert "${" in told["AWS_SECRET_ACCESS_KEY"]  # never in the file
    bucket = services["bucket"]["command"][-1].rpartition("/")[2]
    assert services["scheduler"]["command"][-1].startswith(f"s3://{bucket}/")


def test_kubernetes_takes_the_manifest() -> None:
    kubernetes_validate.validate(load("kubernetes.yaml"), "1.30", strict=True)


def test_commands_in_them_are_understood(newsbeam: Command, tmp_path: Any) -> None:
    """Up to the configs, which are not there."""
    deployment = load("kubernetes.yaml")["spec"]["template"]["spec"]["containers"][0]
    for command in (
        load("compose.yaml")["services"]["scheduler"]["command"],
        deployment["command"],
    ):
        code, _, err = newsbeam([*command[1:2], str(tmp_path / "none"), *command[3:]])
        assert code == 2
        assert "none" in err
