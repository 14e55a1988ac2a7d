"""What makes an item the same item: ids, digests, canonical URLs."""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Collection
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Parameters that name a campaign, a click or a recipient and never choose the page.
_TRACKING_PREFIXES = ("utm_", "mtm_", "hsa_")
_TRACKING_PARAMETERS = frozenset({
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "msclkid", "yclid",
    "twclid", "ttclid", "li_fat_id", "igsh", "igshid", "mc_cid", "mc_eid", "mkt_tok", "xtor",
    "cmpid", "_ga", "_gl", "_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp", "vero_id",
    "oly_anon_id", "oly_enc_id", "wt_mc", "wt.mc_id",
    "pk_campaign", "pk_kwd", "pk_medium", "pk_source", "at_campaign", "at_medium",
})  # fmt: skip
_BAD_HOST = re.compile(r"[\s\\<>\"{}|^`%]")
_PERCENT_CODE = re.compile(r"%[0-9A-Fa-f]{2}")


def article_id(source: str, key: str) -> str:
    """Return the article's id: 32 hex digits of the SHA-256 over source, U+001F and key."""
    # surrogatepass: file names that are not UTF-8 reach Python with lone surrogates.
    data = f"{source}\x1f{key}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:32]


def entry_identity(source: str, feed: str, entry_id: str) -> str:
    """Return what a feed's entry is known by: 32 hex digits of source, feed's id and entry's id."""
    return article_id(source, f"{feed}\x1f{entry_id}")


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of ``data`` as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def _name_parameter(item: str) -> str:
    return item.partition("=")[0].lower()


def _tracks(name: str) -> bool:
    return name in _TRACKING_PARAMETERS or name.startswith(_TRACKING_PREFIXES)


def _encode_part(part: str) -> str:
    """Percent-encode what may not stand in a URL (RFC 3986 section 6.2.2.1 for the case)."""
    encoded = quote(part, safe=string.punctuation)
    return _PERCENT_CODE.sub(lambda code: code[0].upper(), encoded)


def canonicalize_url(
    url: str,
    base: str | None = None,
    *,
    keep: Collection[str] = (),
    drop: Collection[str] = (),
) -> str | None:
    """Return one spelling for all spellings of an http(s) address; ``None`` for anything else.

    ``url`` may be relative to ``base``. Scheme and host become lower case; default port,
    credentials, fragment, empty query and known tracking parameters are dropped; white space,
    control and non-ASCII characters in path and query are percent-encoded. The order of
    parameters and a trailing slash are kept, as both may matter to the server. A host name
    stays in the script it was given in. Idempotent.

    ``keep`` and ``drop`` name query parameters, ignoring case: the first stay although they are
    known for tracking, the others go. ``keep`` wins.
    """
    try:
        url = urljoin(base, url.strip()) if base else url.strip()
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        if scheme not in _DEFAULT_PORTS or not host or _BAD_HOST.search(host):
            return None
        path, query = _encode_part(parts.path or "/"), _encode_part(parts.query)
    except ValueError:  # an impossible port, brackets without an address, a lone surrogate
        return None
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    needed, unwanted = ({name.lower() for name in names} for names in (keep, drop))
    kept = [
        item
        for item in query.split("&")
        if item
        and ((name := _name_parameter(item)) in needed or not (name in unwanted or _tracks(name)))
    ]
    return urlunsplit((scheme, netloc, path, "&".join(kept), ""))


def list_spellings(url: str) -> list[str]:
    """Return ``url``, which is canonical, and what else sites call the same page: with http for
    https, with and without ``www.``, with and without a slash at its end."""
    parts = urlsplit(url)
    schemes = ("http", "https")
    hosts = (parts.netloc.removeprefix("www."), f"www.{parts.netloc.removeprefix('www.')}")
    paths = (parts.path.rstrip("/") or "/", f"{parts.path.rstrip('/')}/")
    spellings = [
        urlunsplit((scheme, host, path, parts.query, ""))
        for scheme in (parts.scheme, *(s for s in schemes if s != parts.scheme))
        for host in hosts
        for path in paths
    ]
    return list(dict.fromkeys([url, *spellings]))


# So many digits at the end of an entry's digest are of what it says whatever its address. Digests
# of older lakes do not have them and are shorter than this.
WORDING_DIGITS, _SHORT_DIGEST = 10, 24


def read_wording(digest: str) -> str:
    """What the ``digest`` of an entry says of all but its address; empty in older lakes."""
    return digest[-WORDING_DIGITS:] if len(digest) > _SHORT_DIGEST else ""


def split_digest(digest: str) -> tuple[str, str]:
    """What the ``digest`` of an entry says of all that it tells, and of that without its instants
    (empty in older lakes)."""
    return digest[:16], digest[16:24]
