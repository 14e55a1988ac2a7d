"""What all configuration models have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Base of all configuration: immutable, unknown keys are faults, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
