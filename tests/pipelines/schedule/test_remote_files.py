"""What is printed for schedulers whose lake is on an object store."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from newsbeam.pipelines.schedule.crontab import write_crontab
from newsbeam.pipelines.schedule.files import (
    PRINTED_FORMATS,
    list_store_variables,
    print_files,
)
from newsbeam.pipelines.schedule.plan import Plan
from newsbeam.pipelines.schedule.systemd_units import write_service, write_timer
from newsbeam.transforms.lake.object_path import ObjectPath
from tests.support.planned import read_manifest, said, skip_without, start_as_cron_does


@pytest.fixture
def remote(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = ObjectPath("s3://bucket", "lake")
    return replace(plan, output=place, secrets=("AWS_REGION", "AWS_SECRET_ACCESS_KEY"))


def test_variables_of_the_store_are_named_and_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    names = list_store_variables(ObjectPath("s3://bucket", "lake"))
    assert "AWS_SECRET_ACCESS_KEY" in names
    assert not {"AWS_SECRET_ACCESS_KEY", "not-a-secret"} & {
        *list_store_variables(ObjectPath("az://box", "lake")),
        *list_store_variables(Path("/lake")),
    }


@pytest.mark.parametrize("kind", PRINTED_FORMATS)
def test_each_scheduler_is_told_of_it(remote: Plan, tmp_path: Path, kind: str) -> None:
    print_files(kind, remote, tmp_path / "to", io.StringIO(), lambda _: None)
    text = "".join(path.read_text("utf-8") for path in (tmp_path / "to").iterdir())
    assert "s3://bucket/lake" in text
    assert not Path("s3:").exists()


def test_units_write_to_their_cache_alone(remote: Plan, tmp_path: Path) -> None:
    for unit in (write_service(remote), write_timer(remote)):
        lines = unit["newsbeam.service"].splitlines()
        assert "CacheDirectory=newsbeam" in lines
        assert "Environment=XDG_CACHE_HOME=%C/newsbeam" in lines
        assert "EnvironmentFile=/etc/newsbeam.env" in lines
        assert not [line for line in lines if line.startswith("RequiresMountsFor")]
    skip_without("systemd-analyze")
    file = tmp_path / "newsbeam.service"
    file.write_text(write_service(remote)[file.name], "utf-8")
    verdict = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, check=False
    )
    assert (verdict.returncode, verdict.stderr) == (0, "")


def test_cron_logs_into_the_cache(remote: Plan, tmp_path: Path) -> None:
    skip_without("flock")
    (line,) = write_crontab(remote).values()
    assert start_as_cron_does(line).returncode == 0
    assert said(remote)[1:] == list(remote.run)[1:]
    assert list((tmp_path / "cache" / "newsbeam").glob("*/cron.log"))


def test_cronjob_keeps_its_cache_on_a_volume(remote: Plan) -> None:
    _, claim, job = read_manifest(remote)
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"][-4:-2] == ["--output", "s3://bucket/lake"]
    assert claim["metadata"]["name"] == "newsbeam-cache"
    assert {"name": "cache", "mountPath": "/cache"} in container["volumeMounts"]
    variables = {one["name"]: one for one in container["env"]}
    assert variables["XDG_CACHE_HOME"]["value"] == "/cache"
    key = variables["AWS_SECRET_ACCESS_KEY"]["valueFrom"]["secretKeyRef"]
    assert key == {"name": "newsbeam-secrets", "key": "AWS_SECRET_ACCESS_KEY"}
    validate = pytest.importorskip("kubernetes_validate")
    for document in read_manifest(remote):
        validate.validate(document, "1.30", strict=True)
