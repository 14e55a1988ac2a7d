"""Running a graph on this machine: in this process, or in worker processes that are watched.

Beam's own handler of worker processes waits for ever for one that died before it connected, and
for the answer of one that died at its work. Here the end of a worker is the end of the run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock, Thread
from typing import Any
from weakref import WeakSet, WeakValueDictionary

import grpc  # type: ignore[import-untyped]
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc, endpoints_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.portability.fn_api_runner.worker_handlers import (
    GrpcServer,
    GrpcWorkerHandler,
    WorkerHandler,
)
from apache_beam.runners.portability.local_job_service import BeamFnLoggingServicer
from apache_beam.transforms.environments import Environment
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance
from google.protobuf import json_format, text_format  # type: ignore[import-untyped]

from newsbeam.pipelines.runners.options import RunFailed, find_option
from newsbeam.pipelines.runners.signals import name_end

DIRECT = "DirectRunner"
# -P: a folder `newsbeam` where somebody happens to stand must not be taken for ours.
WORKER = (sys.executable, "-P", "-m", "newsbeam.pipelines.runners.worker")
_URN = "newsbeam:env:worker_process:v1"
# Ours: seconds that a worker has to end when its work is done.
_END = 10.0
_LOST = beam_fn_api_pb2.InstructionResponse(error="the worker process is gone")


def choose_runner(arguments: Sequence[str], workers: int) -> tuple[Any, list[str]]:
    """The runner and Beam's arguments.

    ``DirectRunner`` is a switch that picks an engine by what it finds installed and by the shape
    of the graph (docs/decisions/direct-runner.md); here it always means the same one.
    """
    passed = list(arguments)
    if find_option(passed, "--runner") not in (None, DIRECT):
        return None, passed
    if workers == 1:
        return FnApiRunner(), passed
    return WatchedRunner(), [*passed, f"--direct_num_workers={workers}"]


class WatchedRunner(FnApiRunner):  # type: ignore[misc]
    """Beam's local runner with worker processes; for one run."""

    def __init__(self) -> None:
        self._crew = _Crew()
        super().__init__(default_environment=_Processes(self._crew.key))

    def run_pipeline(self, pipeline: Any, options: Any) -> Any:
        """Run it to its end.

        Raises:
            RunFailed: a worker died.
        """
        try:
            return super().run_pipeline(pipeline, options)
        except Exception:  # whatever Beam makes of a lost worker; all else is raised as it is
            if self._crew.fault is not None:
                raise self._crew.fault from None
            raise


class _Processes(Environment):  # type: ignore[misc]
    """Beam's word for where workers work; names their crew."""

    def __init__(self, crew: bytes) -> None:
        super().__init__()
        self._crew = crew

    def to_runner_api_parameter(self, context: object) -> tuple[str, bytes]:
        return _URN, self._crew


class _Crew:
    """The workers of one run. They end together: what one has lost, no other can make good."""

    def __init__(self) -> None:
        self.key = uuid.uuid4().bytes
        self.fault: RunFailed | None = None
        self._workers: list[_Worker] = []
        self._lock = Lock()
        _CREWS[self.key] = self

    def join(self, worker: _Worker) -> None:
        """Have one more, which ends at once where another one is dead."""
        with self._lock:
            self._workers.append(worker)
            is_lost = self.fault is not None
        if is_lost:
            worker.abandon()

    def give_up(self, fault: RunFailed) -> None:
        """End all workers for ``fault``; the first one counts."""
        with self._lock:
            if self.fault is not None:
                return
            self.fault = fault
            workers = list(self._workers)
        for worker in workers:
            worker.abandon()


_CREWS: WeakValueDictionary[bytes, _Crew] = WeakValueDictionary()


class _Line:
    """Beam's connection to a worker, on which nobody waits for the answer of one that is gone."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._lock = Lock()
        self._asked: WeakSet[Any] = WeakSet()
        self._is_lost = False
        self.close = connection.close

    def push(self, request: Any) -> Any:
        """Ask the worker; returns Beam's future of its answer."""
        with self._lock:
            future = self._connection.push(request)
            self._asked.add(future)
            if self._is_lost:
                future.set(_LOST)
        return future

    def lose(self) -> None:
        """All answers that are still to come say that the worker is gone."""
        with self._lock:
            self._is_lost = True
            for future in self._asked:
                if not future.is_done():
                    future.set(_LOST)


@WorkerHandler.register_environment(_URN, bytes)
class _Worker(GrpcWorkerHandler):  # type: ignore[misc]
    """A worker process, what it logs, and a thread that waits for its end."""

    control_conn: Any
    data_conn: Any

    def __init__(self, crew: bytes, state: Any, provision_info: Any, server: GrpcServer) -> None:
        super().__init__(state, provision_info, server)
        self._crew = _CREWS[crew]
        self._is_wanted = True
        # Beam's threads read from these connections. A lost one is no news to them.
        take_answers, take_data = self.control_conn.set_input, self.data_conn.set_inputs
        self.control_conn.set_input = lambda answers: take_answers(self._until_lost(answers))
        self.data_conn.set_inputs = lambda data: take_data(self._until_lost(data))
        self.control_conn = _Line(self.control_conn)

    def start_worker(self) -> None:
        options = [("grpc.http2.max_pings_without_data", 0), ("grpc.http2.max_ping_strikes", 0)]
        self._log = grpc.server(shared_unbounded_instance(), options=options)
        port = self._log.add_insecure_port("[::]:0")
        beam_fn_api_pb2_grpc.add_BeamFnLoggingServicer_to_server(BeamFnLoggingServicer(), self._log)
        self._log.start()
        told = {
            "CONTROL_API_SERVICE_DESCRIPTOR": _describe_service(self.control_address),
            "LOGGING_API_SERVICE_DESCRIPTOR": _describe_service(f"localhost:{port}"),
            "PIPELINE_OPTIONS": json_format.MessageToJson(
                self.provision_info.provision_info.pipeline_options
            ),
            "WORKER_ID": self.worker_id,
        }
        self._process = subprocess.Popen(WORKER, env=os.environ | told)
        self._watcher = Thread(target=self._watch, name="newsbeam-worker", daemon=True)
        self._watcher.start()
        self._crew.join(self)

    def _watch(self) -> None:
        code = self._process.wait()
        if self._is_wanted:
            self._crew.give_up(RunFailed(_describe_end(code)))

    def _until_lost(self, messages: Iterable[Any]) -> Iterator[Any]:
        try:
            yield from messages
        except grpc.RpcError:
            self._watcher.join(_END)  # first why, then that

    def abandon(self) -> None:
        """End the process and whatever waits for it."""
        self._process.kill()
        self.control_conn.lose()
        # Who still sends to it would wait for a place in the queue.
        unsent = self.data_conn._write_outputs()
        Thread(target=deque, args=(unsent, 0), name="newsbeam-unsent", daemon=True).start()

    def close(self) -> None:
        self._is_wanted = False
        super().close()

    def stop_worker(self) -> None:
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._watcher.join()
        self._log.stop(0)


def _describe_service(address: str) -> str:
    return str(text_format.MessageToString(endpoints_pb2.ApiServiceDescriptor(url=address)))


def _describe_end(code: int) -> str:
    advice = (
        "if memory ran out, take fewer --workers"
        if code < 0
        else "what it said stands above; --workers 1 needs no such processes"
    )
    return f"a worker process died: {name_end(code)}; nothing was committed; {advice}"
