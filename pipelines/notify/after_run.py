"""What is told after a run: what is new since the last time, to whom the sources' configs say.

What was told, and what could not be sent yet, stands in ``_cache/notified.json`` of the lake.
Delivery is at least once: what was sent just before a crash is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.notify.notices import (
    Notice,
    list_article_notices,
    list_problem_notices,
)
from newsbeam.pipelines.notify.send import NotSent, post_webhook, send_mail
from newsbeam.pipelines.status.gather import read_status
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.files import take_lock, write_file
from newsbeam.transforms.lake.machine import cache_folder
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.settings.environment import MissingSecret
from newsbeam.transforms.settings.notify import NotifySettings

# Ours: articles of so long are looked at, and what was told of them is remembered for longer.
_LOOK_BACK, _REMEMBER = timedelta(days=2), timedelta(days=4)
_MOST_UNSENT = 1000


@dataclass
class Told:
    """What was told, by key, with when; what waits to be sent; when watching began."""

    began: str
    told: dict[str, str] = field(default_factory=dict)
    unsent: list[Notice] = field(default_factory=list)


def notify_after_run(
    job: Job, root: LakePath, started_at: datetime, now: datetime, say: Callable[[str], None]
) -> None:
    """Tell what is to be told of the lake at ``root``. What goes wrong is said, and never fails
    the run."""
    groups: dict[NotifySettings, list[str]] = {}
    for source in job.sources:
        if source.notify.webhook or source.notify.mail:
            groups.setdefault(source.notify, []).append(source.id)
    if not groups:
        return
    file = cache_folder(root) / "notified.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with take_lock(file.with_suffix(".lock"), create=True):
            state = _read(file, started_at)
            try:
                _tell_groups(groups, root, state, now, say)
            finally:
                _forget(state, now)
                write_file(file, _pack(state))
    except (OSError, NewsbeamError) as error:
        say(f"newsbeam: nobody was notified: {error}")


def _tell_groups(
    groups: dict[NotifySettings, list[str]],
    root: LakePath,
    state: Told,
    now: datetime,
    say: Callable[[str], None],
) -> None:
    status = read_status(root, now, skip_damaged=True)
    since = max(datetime.fromisoformat(state.began), now - _LOOK_BACK)
    for settings, sources in groups.items():
        problems = list(list_problem_notices(status, sources, settings))
        _end_problems(state, sources, {notice.key for notice in problems})
        found = [*problems, *list_article_notices(root, sources, settings, since)]
        waiting = [notice for notice in state.unsent if notice.source in sources]
        known = {*state.told, *(notice.key for notice in waiting)}
        fresh = [*waiting, *(notice for notice in found if notice.key not in known)]
        if not fresh:
            continue
        is_sent = _send(settings, root, fresh, say)
        state.unsent = [notice for notice in state.unsent if notice.source not in sources]
        if is_sent:
            state.told |= {notice.key: now.isoformat() for notice in fresh}
        else:
            state.unsent += fresh[-_MOST_UNSENT:]


def _send(
    settings: NotifySettings, root: LakePath, notices: Sequence[Notice], say: Callable[[str], None]
) -> bool:
    """Send them each way that there is; whether one of them worked."""
    is_sent = False
    for way in ("webhook", "mail"):
        try:
            if way == "webhook" and settings.webhook:
                post_webhook(settings.webhook, root, notices)
                is_sent = True
            if way == "mail" and settings.mail:
                send_mail(settings.mail, root, notices)
                is_sent = True
        except (NotSent, MissingSecret) as error:
            say(f"newsbeam: not notified, the next run tries again: {error}")
    return is_sent


def _end_problems(state: Told, sources: Sequence[str], holding: set[str]) -> None:
    """Forget problems that hold no more: where they come back, that is news."""
    for key in list(state.told):
        kind, *rest = key.split(" ", 3)
        if kind == "problem" and rest[1] in sources and key not in holding:
            del state.told[key]
    state.unsent = [
        notice
        for notice in state.unsent
        if notice.kind != "problem" or notice.source not in sources or notice.key in holding
    ]


def _forget(state: Told, now: datetime) -> None:
    state.told = {
        key: at
        for key, at in state.told.items()
        if key.startswith("problem ") or now - datetime.fromisoformat(at) < _REMEMBER
    }


def _read(file: Path, started_at: datetime) -> Told:
    with suppress(OSError, ValueError, TypeError, KeyError):
        data = json.loads(file.read_text("utf-8"))
        datetime.fromisoformat(data["began"])
        return Told(data["began"], data["told"], [Notice(**notice) for notice in data["unsent"]])
    return Told(started_at.isoformat())


def _pack(state: Told) -> bytes:
    return json.dumps(asdict(state), ensure_ascii=False, indent=1).encode()
