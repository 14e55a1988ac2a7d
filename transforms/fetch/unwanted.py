"""Tells the page that was wanted from another that came in its place.

Servers answer 200 for what is gone, for those who are not logged in, and for those who have not
agreed to something. Three signs together are believed, none of them alone: the page has nothing of
what its feed's entry says; its address is not the one that was asked for; several entries end in
one and the same text. An article whose headline the feed tells in other words stays an article.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from newsbeam.transforms.records import Entry, PageRequest, Response
from newsbeam.transforms.text.encoding import decode_html
from newsbeam.transforms.web.urls import read_web_address

# What begins or ends a stretch that no reader sees; each tag is looked at once.
_ASIDE = re.compile(r"<!--|-->|<(/?)(?:script|style|template)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"[^\W\d_]{4,}")
_PASSWORD = re.compile(r"""<input\b[^<>]*\btype\s*=\s*["']?password\b""", re.IGNORECASE)
# Parts of addresses at which people log in, pay or agree. Ours.
_DOOR = re.compile(
    r"log-?in|logg-?inn|log-?ind|sign-?in|innlogging|inloggning|auth|account|konto|consent|samtykke"
    r"|samtycke|cookie|gdpr|subscribe|abonn?e|paywall|betal",
    re.IGNORECASE,
)
# So many of an entry's words in a page are no accident. Ours.
_SHARE = 0.5
_SIGN_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class OtherPage:
    """Why a page is not the one that was wanted. ``reason`` is a stable snake_case word."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class PageSigns:
    """What a page shows at first sight: ``is_strange`` where it has nothing of its entry, and
    ``text_hash`` of its words."""

    is_strange: bool
    text_hash: str
    has_password: bool = False


def read_signs(entry: Entry, response: Response) -> PageSigns:
    """The signs of a page that was fetched for ``entry``."""
    page = decode_html(response.body, response.charset)
    words = _WORD.findall(_TAG.sub(" ", _drop_asides(page)).casefold())
    joined = " ".join(words)[:_SIGN_CHARS]
    found = hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:32]
    has_password = _PASSWORD.search(page) is not None
    return PageSigns(not _shares_words(entry, set(words)), found, has_password)


def find_other_page(request: PageRequest, response: Response, signs: PageSigns) -> OtherPage | None:
    """Why ``response`` is not the page of ``request``, as far as it shows this by itself."""
    wanted, came = urlsplit(request.entry.url or ""), urlsplit(response.url)
    if _place(request.entry.url or "") == _place(response.url):
        return None
    led = f"{request.entry.url} led to {response.url}"
    if wanted.path.strip("/") and not came.path.strip("/"):
        return OtherPage("led_to_front_page", f"{led}, the front page; the article may be gone")
    if not signs.is_strange:
        return None
    if signs.has_password:
        return OtherPage("login_page", f"{led}, where one logs in")
    if _DOOR.search(came.path) or _DOOR.search(came.hostname or ""):
        return OtherPage("login_page", f"{led}, where one logs in, pays or agrees to something")
    if read_web_address(response.url).domain != read_web_address(request.entry.url or "").domain:
        return OtherPage("led_elsewhere", f"{led}, which says nothing of what the feed tells")
    return None


@dataclass(slots=True)
class Strangers:
    """Pages that have nothing of their entries, held back until it shows whether several entries
    end in the same one. At most ``most`` are held; then the oldest is let go."""

    most: int = 20
    _held: dict[str, list[tuple[PageRequest, Response]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _condemned: set[str] = field(default_factory=set)

    def add(
        self, request: PageRequest, response: Response, signs: PageSigns
    ) -> Iterator[tuple[PageRequest, Response, OtherPage | None]]:
        """Hold a page; what is settled by it."""
        key = f"{request.source} {signs.text_hash}"
        if key in self._condemned:
            yield request, response, _same_page(response)
            return
        self._held[key].append((request, response))
        if len({_place(one.entry.url or "") for one, _ in self._held[key]}) > 1:
            self._condemned.add(key)
            for held, page in self._held.pop(key):
                yield held, page, _same_page(page)
        elif sum(map(len, self._held.values())) > self.most:
            oldest = next(iter(self._held))
            yield from ((held, page, None) for held, page in self._held.pop(oldest))

    def finish(self) -> Iterator[tuple[PageRequest, Response, OtherPage | None]]:
        """What is left: pages that came once."""
        for held in self._held.values():
            yield from ((request, response, None) for request, response in held)
        self._held.clear()


def _same_page(response: Response) -> OtherPage:
    return OtherPage(
        "same_page",
        f"{response.url} has the same text as another entry's page, and nothing of what the feed "
        "tells: a page that is gone, or a wall",
    )


def _place(url: str) -> str:
    """An address without what sites add or leave out without meaning another page."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("amp.")
    return f"{host}{parts.path.rstrip('/')}"


def _drop_asides(page: str) -> str:
    kept, at, is_open = [], 0, False
    for found in _ASIDE.finditer(page):
        if not is_open:
            kept.append(page[at : found.start()])
        is_open = found[0] == "<!--" or (found[0] != "-->" and not found[1])
        at = found.end()
    if not is_open:
        kept.append(page[at:])
    return " ".join(kept)


def _shares_words(entry: Entry, words: set[str]) -> bool:
    told = f"{entry.metadata.title or ''} {entry.metadata.lead or ''}".casefold()
    wanted = set(_WORD.findall(told))
    return len(wanted) < 2 or len(wanted & words) >= _SHARE * len(wanted)
