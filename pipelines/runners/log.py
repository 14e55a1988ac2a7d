"""Beam's log, without what it says on every run of this job and nobody can act on."""

from __future__ import annotations

import logging

from newsbeam.pipelines.runners.traces import KEEPER, is_trace

_NOISE = (
    "apitools not found",  # on import, without the Google Cloud client that we do not use
    "No semi_persistent_directory found",  # every local worker process
    "If direct_num_workers is not equal to 1",  # our workers are processes of our own kind
    "Really starting service at",  # Prism
    "Really destroying service at",
    "empty transform, with payload and identical",
    "pipeline canceled",  # as it was told to
)
# Who says it.
_NOISY = (
    "apache_beam.runners.portability.fn_api_runner.fn_runner",
    "apache_beam.runners.portability.local_job_service",
)


def _is_worth_reading(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return not any(noise in message for noise in _NOISE)


def configure_log() -> None:
    """Show warnings and errors on stderr, and keep tracebacks of Beam's apart (``traces``)."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)  # of Prism's log Beam finds out late how bad a line is
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_is_worth_reading)
    handler.addFilter(lambda record: not is_trace(record))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    KEEPER.kept.clear()
    logging.getLogger().addHandler(KEEPER)


def quiet_beam() -> None:
    """Leave out the noise for a program that has its own log, and leave that log as it is.

    On its import Beam warns by ``logging.warning``, which sets up a root handler where there is
    none; the program could not set up its own any more.
    """
    root, handler = logging.getLogger(), logging.NullHandler()
    for name in _NOISY:
        logging.getLogger(name).addFilter(_is_worth_reading)
    root.addHandler(handler)
    try:
        import apache_beam  # noqa: F401
    finally:
        root.removeHandler(handler)
