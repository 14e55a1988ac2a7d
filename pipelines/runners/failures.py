"""Runs a graph to its end, and finds in a traceback of Beam's what somebody outside can mend."""

from __future__ import annotations

import builtins
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apache_beam as beam
import grpc  # type: ignore[import-untyped]
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, TestOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineResult, PipelineState
from apache_beam.runners.worker import sdk_worker

from newsbeam.pipelines.runners.options import RunFailed
from newsbeam.pipelines.terminal_text import join_causes
from newsbeam.transforms.errors import NewsbeamError

# What Beam's portable runner says of a job that did not end well.
_ENDED = re.compile(r"failed in state (\w+):(.*)", re.DOTALL)
# Ours: seconds for a job server to answer.
_ANSWER = 10.0
# Beam's name of the thread that reads what an engine says, and seconds in which it ends. Ours.
_READER, _END = "wait_until_finish_read", 5.0
_TRACEBACK = "Traceback (most recent call last):"
# What Java says of a program that is not there.
_NO_PROGRAM = "error=2, No such file or directory"
# Ours: so much of what an engine says is a sentence.
_LONGEST = 300
# The last line of a traceback, with what Beam adds to it: a worker's comes as a RuntimeError.
_RAISED = re.compile(r"^(?:RuntimeError: )*([\w.]+): (.*?)(?: \[while running '.*)?$")


def find_expected_failure(text: str) -> str | None:
    """The message of a ``NewsbeamError`` or ``OSError`` that a stage raised, from the text that the
    runner raised in its place; ``None`` where it is another error, which is a bug."""
    expected = {kind.__name__ for kind in _list_kinds(NewsbeamError)}
    told = None
    for line in join_causes(text).splitlines():
        found = _RAISED.match(line)
        if found is None:
            continue
        name = found[1].rpartition(".")[2]
        kind = getattr(builtins, name, None)
        is_system = isinstance(kind, type) and issubclass(kind, OSError)
        told = found[2] if name in expected or is_system else None
    return told


def describe_cause(text: str) -> str:
    """What an engine says, ``text``, as part of a sentence: the exception of a Python worker
    where there is one, else its first line."""
    _, found, after = text.rpartition(_TRACEBACK)
    if found:  # behind the lines of the stack, which are indented
        lines = [line for line in after.splitlines() if line and not line[0].isspace()]
        cause = f"a worker raised {lines[0]}" if lines else "a worker raised an exception"
    else:
        cause = next(iter(text.strip().splitlines()), "it does not say why")
        if _NO_PROGRAM in cause:
            cause += " (is the command of --environment_config on each machine of the engine?)"
    return cause.strip()[:_LONGEST]


def _list_kinds(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _list_kinds(below)


def check_job_server(options: PipelineOptions) -> None:
    """See that the job server which ``options`` name, if they do, answers: Beam would wait for it
    for minutes.

    Raises:
        RunFailed: it does not.
    """
    endpoint = options.view_as(PortableOptions).job_endpoint
    if not endpoint or endpoint == "embed":
        return
    with grpc.insecure_channel(endpoint) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=_ANSWER)
        except grpc.FutureTimeoutError:
            raise RunFailed(
                f"no job server answers at {endpoint} (--job_endpoint); start it, or correct the "
                "address"
            ) from None


def start_pipeline(pipeline: beam.Pipeline) -> PipelineResult:
    """Hand ``pipeline`` to its engine.

    Raises:
        RunFailed: the engine does not answer, or gives the job up, or was asked to translate it
            and no more.
    """
    check_job_server(pipeline.options)
    is_local = isinstance(pipeline.runner, FnApiRunner)
    with _telling_failures(None if is_local else "the engine could not be started"):
        result = pipeline.run()
    if result is None or pipeline.options.view_as(TestOptions).dry_run:
        raise RunFailed("the job was translated and not run (--dry_run); nothing was committed")
    return result


def run_pipeline(pipeline: beam.Pipeline) -> PipelineResult:
    """Run ``pipeline`` to its end.

    Raises:
        RunFailed: it did not end well, by what somebody outside can mend, or on another engine
            than Beam's local one; bugs are raised as such.
    """
    result = start_pipeline(pipeline)
    with _telling_failures(), _without_reader():
        state = result.wait_until_finish()
    if state != PipelineState.DONE:
        raise RunFailed(f"the runner ended in state {state}; nothing was half committed")
    return result


def hush_threads() -> Callable[[], None]:
    """Let threads of Beam's whose engine is gone end without a traceback on standard error; who
    waits for the engine is told the same. Returns what takes that back."""
    before = threading.excepthook

    def tell(what: threading.ExceptHookArgs) -> None:
        if not isinstance(what.exc_value, grpc.RpcError):
            before(what)

    def take_back() -> None:
        threading.excepthook = before

    threading.excepthook = tell
    return take_back


def hush_workers() -> None:
    """Let workers that are threads of this process (LOOPBACK) end without tracebacks, for good:
    when their engine is stopped there is nobody to tell them, and what they do is not wanted."""
    hush_threads()
    sdk_worker.print = lambda *_, **__: None


@contextmanager
def _without_reader() -> Iterator[None]:
    """Hush the thread in which Beam reads an engine's messages, and wait for its end."""
    take_back = hush_threads()
    try:
        yield
    finally:
        for thread in threading.enumerate():
            if thread.name == _READER:
                thread.join(_END)
        take_back()


@contextmanager
def _telling_failures(engine: str | None = None) -> Iterator[None]:
    """Turn what Beam raises for an engine into a sentence; all of it, where there are words for
    what an ``engine`` could not do."""
    try:
        yield
    except grpc.RpcError as error:
        raise RunFailed(f"the engine went away: {error.details()}") from error
    except RuntimeError as error:
        if (told := find_expected_failure(str(error))) is not None:
            raise RunFailed(told) from error
        if (ended := _ENDED.search(str(error))) is not None:
            # Its traceback is that of waiting for it; what happened there its own log has.
            raise RunFailed(
                f"the engine ended the job in state {ended[1]}: {describe_cause(ended[2])}"
            ) from error
        if engine is not None:
            raise RunFailed(f"{engine}: {describe_cause(str(error))}") from error
        raise
    except ValueError as error:  # as Beam finds an engine's options
        if engine is not None:
            raise RunFailed(f"{engine}: {describe_cause(str(error))}") from error
        raise
