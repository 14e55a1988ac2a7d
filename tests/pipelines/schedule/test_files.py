"""What ``newsbeam schedule --print`` writes, checked by the tools that it is written for."""

from __future__ import annotations

import io
import os
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.schedule.crontab import LONGEST, write_crontab
from newsbeam.pipelines.schedule.files import (
    PRINTED_FORMATS,
    find_newsbeam,
    find_user,
    print_files,
)
from newsbeam.pipelines.schedule.plan import Plan, name_interval
from newsbeam.pipelines.schedule.systemd_units import quote_for_systemd, write_service, write_timer
from tests.support.planned import said, skip_without, start_as_cron_does

INTERVALS = [timedelta(minutes=n) for n in (1, 5, 12, 30)] + [
    timedelta(hours=n) for n in (1, 2, 24)
]


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
