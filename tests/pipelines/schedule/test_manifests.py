"""What is printed for Kubernetes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.schedule.kubernetes_manifest import write_cronjob
from newsbeam.pipelines.schedule.plan import Plan
from tests.support.planned import read_manifest


def test_kubernetes_takes_the_manifest(plan: Plan) -> None:
    validate = pytest.importorskip("kubernetes_validate")
    for document in read_manifest(plan):
        validate.validate(document, "1.30", strict=True)
    broken = read_manifest(plan)[2]
    broken["spec"]["concurrencyPolicies"] = broken["spec"].pop("concurrencyPolicy")
    with pytest.raises(validate.ValidationError):
        validate.validate(broken, "1.30", strict=True)


def test_container_finds_its_configs(tmp_path: Path) -> None:
    """The ConfigMap's files, laid out as the CronJob mounts them, are a job that loads."""
    one, two = tmp_path / "one", tmp_path / "to %"
    for folder, source in ((one, "avis"), (two, "blad")):
        (folder / "languages").mkdir(parents=True)
        (folder / f"{source}.yaml").write_text(
            f"# på norsk: 100 %\nid: {source}\nfeeds: [http://{source}.example/rss]\n", "utf-8"
        )
        (folder / "other.yaml").write_text("id: other\nfeeds: [http://other.example/rss]\n")
        (folder / "defaults.yaml").write_text("fetch: {contact: desk@avis.example}\n")
    (two / "languages" / "fo.yaml").write_text("code: fo\nname: Faroese\n")
    plan = Plan(("/newsbeam",), (one, two / "blad.yaml"), tmp_path / "lake", "root")
    config_map, claim, job = read_manifest(plan)
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    mounted = tmp_path / "mounted"
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["configs"]["configMap"]["name"] == config_map["metadata"]["name"]
    assert volumes["lake"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    for item in volumes["configs"]["configMap"]["items"]:
        assert re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", item["key"])
        file = mounted / item["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(config_map["data"][item["key"]], "utf-8")
    command = pod["containers"][0]["command"]
    assert command[:2] == ["newsbeam", "run"]
    paths = [mounted / Path(word).relative_to("/configs") for word in command[2:4]]
    loaded = load_job(paths)
    assert [source.id for source in loaded.sources] == ["avis", "other", "blad"]
    assert {source.fetch.contact for source in loaded.sources} == {"desk@avis.example"}
    assert (mounted / "2" / "languages" / "fo.yaml").is_file()
    assert (mounted / "2" / "blad.yaml").read_text("utf-8").startswith("# på norsk: 100 %")
    assert command[4:] == ["--output", "/lake"]


def test_cronjob_never_runs_twice_at_once(plan: Plan) -> None:
    _, _, job = read_manifest(plan)
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert job["spec"]["schedule"] == "*/5 * * * *"


def test_configs_too_large_for_kubernetes_are_refused(plan: Plan) -> None:
    (plan.configs[0] / "avis.yaml").write_text("# " + "x" * 1_100_000)
    with pytest.raises(ValueError, match="put them into the image"):
        write_cronjob(plan)
