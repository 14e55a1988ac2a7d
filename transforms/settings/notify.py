"""Whom to tell of what: a section of a source's config, best in defaults.yaml."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from newsbeam.transforms.settings.base import Settings

NotifiedProblem = Literal["silent", "failing", "drift", "overdue", "clock"]
_Text = Annotated[str, Field(min_length=1)]


class MailSettings(Settings):
    """Where e-mail goes, and by which server."""

    to: tuple[_Text, ...] = Field(min_length=1, description="Who gets it.")
    sender: _Text = Field(description="Who it comes from.")
    server: _Text = Field(description="The SMTP server's name.")
    port: int = Field(587, ge=1, le=65_535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is made safe: starttls (mostly port 587), tls "
        "(mostly 465), none.",
    )  # fmt: skip
    user: str | None = Field(None, description="Name to log in by; no log-in if left out.")
    password: str | None = Field(None, description="Its password: ${NAME} or ${file:...}.")


class NotifySettings(Settings):
    """Who is told, and of what; each thing once, not at every run."""

    webhook: _Text | None = Field(
        None, description="Address to which a JSON object is posted, with `text` for people and "
        "`events`. It often holds a secret: ${NAME} or ${file:...}.",
    )  # fmt: skip
    mail: MailSettings | None = Field(None, description="E-mail by SMTP.")
    problems: tuple[NotifiedProblem, ...] = Field(
        ("silent", "failing", "drift"), description="Problems of feeds and sources to tell of, as "
        "`newsbeam status` has them.",
    )  # fmt: skip
    names: tuple[_Text, ...] = Field(
        (), description="People, organisations and places: new articles that name them are told of."
    )
    stories: tuple[_Text, ...] = Field(
        (), description="Addresses or ids of articles: others that tell the same story are told of."
    )

    @model_validator(mode="after")
    def _has_someone(self) -> Self:
        if (self.names or self.stories) and not (self.webhook or self.mail):
            raise ValueError("give `webhook` or `mail`: who is to be told?")
        return self
