"""Tells the service manager how the service is doing (systemd's sd_notify protocol).

The protocol is a datagram of ``KEY=value`` lines to the Unix socket that $NOTIFY_SOCKET names
(sd_notify(3)). Without that variable nothing happens. No other socket is opened here.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

# Not for the processes that a service starts: they would speak in its name.
VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


@dataclass(frozen=True, slots=True)
class Manager:
    """The service manager. ``watchdog_seconds``: it wants a sign of life within that time."""

    address: str | None = None
    watchdog_seconds: float | None = None

    def tell(self, *lines: str) -> None:
        """Send ``lines`` like ``READY=1``. A manager that has gone away is no fault of ours."""
        if self.address is None:
            return
        # A name in the abstract namespace is written with @ for its leading NUL.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            try:
                channel.sendto("\n".join(lines).encode(), address)
            except (ConnectionRefusedError, FileNotFoundError):
                return


def find_manager(environment: Mapping[str, str] = os.environ) -> Manager:
    """The manager that the environment names, if any."""
    address = environment.get("NOTIFY_SOCKET", "")
    microseconds = environment.get("WATCHDOG_USEC", "")
    ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    seconds = int(microseconds) / 1e6 if ours and microseconds.isdigit() else 0
    return Manager(address if address[:1] in {"/", "@"} else None, seconds or None)
