"""An http(s) address taken apart for a request: what to send, its origin, its lane."""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import quote, urljoin, urlsplit

import idna
from tld import get_fld

from newsbeam.transforms.records import FetchFault
from newsbeam.transforms.text.counts import show_count

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Browsers and servers agree on no limit; RFC 9110 (4.1) asks for at least 8,000 octets.
_MAX_URL_CHARS = 8192
# Left as they are; all else is percent-encoded as browsers do (WHATWG URL, path percent-encode).
_SAFE = "".join(sorted(set(string.punctuation) - set('"<>`{}\\')))


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address that can be requested. All ASCII.

    ``url`` has no fragment; ``origin`` is scheme, host and port (RFC 6454); ``domain`` is the
    registrable domain of the host, or the host itself where it has none (an IP address, a name
    under no public suffix).
    """

    url: str
    origin: str
    host: str
    domain: str

    @property
    def is_secure(self) -> bool:
        """Whether the address is an https one."""
        return self.url.startswith("https:")


def read_web_address(url: str, base: str | None = None) -> WebAddress | FetchFault:
    """``url``, relative to ``base`` if given; a fault where it cannot be requested."""
    try:
        joined = urljoin(base, url.strip()) if base else url.strip()
        if len(joined) > _MAX_URL_CHARS:
            return _fault(
                f"an address of {show_count(len(joined), 'character')}; {_MAX_URL_CHARS} at most"
            )
        parts = urlsplit(joined)
        scheme, port = parts.scheme.lower(), parts.port
        if scheme not in _DEFAULT_PORTS:
            detail = f"{_shorten(joined)}: only http and https addresses are fetched"
            return FetchFault("unsupported_scheme", detail, is_temporary=False, domain="")
        if "@" in parts.netloc:
            return _fault(
                f"{scheme}://…@{parts.hostname}: no user name or password is sent from an "
                "address; set an Authorization header in `fetch.headers`"
            )
        host = _encode_host(parts.hostname or "")
        path = quote(parts.path or "/", safe=_SAFE)
        query = quote(parts.query, safe=_SAFE)
    except (ValueError, idna.IDNAError) as error:
        return _fault(f"{_shorten(url)}: {error}")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    origin = f"{scheme}://{netloc}"
    asked = f"?{query}" if query else ""
    return WebAddress(f"{origin}{path}{asked}", origin, host, domain_of(host))


@lru_cache(maxsize=65536)
def domain_of(host: str) -> str:
    """The registrable domain of ``host`` by the public suffix list that ``tld`` brings along."""
    if ":" in host or _is_ip(host):
        return host
    return get_fld(f"http://{host}", fail_silently=True) or host


def _encode_host(host: str) -> str:
    """``host`` in ASCII lower case.

    Raises:
        ValueError, idna.IDNAError: it is no host name.
    """
    host = host.rstrip(".").lower()
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode("ascii")
    last = host.rpartition(".")[2]
    if ":" in host or last.isdigit() or last.startswith("0x"):
        # Such a host is an address (WHATWG URL, 3.5). 127.1 or 0x7f000001 are no spelling of it.
        return str(ip_address(host))
    if not host or len(host) > 253 or any(c not in _HOST_CHARACTERS for c in host):
        raise ValueError("no valid host name in the address")
    return host


# RFC 3986 allows more, but none of it names a web server; "_" does occur.
_HOST_CHARACTERS = frozenset(string.ascii_lowercase + string.digits + "-._")


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _fault(detail: str) -> FetchFault:
    return FetchFault("bad_url", detail, is_temporary=False, domain="")


def _shorten(url: str) -> str:
    return url if len(url) <= 200 else f"{url[:200]}…"
