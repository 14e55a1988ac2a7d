"""Asking one site a bounded number of questions, and remembering what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from newsbeam.transforms.fetch.queue import MEDIA_TYPES
from newsbeam.transforms.records import FetchFault, Response
from newsbeam.transforms.settings.source import FetchSettings
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.web.client import HttpClient
from newsbeam.transforms.web.request import Request
from newsbeam.transforms.web.urls import read_web_address

ANY_ACCEPT = (
    "text/html, application/rss+xml, application/atom+xml, application/feed+json, "
    "application/xml;q=0.9, */*;q=0.5"
)
PAGE_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SiteVisit:
    """What was asked, why, and what came: words for people. ``is_ok`` says that it answered."""

    url: str
    why: str
    outcome: str
    is_ok: bool


class SiteVisitor:
    """Asks for one source, one request after the other, at most ``limit`` of them.

    robots.txt does not count. What every request brought stands in ``visits``. The settings' own
    headers, which may hold a key, are sent to the sites of ``own`` addresses alone.
    """

    def __init__(
        self,
        client: HttpClient,
        settings: FetchSettings,
        limit: int,
        note: Note,
        own: Iterable[str],
    ) -> None:
        self.client, self.settings, self.left = client, settings, limit
        self._own = {read_web_address(url).domain for url in own}
        self.visits: list[SiteVisit] = []
        self._note = note

    async def ask(self, url: str, why: str) -> Response | FetchFault | None:
        """What is at ``url``, feed or page; ``None`` where the limit is reached."""
        return await self._ask(
            Request(url, self._settings(url), self.settings.max_feed_bytes, accept=ANY_ACCEPT), why
        )

    async def ask_page(self, url: str, why: str) -> Response | FetchFault | None:
        """The article's page at ``url``; ``None`` where the limit is reached."""
        return await self._ask(
            Request(
                url,
                self._settings(url),
                self.settings.max_page_bytes,
                accept=PAGE_ACCEPT,
                tries=2,
                media_types=frozenset(MEDIA_TYPES) - {""},
            ),
            why,
        )

    def _settings(self, url: str) -> FetchSettings:
        if read_web_address(url).domain in self._own:
            return self.settings
        return self.settings.model_copy(update={"headers": {}})

    async def _ask(self, request: Request, why: str) -> Response | FetchFault | None:
        if self.left <= 0:
            return None
        self.left -= 1
        self._note(f"{why}: {request.url}")
        answer = await self.client.fetch(request)
        if isinstance(answer, FetchFault):
            self.visits.append(SiteVisit(request.url, why, answer.detail, is_ok=False))
        else:
            kind = answer.content_type or "no type"
            outcome = f"{kind}, {show_count(len(answer.body), 'byte')}"
            self.visits.append(SiteVisit(request.url, why, outcome, is_ok=True))
        return answer

    def judge_last(self, outcome: str, *, is_ok: bool) -> None:
        """Say better what the last visit brought."""
        last = self.visits[-1]
        self.visits[-1] = SiteVisit(last.url, last.why, outcome, is_ok)
