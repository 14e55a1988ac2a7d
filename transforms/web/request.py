"""What is asked for, and the header fields that ask for it."""

from __future__ import annotations

from dataclasses import dataclass

from newsbeam.transforms.settings.environment import fill_in_header
from newsbeam.transforms.settings.source import FetchSettings
from newsbeam.transforms.web.urls import WebAddress


@dataclass(frozen=True, slots=True)
class Request:
    """What to fetch and how.

    ``max_bytes`` bounds the body, compressed and decoded. ``etag`` and ``last_modified`` are
    validators as received; with one of them the response may be a 304. ``tries`` is how often
    it is asked where that may help. Where ``media_types`` are given, a body that says it is of
    another type is refused unread. With ``follows_refresh`` a page that sends its reader on by a
    ``<meta>`` is followed like a redirect.
    """

    url: str
    settings: FetchSettings
    max_bytes: int
    accept: str = "text/html,application/xhtml+xml,*/*;q=0.1"
    etag: str | None = None
    last_modified: str | None = None
    tries: int = 1
    media_types: frozenset[str] = frozenset()
    follows_refresh: bool = False


def make_headers(
    request: Request, product: str, *, start: WebAddress, address: WebAddress
) -> dict[str, str]:
    """The header fields to send to ``address``, where the request for ``start`` led.

    ``product`` opens the User-Agent, which a source's own headers cannot replace.

    Raises:
        MissingSecret: a source's header names a secret that is not there.
    """
    contact = request.settings.contact
    headers = {
        "User-Agent": f"{product} (+{contact})" if contact else product,
        "Accept": request.accept,
    }
    if contact and "@" in contact and "/" not in contact:
        headers["From"] = contact.removeprefix("mailto:")
    if request.etag and _may_be_sent(request.etag):
        headers["If-None-Match"] = request.etag
    if request.last_modified and _may_be_sent(request.last_modified):
        headers["If-Modified-Since"] = request.last_modified
    if may_see_headers(start, address):
        added = {name.title(): value for name, value in request.settings.headers.items()}
        added.pop("User-Agent", None)
        headers |= {name: fill_in_header(value) for name, value in added.items()}
    return headers


def may_see_headers(start: WebAddress, address: WebAddress) -> bool:
    """Whether a source's own headers go to ``address``. They may hold what lets us in: no other
    site gets to see them, nor anybody on the way."""
    return address.domain == start.domain and (address.is_secure or not start.is_secure)


def _may_be_sent(validator: str) -> bool:
    return validator.isprintable() and validator.isascii()
