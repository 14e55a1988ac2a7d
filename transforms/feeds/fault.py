"""Why a body is no feed that can be used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedFault:
    """A body without a feed in it. ``reason`` is a stable snake_case word.

    ``empty``, ``not_a_feed``, ``broken_xml``, ``unsafe_xml``, ``broken_json``, ``broken_gzip`` or
    ``too_large``; ``detail`` says what was found and what to do.
    """

    reason: str
    detail: str
