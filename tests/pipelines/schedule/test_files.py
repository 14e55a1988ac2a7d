"""What ``newsbeam schedule --print`` writes, checked by the tools that it is written for."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.schedule.crontab import LONGEST, write_crontab
from newsbeam.pipelines.schedule.files import (
    PRINTED_FORMATS,
    find_newsbeam,
    find_user,
    list_store_variables,
    print_files,
)
from newsbeam.pipelines.schedule.kubernetes_manifest import write_cronjob
from newsbeam.pipelines.schedule.plan import Plan, name_interval
from newsbeam.pipelines.schedule.systemd_units import quote_for_systemd, write_service, write_timer
from newsbeam.transforms.lake.object_path import ObjectPath

AWKWARD = 'Nyheter på 100 % & $HOME\'s "beste" \\n {{ x }}; #1'
INTERVALS = [timedelta(minutes=n) for n in (1, 5, 12, 30)] + [
    timedelta(hours=n) for n in (1, 2, 24)
]


def skip_without(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


@pytest.fixture(params=["plain", AWKWARD], ids=["plain", "awkward"])
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> Plan:
    """A plan whose newsbeam notes its arguments, in a folder with a plain or an awkward name."""
    folder = tmp_path / request.param
    (folder / "configs").mkdir(parents=True)
    (folder / "configs" / "avis.yaml").write_text("id: avis\nfeeds: [http://avis.example/rss]\n")
    # systemd starts no command whose own path has quotes or backslashes.
    script = tmp_path / re.sub(r"[\"'\\]", "", request.param) / "newsbeam"
    script.parent.mkdir(exist_ok=True)
    script.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        "from pathlib import Path\n"
        "Path(__file__).with_name('said').write_text(json.dumps(sys.argv))\n"
        "print('æøå from newsbeam')\n"
        "sys.exit(3 if '--fail' in sys.argv else 0)\n"
    )
    script.chmod(0o755)
    return Plan(
        (str(script),), (folder / "configs",), folder / "lake", user="root",
        run_options=("--workers", "2"), schedule_options=("--files-every", "30m"),
    )  # fmt: skip


def said(plan: Plan) -> list[str]:
    words: list[str] = json.loads(Path(plan.newsbeam[0]).with_name("said").read_text())
    return words


# The plan


def test_command_lines(plan: Plan) -> None:
    configs, output = str(plan.configs[0]), str(plan.output)
    assert plan.run[1:] == ("run", configs, "--output", output, "--workers", "2")
    assert plan.schedule[1:] == (
        "schedule", configs, "--output", output, "--workers", "2", "--files-every", "30m"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"output": Path("lake")}, "absolute"),
        ({"configs": (Path("/a\nb.yaml"),)}, "control characters"),
        ({"name": "News Beam"}, "lower-case"),
        ({"name": "n" * 41}, "at most 40"),
        ({"every": timedelta(minutes=7)}, "1m, 2m, 3m.* 24h"),
        ({"every": timedelta(seconds=90)}, "divide an hour"),
        ({"every": timedelta(0)}, "divide an hour"),
    ],
)
def test_what_cannot_be_scheduled_is_said(plan: Plan, change: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        replace(plan, **change)


def runs_a_day(fields: str) -> int:
    """How often a crontab's five fields (``*``, ``*/n`` and numbers) come true in a day."""
    minute, hour, *days = fields.split(" ")
    assert days == ["*", "*", "*"]

    def count(field: str, size: int) -> int:
        found = re.fullmatch(r"\*(?:/(\d+))?|(\d+)", field)
        assert found, field
        if found[2]:
            assert int(found[2]) < size
            return 1
        return len(range(0, size, int(found[1] or 1)))

    return count(minute, 60) * count(hour, 24)


@pytest.mark.parametrize("minutes", [1, 2, 5, 10, 30, 60, 120, 720, 1440])
def test_cron_comes_as_often_as_wanted(minutes: int) -> None:
    assert runs_a_day(name_interval(timedelta(minutes=minutes))) == 24 * 60 / minutes


# systemd


@pytest.mark.parametrize("every", INTERVALS, ids=str)
def test_systemd_takes_the_units(plan: Plan, tmp_path: Path, every: timedelta) -> None:
    skip_without("systemd-analyze")
    for name, write in (("service", write_service), ("timer", write_timer)):
        files = write(replace(plan, every=every))
        folder = tmp_path / "units" / name
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text, "utf-8")
        verdict = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *(folder / file for file in files)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (verdict.returncode, verdict.stderr) == (0, "")


def test_systemd_says_so_when_a_unit_is_wrong(plan: Plan, tmp_path: Path) -> None:
    """The check above can fail."""
    skip_without("systemd-analyze")
    (text,) = write_service(plan).values()
    unit = tmp_path / "newsbeam.service"
    unit.write_text(text.replace("KillMode=mixed", "KillModes=mixed"))
    verdict = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert re.search("Unknown key.*KillModes", verdict.stderr)


def test_command_that_systemd_does_not_start_is_refused(plan: Plan) -> None:
    with pytest.raises(ValueError, match="quotes or backslashes"):
        write_service(replace(plan, newsbeam=("/opt/my 'own'/newsbeam",)))


@pytest.mark.parametrize("every", INTERVALS, ids=str)
def test_systemd_timer_comes_as_often_as_wanted(plan: Plan, every: timedelta) -> None:
    skip_without("systemd-analyze")
    timer = write_timer(replace(plan, every=every))["newsbeam.timer"]
    (calendar,) = re.findall(r"OnCalendar=(.+)", timer)
    shown = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=3", "--base-time=2026-11-22 11:58", calendar],
        capture_output=True, text=True, check=True, env=os.environ | {"TZ": "UTC"},
    ).stdout  # fmt: skip
    times = re.findall(r"(?:elapse|Iter. #\d|Iteration #\d): \w+ (\S+) (\d\d):(\d\d):00", shown)
    days = [int(day.rpartition("-")[2]) for day, _, _ in times]
    minutes = [d * 1440 + int(h) * 60 + int(m) for d, (_, h, m) in zip(days, times, strict=True)]
    assert len(minutes) == 3
    assert minutes[2] - minutes[1] == minutes[1] - minutes[0] == every // timedelta(minutes=1)


def unquote_from_systemd(item: str) -> str:
    """What systemd makes of one item: quotes, escapes, specifiers (systemd.syntax(7))."""
    if item.startswith('"'):
        assert item.endswith('"')
        item = item[1:-1]
        assert not re.search(r'(?<!\\)(?:\\\\)*"', item), "a quote that ends it early"
        item = re.sub(r"\\(.)", r"\1", item)
    else:
        assert not re.search(r"""[\s"'\\;]""", item)
    assert "%" not in item.replace("%%", "")
    return item.replace("%%", "%")


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), max_size=40))
def test_systemd_reads_back_each_word(word: str) -> None:
    assert unquote_from_systemd(quote_for_systemd(word)) == word


def test_service_ends_gently_and_the_run_is_bounded(plan: Plan) -> None:
    (service,) = write_service(plan).values()
    for line in ("Type=notify", "KillMode=mixed", "Restart=on-failure", "OOMPolicy=continue",
                 "RestartPreventExitStatus=2", "User=root", "NoNewPrivileges=yes"):  # fmt: skip
        assert line in service.splitlines()
    assert "PrivateTmp=yes" not in service.splitlines(), "its paths lie in /tmp"
    elsewhere = Plan(("/opt/newsbeam",), (Path("/srv/configs"),), Path("/srv/lake"), "news")
    assert "PrivateTmp=yes" in write_service(elsewhere)["newsbeam.service"].splitlines()
    once = write_timer(elsewhere)["newsbeam.service"]
    assert "ExecStart=:/opt/newsbeam run /srv/configs --output /srv/lake\n" in once
    assert "Type=oneshot" in once


# cron


def start_as_cron_does(line: str) -> subprocess.CompletedProcess[str]:
    """cron's own reading of a line (crontab(5)), then the shell's."""
    *_, command = line.rstrip("\n").split(" ", 5)
    unescaped = re.split(r"(?<!\\)%", command)
    assert len(unescaped) == 1, "a % that cron takes for a line break"
    return subprocess.run(
        ["/bin/sh", "-c", command.replace(r"\%", "%")],
        env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_cron_line_runs_newsbeam_with_a_log(plan: Plan) -> None:
    skip_without("flock")
    (line,) = write_crontab(plan).values()
    assert line.startswith("*/5 * * * * ")
    done = start_as_cron_does(line)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert said(plan) == list(plan.run)
    assert "from newsbeam" in (plan.output / "_cache" / "cron.log").read_text()


def test_cron_does_not_start_a_second_run(plan: Plan) -> None:
    skip_without("flock")
    (line,) = write_crontab(plan).values()
    lock = plan.output / "_cache" / "cron.lock"
    lock.parent.mkdir(parents=True)
    with subprocess.Popen(["flock", lock, "sh", "-c", "echo held; cat"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:  # fmt: skip
        assert holder.stdout is not None
        holder.stdout.readline()
        assert start_as_cron_does(line).returncode == 1
    assert not Path(plan.newsbeam[0]).with_name("said").exists()


def test_cron_takes_the_line(plan: Plan, tmp_path: Path) -> None:
    skip_without("crontab")
    file = tmp_path / "crontab"
    file.write_text("7 wrong * * * true\n")
    if subprocess.run(["crontab", "-n", file], capture_output=True, check=False).returncode == 0:
        pytest.skip("this crontab has no -n (dry run) that checks")
    for every in INTERVALS:
        (line,) = write_crontab(replace(plan, every=every)).values()
        file.write_text(line, "utf-8")
        subprocess.run(["crontab", "-n", file], capture_output=True, check=True)


def test_cron_line_that_is_too_long_is_refused(plan: Plan) -> None:
    many = replace(plan, configs=tuple(Path(f"/etc/newsbeam/{n}.yaml") for n in range(60)))
    with pytest.raises(ValueError, match=f"commands of {LONGEST} bytes.*folder"):
        write_crontab(many)


# Airflow


def run_dag(text: str) -> tuple[dict[str, Any], dict[str, Any], Callable[[], None]]:
    """Execute a DAG file with decorators that note what they are given, as Airflow has them."""
    dag_options: dict[str, Any] = {}
    task_options: dict[str, Any] = {}
    tasks: list[Callable[[], None]] = []

    def dag(**options: Any) -> Callable[[Any], Any]:
        dag_options.update(options)
        return lambda function: function

    def task(**options: Any) -> Callable[[Any], Any]:
        task_options.update(options)
        return lambda function: lambda: tasks.append(function)

    module = types.ModuleType("airflow.sdk")
    module.__dict__.update(dag=dag, task=task)
    before = {name: sys.modules.get(name) for name in ("airflow", "airflow.sdk")}
    sys.modules |= {"airflow": types.ModuleType("airflow"), "airflow.sdk": module}
    try:
        exec(compile(text, "dag", "exec"), {"__name__": "dag"})  # noqa: S102
    finally:
        for name, value in before.items():
            if value is None:
                del sys.modules[name]
            else:
                sys.modules[name] = value
    (function,) = tasks
    return dag_options, task_options, function


def test_dag_runs_newsbeam(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = PRINTED_FORMATS["airflow"].write(plan).values()
    options, _, run = run_dag(text)
    assert options["dag_id"] == "newsbeam"
    assert options["schedule"] == "*/5 * * * *"
    assert options["max_active_runs"] == 1
    assert options["catchup"] is False
    run()
    assert said(plan) == list(plan.run)
    assert capsys.readouterr().out == "æøå from newsbeam\n"


def test_dag_fails_where_newsbeam_does(plan: Plan) -> None:
    (text,) = PRINTED_FORMATS["airflow"].write(replace(plan, run_options=("--fail",))).values()
    _, _, run = run_dag(text)
    with pytest.raises(RuntimeError, match="exit code 3"):
        run()


@pytest.mark.slow
def test_airflow_itself_takes_the_dag(plan: Plan, tmp_path: Path) -> None:
    """With the Python of an environment that has Airflow in $NEWSBEAM_TEST_AIRFLOW."""
    python = os.environ.get("NEWSBEAM_TEST_AIRFLOW")
    if not python:
        pytest.skip("NEWSBEAM_TEST_AIRFLOW names no Python that has Airflow")
    folder = tmp_path / "dags"
    print_files("airflow", plan, folder, io.StringIO(), lambda _: None)
    check = (
        "import sys\n"
        "try:\n    from airflow.dag_processing.dagbag import DagBag\n"
        "except ImportError:\n    from airflow.models.dagbag import DagBag\n"
        "bag = DagBag(sys.argv[1])\n"
        "assert not bag.import_errors, bag.import_errors\n"
        "dag = bag.dags['newsbeam']\n"
        "print('FOUND', dag.task_ids, dag.max_active_runs, dag.catchup)\n"
    )
    done = subprocess.run(
        [python, "-c", check, folder], capture_output=True, text=True, check=False,
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path / "airflow"),
                          "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
    )  # fmt: skip
    assert "FOUND ['run'] 1 False" in done.stdout, done.stderr


# Kubernetes


def read_manifest(plan: Plan) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    (text,) = write_cronjob(plan).values()
    config_map, claim, job = yaml.safe_load_all(text)
    return config_map, claim, job


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


# A lake on an object store


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


# Printing


@pytest.mark.parametrize("kind", PRINTED_FORMATS)
def test_files_are_printed_or_saved(plan: Plan, tmp_path: Path, kind: str) -> None:
    out, messages = io.StringIO(), list[str]()
    print_files(kind, plan, None, out, messages.append)
    assert not messages
    assert not plan.output.exists()
    folder = tmp_path / "to here"
    print_files(kind, plan, folder, out, messages.append)
    files = PRINTED_FORMATS[kind].write(plan)
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == files
    for text in files.values():
        assert text in out.getvalue()
    assert messages[-1].startswith("next: ")
    assert f"'{folder / next(iter(files))}'" in messages[-1]
    assert plan.output.is_dir(), "a hardened service may not make it"


def test_our_own_newsbeam_is_found() -> None:
    words = find_newsbeam()
    assert Path(words[0]).is_absolute()
    shown = subprocess.run(
        [*words, "--version"], capture_output=True, text=True, check=True, cwd="/"
    )
    assert shown.stdout.startswith("newsbeam ")
    assert find_user()
