"""What a process finds where it runs: secrets that configs only name.

A config says ``${NAME}`` (an environment variable) or ``${file:/run/secrets/name}``; the text keeps
that form in settings, graphs, logs and tables. It is filled in by the process that sends it, at
the moment when it does, so that a secret is never stored and never travels between processes.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from newsbeam.transforms.errors import NewsbeamError

# $${NAME} stands for the text ${NAME}.
_REFERENCE = re.compile(r"\$?\$\{(file:[^{}]+|[A-Za-z_][A-Za-z0-9_]*)\}")
_FILE = "file:"
# Ours: a key, a password or a cookie is shorter; what is longer is another file.
_MOST_BYTES = 64 * 1024


class MissingSecret(NewsbeamError):
    """A secret that a config names is not there, or cannot be used. Never says its value."""


def list_secrets(text: str) -> list[str]:
    """What ``text`` refers to: names of environment variables, and ``file:`` with a path."""
    return [found[1] for found in _REFERENCE.finditer(text) if not found[0].startswith("$$")]


def fill_in(text: str) -> str:
    """``text`` with each secret in place of its name. A file's last line break is no part of it.

    Raises:
        MissingSecret: a variable is not set, or a file cannot be read.
    """
    return _REFERENCE.sub(
        lambda found: found[0][1:] if found[0].startswith("$$") else _read_secret(found[1]), text
    )


def fill_in_header(value: str) -> str:
    """``value`` of a header field, filled in.

    Raises:
        MissingSecret: as ``fill_in``; or it holds what cannot be sent.
    """
    filled = fill_in(value)
    if not (filled.isascii() and filled.isprintable()):
        names = ", ".join(f"${{{name}}}" for name in list_secrets(value))
        raise MissingSecret(
            f"{names} holds other than printable ASCII characters, which a header field cannot"
        )
    return filled


def _read_secret(name: str) -> str:
    if name.startswith(_FILE):
        return _read_file(Path(name.removeprefix(_FILE)))
    value = os.environ.get(name)
    if not value:
        raise MissingSecret(
            f"${{{name}}} is not set: put it into the environment that newsbeam is started in"
        )
    return value


def _read_file(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise MissingSecret(f"${{file:{path}}} is larger than {_MOST_BYTES} bytes")
        return data.decode("utf-8").rstrip("\r\n")
    except OSError as error:
        raise MissingSecret(f"${{file:{path}}} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MissingSecret(f"${{file:{path}}} is not UTF-8") from None
