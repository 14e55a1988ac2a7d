"""The secrets that configs name, and those that stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from newsbeam.pipelines.config.fault_words import name_field
from newsbeam.pipelines.config.job import ConfigError, Fault, Job
from newsbeam.pipelines.config.yaml_lines import YamlDocument
from newsbeam.transforms.settings.environment import (
    MissingSecret,
    fill_in,
    fill_in_header,
    list_secrets,
)
from newsbeam.transforms.settings.source import Source

_HEADERS, _WEBHOOK = ("fetch", "headers"), ("notify", "webhook")
_PASSWORD = ("notify", "mail", "password")
# Ours: settings that let somebody in, by what they are called.
_CREDENTIAL = re.compile(r"auth|cookie|key|passw|secret|session|token|webhook", re.IGNORECASE)


def find_missing_secrets(documents: Mapping[Path, YamlDocument]) -> list[Fault]:
    """What the configs in ``documents`` (by file) name of the environment and is not there."""
    faults = []
    for file, document in documents.items():
        for field, value in _list_secret_fields(document):
            try:
                fill_in_header(value) if field[0] == "fetch" else fill_in(value)
            except MissingSecret as error:
                faults.append(
                    Fault(str(file), document.line_of(field), name_field(field), str(error))
                )
    return faults


def list_job_secrets(job: Job) -> tuple[str, ...]:
    """What the sources name of the environment: variables, and ``file:`` with a path."""
    values = (value for source in job.sources for _, value in _list_values(source))
    return tuple(dict.fromkeys(name for value in values for name in list_secrets(value)))


def refuse_clear_secrets(job: Job) -> None:
    """
    Raises:
        ConfigError: what lets somebody in stands in a config itself: a header, a webhook's
            address, a password.
    """
    faults = []
    for source in job.sources:
        for field, value in _list_values(source):
            if _CREDENTIAL.search(field[-1]) and not list_secrets(value):
                variable = re.sub(r"\W", "_", f"{source.id}_{field[-1]}").upper()
                message = (
                    f"stands here in clear and would go into a ConfigMap: write ${{{variable}}} "
                    "in its place, which Kubernetes fills in from a Secret (docs/scheduling.md)"
                )
                faults.append(Fault(str(job.files[source.id]), 1, name_field(field), message))
    if faults:
        raise ConfigError(faults)


def _list_values(source: Source) -> Iterator[tuple[tuple[str, ...], str]]:
    """The settings of ``source`` that may hold secrets, by their paths."""
    yield from (((*_HEADERS, name), value) for name, value in source.fetch.headers.items())
    if source.notify.webhook is not None:
        yield _WEBHOOK, source.notify.webhook
    if source.notify.mail is not None and source.notify.mail.password is not None:
        yield _PASSWORD, source.notify.mail.password


def _list_secret_fields(document: YamlDocument) -> Iterator[tuple[tuple[str, ...], str]]:
    """The same of a file as it is written."""
    for field in (_HEADERS, _WEBHOOK, _PASSWORD):
        value = document.data
        for part in field:
            value = value.get(part) if isinstance(value, dict) else None
        found = value.items() if isinstance(value, dict) else [(None, value)]
        for name, text in found:
            if isinstance(text, str):
                yield (field if name is None else (*field, str(name))), text
