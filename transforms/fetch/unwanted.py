"""Tells the page that was wanted from another that came in its place.

Servers answer 200 for what is gone, for those who are not logged in, and for those who have not
agreed to something. Signs are believed together: the page has nothing of what its feed's entry
says; its address is not the one that was asked for; one logs in there; an article was known before;
several entries end in one and the same text. An article whose headline the feed tells in other
words stays an article.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from newsbeam.transforms.records import PageRequest, Response
from newsbeam.transforms.text.encoding import decode_html
from newsbeam.transforms.text.identity import canonicalize_url
from newsbeam.transforms.web.urls import read_web_address

# What begins or ends a stretch that no reader sees, or that tells of other pages; each tag is
# looked at once.
_ASIDE = re.compile(
    r"<!--|-->|<(/?)(?:script|style|template|a(?=\s[^<>]*\bhref\b)|(?<=/)a)\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"[^\W\d_]{4,}")
# Scripts that set no spaces between words: there two characters say as much as a word does.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{2,}")
_PASSWORD = re.compile(r"""<input\b[^<>]*\btype\s*=\s*["']?password\b""", re.IGNORECASE)
# Parts of addresses at which people log in, pay or agree. Ours.
_DOOR = re.compile(
    r"log-?in|logg-?inn|log-?ind|sign-?in|innlogging|inloggning|auth|account|konto|consent|samtykke"
    r"|samtycke|cookie|gdpr|subscribe|abonn?e|paywall|betal",
    re.IGNORECASE,
)
# The name of an article is longer than that of a door. Ours.
_DOOR_LENGTH = 20
_NUMBER = re.compile(r"\d+")
# So many of an entry's words in a page are no accident; so few are. Ours.
_SHARE, _ACCIDENT = 0.5, 0.2
# From so many words on an entry tells so much that the page must have some of them. Ours.
_TELLING = 8
_SIGN_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class OtherPage:
    """Why a page is not the one that was wanted. ``reason`` is a stable snake_case word."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class PageSigns:
    """What a page shows at first sight: the ``share`` of its entry's words that it has (null where
    the entry has too few to tell; there are ``wanted`` of them), and ``text_hash`` of its own."""

    share: float | None
    wanted: int
    text_hash: str
    has_password: bool = False

    @property
    def is_strange(self) -> bool:
        """Whether the page has little of its entry."""
        return self.share is not None and self.share < _SHARE

    @property
    def is_doubtful(self) -> bool:
        """Whether the page may be no page of its entry, which says something."""
        return self.is_strange or (self.share is None and self.wanted > 0)

    @property
    def is_foreign(self) -> bool:
        """Whether the page has nothing of its entry, but by accident."""
        return self.share is not None and self.share < _ACCIDENT


def read_signs(request: PageRequest, response: Response) -> PageSigns:
    """The signs of a page that was fetched for ``request``."""
    page = decode_html(response.body, response.charset)
    metadata = request.entry.metadata
    words = _list_words(_TAG.sub(" ", _drop_asides(page)))
    told = set(_list_words(f"{metadata.title or ''} {metadata.lead or ''}"))
    shares = [
        len(wanted.intersection(words)) / len(wanted)
        for wanted in (told, set(_list_words(request.known_title or "")))
        if len(wanted) > 1
    ]
    # A page may repeat what was asked for, to say that it is not there.
    echoes = told.union(_list_words(unquote(f"{request.entry.url} {response.url}")))
    joined = " ".join(word for word in words if word not in echoes)[:_SIGN_CHARS]
    return PageSigns(
        max(shares) if len(told) > 1 else None,
        len(told),
        hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:32],
        _PASSWORD.search(page) is not None,
    )


def find_other_page(request: PageRequest, response: Response, signs: PageSigns) -> OtherPage | None:
    """Why ``response`` is not the page of ``request``, as far as it shows this by itself."""
    asked = request.entry.url or ""
    wanted, came = urlsplit(asked), urlsplit(response.url)
    if _is_place(asked, response.url):
        return _judge_in_place(request, response, signs)
    led = f"{asked} led to {response.url}"
    is_front = not came.path.strip("/") and not came.query
    if is_front and (wanted.path.strip("/") or signs.is_strange):
        return OtherPage("led_to_front_page", f"{led}, the front page; the article may be gone")
    if not signs.is_strange and signs.share is not None:
        return None
    if signs.has_password:
        return OtherPage("login_page", f"{led}, where one logs in")
    if _is_door(response.url, is_certain=signs.is_strange):
        return OtherPage("login_page", f"{led}, where one logs in, pays or agrees to something")
    if not signs.is_strange:
        return None
    is_far = read_web_address(response.url).domain != read_web_address(asked).domain
    if is_far or (signs.is_foreign and not _has_common_end(wanted.path, came.path)):
        return OtherPage("led_elsewhere", f"{led}, which says nothing of what the feed tells")
    return None


def _judge_in_place(request: PageRequest, response: Response, signs: PageSigns) -> OtherPage | None:
    """The same, at the address that was asked for: there only a page with nothing of its entry is
    another one, if it shows so in another way, too."""
    if not signs.is_foreign:
        return None
    if signs.has_password:
        return OtherPage("login_page", f"{response.url} is a page where one logs in")
    if request.known_title is not None or signs.wanted >= _TELLING:
        before = (
            "" if request.known_title is None else f" and of {request.known_title!r}, known so far"
        )
        told = f"nothing of what the feed tells{before}: gone, or a wall"
        detail = f"the page at {response.url} has {told}"
        return OtherPage("strange_page", detail)
    return None


# A page, and why it is not the one that was wanted.
Settled = tuple[PageRequest, Response, OtherPage | None]


@dataclass(slots=True)
class Strangers:
    """Pages that have nothing of their entries, held back until it shows whether several entries
    end in the same one. At most ``most`` are held; then the oldest is let go. What a page shows by
    itself stays with it."""

    most: int = 20
    _held: dict[str, list[Settled]] = field(default_factory=lambda: defaultdict(list))
    _condemned: set[str] = field(default_factory=set)

    def add(
        self,
        request: PageRequest,
        response: Response,
        signs: PageSigns,
        other: OtherPage | None = None,
    ) -> Iterator[Settled]:
        """Hold a page; what is settled by it."""
        key = f"{request.source} {signs.text_hash}"
        if key in self._condemned:
            yield request, response, other or _same_page(response)
            return
        self._held[key].append((request, response, other))
        if self._is_shared(key):
            self._condemned.add(key)
            for held, page, shown in self._held.pop(key):
                yield held, page, shown or _same_page(page)
        elif sum(map(len, self._held.values())) > self.most:
            oldest = next(iter(self._held))
            yield from self._held.pop(oldest)

    def _is_shared(self, key: str) -> bool:
        """Whether entries at several addresses have the page."""
        first, *others = (one.entry.url or "" for one, *_ in self._held[key])
        return any(not (_is_place(first, url) or _is_place(url, first)) for url in others)

    def finish(self) -> Iterator[Settled]:
        """What is left: pages that came once."""
        for held in self._held.values():
            yield from held
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


def _is_place(asked: str, came: str) -> bool:
    """Whether ``came`` is the address that was asked for, with all that was asked for there."""
    wanted, found = (
        set(urlsplit(canonicalize_url(url) or "").query.split("&")) for url in (asked, came)
    )
    return _place(asked) == _place(came) and wanted - {""} <= found


def _is_door(url: str, *, is_certain: bool) -> bool:
    """Whether people log in, pay or agree at an address; unless ``is_certain``, the name of an
    article about that is none."""
    parts = urlsplit(url)
    names = parts.path.split("/")
    return bool(_DOOR.search(parts.hostname or "")) or any(
        _DOOR.search(name) for name in names if is_certain or len(name) <= _DOOR_LENGTH
    )


def _has_common_end(one: str, other: str) -> bool:
    """Whether two paths have a number or the last part in common, as an article's that moved."""
    end = one.rstrip("/").rpartition("/")[2]
    numbers = [set(_NUMBER.findall(path)) for path in (one, other)]
    return bool(numbers[0] & numbers[1]) or (bool(end) and end in other)


def _list_words(text: str) -> list[str]:
    """The words of four letters or more, and the pairs of characters in scripts without spaces."""
    text = text.casefold()
    pairs = (run[at : at + 2] for run in _UNSPACED.findall(text) for at in range(len(run) - 1))
    return [*_WORD.findall(_UNSPACED.sub(" ", text)), *pairs]


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
