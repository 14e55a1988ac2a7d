"""aiohttp's exceptions as faults. Opens nothing itself; part of ``exchange``."""

from __future__ import annotations

import aiohttp
from aiohttp.http_exceptions import LineTooLong

from newsbeam.transforms.errors import iterate_causes
from newsbeam.transforms.records import FetchFault
from newsbeam.transforms.settings.source import FetchSettings
from newsbeam.transforms.web.urls import WebAddress

# Number of the OSError for an address that may not be connected to. The system's numbers are
# positive, getaddrinfo's small and negative. aiohttp keeps the number where it rewords errors
# of several addresses.
FORBIDDEN = -4711
# Ours: real policies and cookies go beyond the usual 8 KiB a field; 128 fields of it are 4 MiB.
MAX_FIELD_BYTES = 32 * 1024
MAX_FIELDS = 128


def explain_client_error(
    error: aiohttp.ClientError | OSError, address: WebAddress, settings: FetchSettings
) -> FetchFault:
    """The fault that an exception of aiohttp stands for. The order matters: they inherit."""
    reason, is_temporary, detail = "connect_failed", True, _describe(error)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        reason, detail = "timeout", f"not connected within {settings.connect_seconds:g} s"
    elif isinstance(error, aiohttp.SocketTimeoutError):
        reason, detail = "timeout", f"the server was silent for {settings.read_seconds:g} s"
    elif isinstance(error, TimeoutError):
        reason, detail = "timeout", f"not done within {settings.total_seconds:g} s"
    elif isinstance(error, aiohttp.ClientHttpProxyError):
        detail = f"the proxy answers {error.status} {error.message}"[:300]
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        reason = "dns_failed"
    elif isinstance(error, aiohttp.ClientSSLError):
        reason = "bad_tls"
    elif isinstance(error, aiohttp.ClientConnectorError):
        if error.os_error.errno == FORBIDDEN:
            reason, is_temporary = "forbidden_address", False
            detail = f"{error.os_error.strerror}; `fetch.allow_addresses` can open it"
    elif isinstance(error, aiohttp.InvalidURL):
        reason, is_temporary = "bad_url", False
    elif _is_head_too_large(error):
        reason, is_temporary = "too_large", False
        detail = f"header fields of more than {MAX_FIELD_BYTES} bytes or {MAX_FIELDS} of them"
    elif isinstance(error, (aiohttp.ClientPayloadError, aiohttp.ClientResponseError)):
        reason = "broken_response"
    return FetchFault(reason, f"{address.url}: {detail}", is_temporary, address.domain)


def _is_head_too_large(error: BaseException | None) -> bool:
    """Looks through the errors that aiohttp wraps in each other."""
    return any(
        isinstance(cause, LineTooLong) or "too many headers" in str(cause).lower()
        for cause in iterate_causes(error)
    )


def _describe(error: Exception) -> str:
    """Its words, short and on one line: they may quote what the server sent."""
    words = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return " ".join(words.split())[:300] or type(error).__name__
