"""Ports for servers that must be told theirs before they start."""

from __future__ import annotations

import socket
from contextlib import suppress
from random import SystemRandom

# From 32768 on Linux gives ports to whoever connects: they may be gone before a server starts.
_FIRST, _END = 10_000, 32_768


def find_port() -> int:
    """A port that is free now, of those that the system gives to nobody unasked."""
    while True:
        port = SystemRandom().randrange(_FIRST, _END)
        with suppress(OSError), socket.create_server(("", port)):
            return port


def answers(port: int) -> bool:
    """Whether somebody listens at ``port`` on loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
