"""robots.txt (RFC 9309): what an origin lets us fetch, and a cache of it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from protego import Protego

from newsbeam.transforms.files import write_file
from newsbeam.transforms.records import Clock

PRODUCT = "newsbeam"
# RFC 9309 (2.5) asks for at least 500 KiB; what is beyond is not looked at.
MAX_ROBOTS_BYTES = 512 * 1024
MAX_CRAWL_DELAY = 120.0
# At most a day (RFC 9309, 2.4).
_MAX_AGE = timedelta(hours=24)
# Ours: a server that could not give its robots.txt is asked again after an hour.
_MAX_AGE_UNREACHABLE = timedelta(hours=1)

RobotsVerdict = Literal["rules", "all_allowed", "unreachable"]
_AGENT_LINE = re.compile(r"\s*user[-\s]*agent\s*[:\s]\s*(.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Robots:
    """An origin's robots.txt as it was found at ``fetched_at``.

    ``text`` is its text where ``verdict`` is ``rules``, the cause where it is ``unreachable``
    (then nothing is allowed).
    """

    origin: str
    verdict: RobotsVerdict
    text: str
    fetched_at: datetime

    @property
    def fresh_until(self) -> datetime:
        """The instant from which it has to be fetched anew."""
        is_short = self.verdict == "unreachable"
        return self.fetched_at + (_MAX_AGE_UNREACHABLE if is_short else _MAX_AGE)

    @cached_property
    def _rules(self) -> Protego:
        return Protego.parse(_select_agents(self.text))

    def allows(self, url: str) -> bool:
        """Whether newsbeam may fetch ``url``, an address of this origin."""
        if self.verdict == "rules":
            return self._rules.can_fetch(url, PRODUCT)
        return self.verdict == "all_allowed"

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """What its ``Sitemap`` lines say, in their order (sitemaps.org/protocol.html)."""
        return tuple(self._rules.sitemaps) if self.verdict == "rules" else ()

    @property
    def crawl_delay(self) -> float:
        """Seconds between requests that it asks of us, 120 at most; 0 where it asks none."""
        if self.verdict != "rules":
            return 0.0
        return min(self._rules.crawl_delay(PRODUCT) or 0.0, MAX_CRAWL_DELAY)


def read_robots(origin: str, body: bytes, fetched_at: datetime) -> Robots:
    """The robots.txt ``body`` of ``origin``; beyond ``MAX_ROBOTS_BYTES`` it is not read."""
    if len(body) >= MAX_ROBOTS_BYTES:
        # The last line may be half a rule, and half a rule forbids more than the whole.
        body = body[:MAX_ROBOTS_BYTES].rpartition(b"\n")[0]
    return Robots(origin, "rules", body.decode("utf-8-sig", "replace"), fetched_at)


def _select_agents(text: str) -> str:
    """``text`` with three agents only: newsbeam, everyone (``*``) and ``other``.

    Protego gives each agent its own copy of the rules: 500 KiB of agents take it minutes.
    Product tokens are compared without version and case (RFC 9309, 2.2.1).
    """
    lines: list[str] = []
    for line in text.splitlines():
        found = _AGENT_LINE.match(line)
        if found:
            token = re.split(r"[\s/#]", found[1].lower(), maxsplit=1)[0]
            name = token if token in (PRODUCT, "*") else "other"
            line = f"User-agent: {name}"
            if lines and lines[-1] == line:
                continue
        lines.append(line)
    return "\n".join(lines)


class RobotsCache:
    """robots.txt by origin: in memory and, if there is a folder, one small file an origin.

    The folder is a cache that anyone may delete; a file that cannot be read counts as absent.
    """

    def __init__(self, clock: Clock, folder: Path | None) -> None:
        self._clock, self._folder = clock, folder
        self._known: dict[str, Robots] = {}

    def find(self, origin: str) -> Robots | None:
        """What is in memory and fresh."""
        return self._if_fresh(self._known.get(origin))

    def load(self, origin: str) -> Robots | None:
        """What is on disk and fresh; from then on it is in memory too."""
        if self._folder is None:
            return None
        robots = self._if_fresh(_read_file(self._path(origin), origin))
        if robots is not None:
            self._known[origin] = robots
        return robots

    def keep(self, robots: Robots) -> None:
        """Remember ``robots``, on disk too.

        Raises:
            OSError: the folder cannot be written to.
        """
        self._known[robots.origin] = robots
        if self._folder is not None:
            fields = {
                "origin": robots.origin,
                "verdict": robots.verdict,
                "text": robots.text,
                "fetched_at": robots.fetched_at.isoformat(),
            }
            write_file(self._path(robots.origin), json.dumps(fields).encode())

    def _path(self, origin: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.json"

    def _if_fresh(self, robots: Robots | None) -> Robots | None:
        if robots is None:
            return None
        # One from the future was written by a clock that ran ahead: it says nothing of its age.
        return robots if robots.fetched_at <= self._clock.now() < robots.fresh_until else None


def _read_file(path: Path, origin: str) -> Robots | None:
    try:
        fields = json.loads(path.read_bytes())
        verdict, text = fields["verdict"], fields["text"]
        fetched_at = datetime.fromisoformat(fields["fetched_at"]).astimezone(UTC)
        is_sound = (
            fields["origin"] == origin
            and verdict in ("rules", "all_allowed", "unreachable")
            and isinstance(text, str)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Robots(origin, verdict, text, fetched_at) if is_sound else None
