"""Configuration as objects: a source, a language, and the rules in them.

These models only check values. ``pipelines.config`` reads them from YAML and reports faults.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
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
        raise ValueError(f"unknown time zone {value!r}; use an IANA name like Europe/Oslo") from None
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
