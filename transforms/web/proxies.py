"""Which proxy a request goes through, as HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say.

Upper or lower case; NO_PROXY lists hosts, domains (with all below them), addresses and networks,
separated by commas, or is ``*``. Opens nothing itself.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit


class BadProxy(ValueError):
    """What a variable says is no proxy that can be used. Does not show it: it may hold a
    password."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies' addresses by scheme (``http``, ``https``, ``all``), and under ``no`` whom they
    are not for."""

    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> Proxies:
        """Those of this process. HTTP_PROXY does not count in a CGI script (CVE-2016-1000110)."""
        return cls(urllib.request.getproxies_environment())

    def find(self, origin: str) -> str | None:
        """The proxy for ``origin`` (scheme, host and port), with its scheme; ``None`` where it is
        asked directly.

        Raises:
            BadProxy: the variable names none.
        """
        asked = urlsplit(origin)
        proxy = self.variables.get(asked.scheme) or self.variables.get("all")
        if not proxy or self._is_direct(asked.hostname or "", asked.netloc):
            return None
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        parts = urlsplit(proxy)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadProxy(
                f"{asked.scheme.upper()}_PROXY (or ALL_PROXY) is no http or https address, and "
                "other proxies cannot be used"
            )
        return proxy

    def _is_direct(self, host: str, place: str) -> bool:
        is_direct = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
        if is_direct(place, dict(self.variables)):
            return True
        try:
            ip = ip_address(host)
        except ValueError:
            return False
        # The standard library knows no networks, nor addresses with brackets.
        return any(_holds(entry.strip(), ip) for entry in self.variables.get("no", "").split(","))


def _holds(entry: str, ip: object) -> bool:
    try:
        return ip in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False
