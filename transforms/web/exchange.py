"""One question and its answer over HTTP: the module that opens sockets.

Knows nothing of redirects, robots.txt or politeness (``client`` does). Whatever a server
does, an exchange ends within its limits of time and memory, as an ``Answer`` or a fault.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address
from types import SimpleNamespace

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from newsbeam.transforms.records import FetchFault
from newsbeam.transforms.settings.source import FetchSettings
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.web.answers import REDIRECTS
from newsbeam.transforms.web.codings import (
    ACCEPT_ENCODING,
    BodyTooLarge,
    BrokenCoding,
    decode_body,
    list_false_codings,
)
from newsbeam.transforms.web.errors import (
    FORBIDDEN,
    MAX_FIELD_BYTES,
    MAX_FIELDS,
    explain_client_error,
)
from newsbeam.transforms.web.proxies import BadProxy, Proxies
from newsbeam.transforms.web.public_ips import Network, may_connect, read_networks
from newsbeam.transforms.web.urls import WebAddress

# Looks a host name up: its IP addresses. Raises OSError where there is none.
LookUp = Callable[[str], Awaitable[Sequence[str]]]

# Ours: names are looked up in threads, which a dead name server blocks for many seconds.
_LOOK_UP_THREADS = 32
# Ours: nobody needs more, and each costs a try.
_MAX_ADDRESSES = 8
# Ours: larger bodies are decoded in a thread, so that the others' requests go on.
_INLINE_BYTES = 16 * 1024
# By what a document ends that is whole, and where that stands.
_WHOLE = re.compile(rb"</(?:rss|feed|rdf:RDF|urlset|sitemapindex|html)\s*>\s*\Z", re.IGNORECASE)
_END_BYTES = 200
# Fields that are lists; of all others the first value counts.
_LISTS = frozenset({"cache-control", "content-encoding", "link", "vary"})
# What the exchange itself depends on.
_OURS = frozenset({
    "accept-encoding", "connection", "content-length", "expect", "host", "te",
    "transfer-encoding", "upgrade",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, header fields by lower-case name, and for status 200 the decoded body.

    ``location`` is where a redirect leads, as written; ``cookies`` (name to value) are what it asks
    to be given back there. ``faults`` (reason, detail) are what is wrong with an answer that could
    be read all the same: ``no_last_chunk``, ``false_coding``.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    location: str | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What of a body is taken: at most ``max_bytes``, compressed and decoded.

    With ``is_cut`` a longer body is cut there instead of refused. Where ``media_types`` are
    given, a body that says it is of another type is refused unread.
    """

    max_bytes: int
    is_cut: bool = False
    media_types: frozenset[str] = frozenset()


class _ConnectionLost(aiohttp.ClientError):
    """The server hung up before it answered."""


class HttpExchange:
    """Sends GET requests, each over a connection of its own. An async context manager.

    A new connection each time means that each request's address is checked, and that nothing
    left over from one answer can pose as the next. The gaps of politeness hide its cost.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None, look_up: LookUp | None) -> None:
        """By default certificates are checked against the system's authorities (OpenSSL reads
        SSL_CERT_FILE and SSL_CERT_DIR) and names are looked up by the system. Proxies are those
        that the environment names now."""
        self._proxies = Proxies.from_environment()
        self._ssl_context = ssl_context or ssl.create_default_context()
        self._threads = ThreadPoolExecutor(_LOOK_UP_THREADS, "look-up")
        self._find_ips = look_up or self._look_up
        self._resolver = _Resolver(self._find_ips)
        # By the addresses that are open to it; `None`: to a proxy alone.
        self._sessions: dict[tuple[str, ...] | None, aiohttp.ClientSession] = {}

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def ask(
        self,
        address: WebAddress,
        headers: Mapping[str, str],
        settings: FetchSettings,
        limits: BodyLimits,
        seconds: float,
        note_sent: Callable[[], None] = lambda: None,
    ) -> Answer | FetchFault:
        """Request ``address`` and read its answer, in at most ``seconds``.

        ``headers`` are sent, but for those that the exchange itself sets (Host, ...).
        ``note_sent`` is called when the request goes out over the connection.
        """
        try:
            proxy = self._proxies.find(address.origin)
        except BadProxy as error:
            return FetchFault("bad_proxy", f"{address.url}: {error}", True, address.domain)
        if proxy is not None and (fault := await self._judge_behind_proxy(address, settings)):
            return fault
        session = self._session(settings.allow_addresses if proxy is None else None)
        timeout = aiohttp.ClientTimeout(
            connect=settings.connect_seconds,
            sock_connect=settings.connect_seconds,
            sock_read=settings.read_seconds,
        )
        sent = {name: value for name, value in headers.items() if name.lower() not in _OURS}
        sent["Accept-Encoding"] = ACCEPT_ENCODING
        try:
            async with (
                asyncio.timeout(max(seconds, 0.001)),
                session.get(
                    URL(address.url, encoded=True),
                    headers=sent,
                    timeout=timeout,
                    allow_redirects=False,
                    proxy=proxy,
                    trace_request_ctx=note_sent,
                ) as response,
            ):
                return await _read(response, address, limits)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            return explain_client_error(error, address, settings)

    async def _judge_behind_proxy(
        self, address: WebAddress, settings: FetchSettings
    ) -> FetchFault | None:
        """Why ``address`` may not be asked for through a proxy, whose sockets are not ours: all
        that it may lead to as seen from here must be public, as without a proxy."""
        try:
            ips = [str(ip_address(address.host))]
        except ValueError:
            try:
                async with asyncio.timeout(settings.connect_seconds):
                    ips = list(await self._find_ips(address.host))
            except (OSError, UnicodeError):
                ips = []
        if not ips:
            if settings.proxy_looks_up and "." in address.host:
                return None
            detail = "this machine cannot look it up, so that nobody knows whether it is public"
            advice = "`fetch: proxy_looks_up: true` leaves that to the proxy"
            return FetchFault(
                "dns_failed", f"{address.url}: {detail}; {advice}", True, address.domain
            )
        allowed = read_networks(settings.allow_addresses)
        for ip in ips:
            if not may_connect(ip, allowed):
                detail = f"{ip} is no public address; `fetch.allow_addresses` can open it"
                return FetchFault(
                    "forbidden_address", f"{address.url}: {detail}", False, address.domain
                )
        return None

    def _session(self, allow_addresses: tuple[str, ...] | None) -> aiohttp.ClientSession:
        session = self._sessions.get(allow_addresses)
        if session is None:
            # A proxy stands where it stands, mostly on an address that is not public.
            open_to = ("0.0.0.0/0", "::/0") if allow_addresses is None else allow_addresses
            allowed = read_networks(open_to)
            session = self._sessions[allow_addresses] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=self._ssl_context,
                    resolver=self._resolver,
                    use_dns_cache=False,
                    socket_factory=lambda info: _open_socket(info, allowed),
                    force_close=True,
                    limit=0,  # lanes bound the connections
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                max_field_size=MAX_FIELD_BYTES,
                max_line_size=MAX_FIELD_BYTES,
                max_headers=MAX_FIELDS,
                middlewares=(_ask_once,),
                trace_configs=[_make_trace()],
            )
        return session

    async def _look_up(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(info[4][0]) for info in found))


def _make_trace() -> aiohttp.TraceConfig:
    async def note_sent(_: object, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(note_sent)
    return trace


class _Resolver(AbstractResolver):
    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up

    async def resolve(
        self, host: str, port: int = 0, family: int = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        try:
            found = list(await self._look_up(host))[:_MAX_ADDRESSES]
        except UnicodeError as error:  # a label that the system's IDNA codec refuses
            raise OSError(None, f"no host name: {error}") from None
        if not found:
            raise OSError(None, "the name has no address")
        return [
            ResolveResult(
                hostname=host,
                host=ip,
                port=port,
                family=socket.AF_INET6 if ":" in ip else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for ip in found
        ]

    async def close(self) -> None:
        pass


def _open_socket(info: aiohttp.AddrInfoType, allowed: tuple[Network, ...]) -> socket.socket:
    """A socket for the address that will be connected to, if that may be.

    Raises:
        OSError: it may not be.
    """
    family, kind, protocol, _, peer = info
    ip = str(peer[0])
    if not may_connect(ip, allowed):
        raise OSError(FORBIDDEN, f"{ip} is no public address")
    return socket.socket(family, kind, protocol)


async def _ask_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from asking a second time at once, behind politeness's back."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _ConnectionLost(str(error)) from error


async def _read(
    response: aiohttp.ClientResponse, address: WebAddress, limits: BodyLimits
) -> Answer | FetchFault:
    headers = _read_headers(response)
    if response.status in REDIRECTS:
        cookies = {name: morsel.value for name, morsel in response.cookies.items()}
        return Answer(response.status, headers, location=_read_location(response), cookies=cookies)
    if response.status != 200:
        return Answer(response.status, headers)
    fault = _judge_type(headers.get("content-type", ""), address, limits.media_types)
    if fault is not None:
        return fault
    # Not even begun where the server itself says how long it is.
    if not limits.is_cut and (response.content_length or 0) > limits.max_bytes:
        return _too_large(address, limits.max_bytes)
    data, faults = bytearray(), []
    try:
        async for chunk in response.content.iter_any():
            data += chunk
            if len(data) > limits.max_bytes:
                if limits.is_cut:
                    break
                return _too_large(address, limits.max_bytes)
    except aiohttp.ClientPayloadError:
        if not _is_whole(data):
            raise  # else only the chunk that says that nothing more comes is missing
        detail = "the connection ended behind the document, without the sign that it is the end"
        faults.append(("no_last_chunk", detail))
    coding = headers.get("content-encoding", "")
    if false := list_false_codings(bytes(data[:_END_BYTES]), coding):
        detail = f"Content-Encoding is {', '.join(false)[:80]!r}, but the body is plain"
        faults.append(("false_coding", detail))
    try:
        if coding and len(data) > _INLINE_BYTES:
            body = await asyncio.to_thread(
                decode_body, bytes(data), coding, limits.max_bytes, is_cut=limits.is_cut
            )
        else:
            body = decode_body(bytes(data), coding, limits.max_bytes, is_cut=limits.is_cut)
    except BodyTooLarge:
        return _too_large(address, limits.max_bytes)
    except BrokenCoding as error:
        detail = f"{address.url}: Content-Encoding {coding[:80]!r}: {error}"
        return FetchFault("broken_response", detail, True, address.domain)
    return Answer(200, headers, body, faults=tuple(faults))


def _is_whole(data: bytearray) -> bool:
    """Whether a document ends where ``data`` does, whatever the server says of its length."""
    is_json = data[:_END_BYTES].lstrip()[:1] == b"{" and data[-_END_BYTES:].rstrip()[-1:] == b"}"
    return is_json or _WHOLE.search(data[-_END_BYTES:]) is not None


def _read_headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """By lower-case name, as valid Unicode; cookies are not kept."""
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        name, value = _clean(name).lower(), _clean(value)
        if name in headers:
            if name in _LISTS:
                headers[name] += f", {value}"
        elif name != "set-cookie":
            headers[name] = value
    return headers


def _clean(value: str) -> str:
    """aiohttp hands on bytes that are not UTF-8 as lone surrogates."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read_location(response: aiohttp.ClientResponse) -> str | None:
    """The Location, with its bytes that are not UTF-8 percent-encoded."""
    value = response.headers.get("Location")
    if value is None:
        return None
    return "".join(
        f"%{ord(character) - 0xDC00:02X}" if "\udc80" <= character <= "\udcff" else character
        for character in value
    )


def _judge_type(
    content_type: str, address: WebAddress, media_types: frozenset[str]
) -> FetchFault | None:
    found = content_type.partition(";")[0].strip().lower()
    if not found or not media_types or found in media_types:
        return None
    detail = f"{address.url} is {found[:100]}; wanted is {', '.join(sorted(media_types))}"
    return FetchFault("wrong_content_type", detail, False, address.domain, 200)


def _too_large(address: WebAddress, max_bytes: int) -> FetchFault:
    most = show_count(max_bytes, "byte")
    detail = f"{address.url} is larger than {most}; raise the limit under `fetch`"
    return FetchFault("too_large", detail, False, address.domain)
