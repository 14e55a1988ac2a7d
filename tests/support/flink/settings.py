"""Flink's settings: as little memory as does, loopback only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LOG = """rootLogger.level = INFO
rootLogger.appenderRef.c.ref = C
appender.c.name = C
appender.c.type = CONSOLE
appender.c.layout.type = PatternLayout
appender.c.layout.pattern = %d{HH:mm:ss,SSS} %-5p %-50c{1} - %m%n
"""


def configure(
    folder: Path, rest: int, rpc: int, zookeeper: int, slots: int, attempts: int
) -> dict[str, Any]:
    """Flink's settings: as little memory as does, loopback only."""
    jvm = {"jvm-metaspace": {"size": "160m"}, "jvm-overhead": {"min": "64m", "max": "96m"}}
    return {
        "jobmanager": {
            "rpc": {"address": "localhost", "port": rpc},
            "bind-host": "localhost",
            "memory": {"process": {"size": "640m"}, "off-heap": {"size": "64m"}, **jvm},
            "execution": {"failover-strategy": "region"},
        },
        "taskmanager": {
            "host": "localhost",
            "bind-host": "localhost",
            "numberOfTaskSlots": slots,
            # Their defaults want more buffers than a small TaskManager has.
            "network": {"sort-shuffle": {"min-buffers": 16}},
            "memory": {
                "process": {"size": "1200m"},
                **jvm,
                "managed": {"size": "128m"},
                "network": {"min": "96m", "max": "96m"},
                # Less, and a batch job hangs for ever with no more than a line in the log.
                "framework": {"off-heap": {"size": "128m"}, "heap": {"size": "64m"}},
            },
        },
        "rest": {"address": "localhost", "bind-address": "localhost", "port": rest},
        "state": {
            "backend": {"type": "hashmap"},
            "checkpoints": {"dir": (folder / "checkpoints").as_uri()},
            "savepoints": {"dir": (folder / "savepoints").as_uri()},
        },
        "restart-strategy": {"type": "fixed-delay",
                             "fixed-delay": {"attempts": attempts, "delay": "2 s"}},
        # Without it a JobManager that comes back would know of no jobs.
        "high-availability": {
            "type": "zookeeper",
            "storageDir": (folder / "jobs").as_uri(),
            "cluster-id": "/newsbeam",
            "zookeeper": {"quorum": f"localhost:{zookeeper}", "client": {"session-timeout": 8000}},
        },
        # Jobs bring the jars that are here already; loaded again, they would never leave.
        "classloader": {"resolve-order": "parent-first"},
        "heartbeat": {"interval": 2000, "timeout": 12000},
        "web": {"checkpoints": {"history": 1000}},
        "io": {"tmp": {"dirs": str(folder / "tmp")}},
    }  # fmt: skip
