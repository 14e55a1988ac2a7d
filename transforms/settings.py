"""Configuration as objects: a source and its sections. (A language: ``language_settings``.)

These models only check values; ``pipelines.config`` reads them from YAML and reports faults.
"""

from __future__ import annotations

import re
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

# A source's id becomes a folder of the lake (source=<id>), so it must not be able to leave it.
SOURCE_ID = r"^[a-z0-9][a-z0-9_-]{0,63}$"
# The shape of a BCP 47 tag (RFC 5646), with the subtags that news sites use.
LANGUAGE_TAG = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


def _check_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a valid regular expression: {error}") from None
    return value


def _check_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"unknown time zone {value!r}; use an IANA name like Europe/Oslo"
        ) from None
    return value


Pattern = Annotated[str, AfterValidator(_check_pattern)]
TimeZone = Annotated[str, AfterValidator(_check_timezone)]
LanguageTag = Annotated[str, Field(pattern=LANGUAGE_TAG)]


class Settings(BaseModel):
    """Base of all configuration: immutable, unknown keys are faults, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CleaningRule(Settings):
    """Removes whole lines, never part of one. ``lines`` or ``pattern`` says which.

    A line is compared after white space and leading ``- * # >`` are stripped, ignoring case.
    """

    name: str = Field(min_length=1, description="Name that the column `removed` will show.")
    lines: tuple[str, ...] = Field((), description="Whole lines, compared ignoring case.")
    pattern: Pattern | None = Field(
        None, description="Regular expression that the whole line must match, ignoring case."
    )
    max_chars: int = Field(
        160, gt=0, description="A longer line is never removed by this rule (code points)."
    )
    isolated: bool = Field(
        False,
        description="Only a line that stands apart by a blank line before it, in a text whose "
        "ordinary lines follow one another without one.",
    )
    match_case: bool = Field(False, description="Whether `pattern` minds upper and lower case.")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if bool(self.lines) == (self.pattern is not None):
            raise ValueError("give either `lines` or `pattern`")
        return self


class ExtractSettings(Settings):
    """How raw items become articles."""

    max_bytes: int = Field(
        10_000_000,
        gt=0,
        description="Largest item (file, line or record, decompressed) that is read, in bytes. "
        "A larger one is rejected as too_large.",
    )


class CleanSettings(Settings):
    """Which lines are boilerplate at this source, beyond what its language's rules remove."""

    rules: tuple[CleaningRule, ...] = Field((), description="Rules of this source alone.")
    disable: tuple[str, ...] = Field(
        (), description="Names of the language's rules that must not run on this source."
    )


class EnrichSettings(Settings):
    """Which models read the text."""

    pipelines: dict[LanguageTag, str | None] = Field(
        default_factory=dict,
        description="spaCy pipeline for a language, by language tag, in place of the shipped "
        "one: an installed package or a folder relative to this file; null switches entities "
        "off for that language.",
    )


class FetchSettings(Settings):
    """How this source's feeds and pages are fetched. Files need none of it."""

    timeout_seconds: float = Field(30.0, gt=0, description="Limit for one request, in seconds.")
    max_bytes: int = Field(
        10_000_000, gt=0, description="Largest response after decompression, in bytes."
    )
    headers: dict[str, str] = Field(
        default_factory=dict, description="Extra request headers, by name."
    )


class Source(Settings):
    """A news source: one YAML file. The smallest one is an id and one glob."""

    id: str = Field(
        pattern=SOURCE_ID,
        description="Lower-case letters, digits, - and _; names the partition source=<id>.",
    )
    name: str | None = Field(None, description="Name for people; the id if left out.")
    language: LanguageTag | None = Field(
        None,
        description="BCP 47 tag (nb, nn, da, sv, en, ...); detected if left out. Between bokmål "
        "and nynorsk the article's own text decides.",
    )
    timezone: TimeZone = Field(
        "Europe/Oslo", description="IANA time zone of instants that come without an offset."
    )
    files: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        min_length=1,
        description="Globs, relative to this file, or URLs of Beam's file systems (gs://, s3://).",
    )
    extract: ExtractSettings = ExtractSettings()
    clean: CleanSettings = CleanSettings()
    enrich: EnrichSettings = EnrichSettings()
    fetch: FetchSettings = FetchSettings()
