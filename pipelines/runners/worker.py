"""A worker process: Beam's own, without its copy of every log line on stderr.

Of a local run, whose process tells it all by its environment; or of an engine with PROCESS workers,
which starts it in place of Beam's ``boot`` with ``--id`` and ``--provision_endpoint``, where it
asks for the rest (docs/scaling.md).

Workers send their log to the process that started them, which shows it. When that process is
gone, they end: Beam's own would wait for a connection for good if they had none yet.
"""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence

_SECONDS = 0.5
# Ours: seconds for the engine to say where it wants to be called.
_ANSWER = 60.0


def _end_with(starter: int) -> None:
    """End this process when the process ``starter`` is no longer its parent."""
    while os.getppid() == starter:
        time.sleep(_SECONDS)
    os._exit(1)


def ask_engine(arguments: Sequence[str]) -> Mapping[str, str]:
    """The environment of a worker, from what an engine starts it with; empty for a local run.

    (Beam: sdks/python/container/boot.go; beam_provision_api.proto.)
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--id")
    parser.add_argument("--provision_endpoint")
    known, _ = parser.parse_known_args(arguments)
    if not known.provision_endpoint:
        return {}
    import grpc  # type: ignore[import-untyped]
    from apache_beam.portability.api import (
        beam_provision_api_pb2,
        beam_provision_api_pb2_grpc,
        endpoints_pb2,
    )
    from google.protobuf import json_format, text_format  # type: ignore[import-untyped]

    with grpc.insecure_channel(known.provision_endpoint) as channel:
        service = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        info = service.GetProvisionInfo(
            beam_provision_api_pb2.GetProvisionInfoRequest(),
            metadata=(("worker_id", known.id or ""),),
            timeout=_ANSWER,
            wait_for_ready=True,
        ).info
    told = {
        "WORKER_ID": known.id or "",
        "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
        "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
    }
    for name, endpoint in {
        "CONTROL": info.control_endpoint,
        "LOGGING": info.logging_endpoint,
        "STATUS": info.status_endpoint,
    }.items():
        if endpoint.url:
            service_at = endpoints_pb2.ApiServiceDescriptor(url=endpoint.url)
            told[f"{name}_API_SERVICE_DESCRIPTOR"] = text_format.MessageToString(service_at)
    return told


if __name__ == "__main__":
    # Ctrl-C goes to the whole process group: end at once, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # Before Beam is imported: its first warning would set up a handler that prints to stderr.
    logging.getLogger().addHandler(logging.NullHandler())
    os.environ.update(ask_engine(sys.argv[1:]))

    from apache_beam.runners.worker import sdk_worker, sdk_worker_main

    # It prints tracebacks, and sends them to the process that started us, which keeps them.
    sdk_worker.print = lambda *_, **__: None
    sdk_worker_main.main(sys.argv)
