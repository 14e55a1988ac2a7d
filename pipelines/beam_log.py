"""Beam's log, without what it says on every run of this job and nobody can act on."""

from __future__ import annotations

import logging

_NOISE = (
    "apitools not found",  # on import, without the Google Cloud client that we do not use
    "No semi_persistent_directory found",  # every local worker process
    "If direct_num_workers is not equal to 1",  # our workers are processes of our own kind
)


def _is_worth_reading(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return not any(noise in message for noise in _NOISE)


def configure_log() -> None:
    """Show warnings and errors on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_is_worth_reading)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
