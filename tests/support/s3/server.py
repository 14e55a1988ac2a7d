"""A real S3 server for tests: versitygw, which keeps objects as plain files of a folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import answers, find_port
from tests.support.waiting import wait_until
from tests.support.workplace import ROOT

PROGRAM = ROOT / "build" / "s3" / "v1.8.0" / "versitygw"
BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server whose buckets are the folders in ``folder``."""

    address: str
    folder: Path
    process: subprocess.Popen[bytes]

    def environment(self, cache: Path, lease_seconds: float = 2.0) -> Mapping[str, str]:
        """What a process needs to reach it; its caches lie in ``cache``."""
        return {
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ALLOW_HTTP": "true",
            "XDG_CACHE_HOME": str(cache),
            "NEWSBEAM_LEASE_SECONDS": str(lease_seconds),
        }


@contextmanager
def run_server(folder: Path, *options: str) -> Iterator[Server]:
    """A server with one bucket, ended with the block."""
    data = folder / "data"
    (data / BUCKET).mkdir(parents=True)
    port = find_port()
    address = f"127.0.0.1:{port}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "--port", address, "--region", "us-east-1", "--quiet", *options,
             "posix", data],
            env={**os.environ, "ROOT_ACCESS_KEY": "tester", "ROOT_SECRET_KEY": "not-a-secret"},
            stdout=log,
            stderr=log,
        )  # fmt: skip
        try:
            wait_until(lambda: answers(port) or process.poll() is not None)
            assert process.poll() is None, (folder / "log").read_text()
            yield Server(f"http://{address}", data, process)
        finally:
            process.kill()
            process.wait()
