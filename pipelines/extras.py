"""What can be left out of an installation, and what is said where it is missed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from newsbeam.transforms.errors import NewsbeamError


class MissingExtraError(NewsbeamError):
    """Packages are needed that are not installed."""


# By extra, what is imported of it.
_PACKAGES = {"report": ("altair", "vl_convert")}


def ask_to_install(extra: str) -> str | None:
    """The command that installs ``extra`` (``report``); ``None`` where it is installed."""
    if all(find_spec(package) for package in _PACKAGES[extra]):
        return None
    return f"pip install 'newsbeam[{extra}]'"


def need_object_stores(place: object) -> None:
    """See that what asks the object store at ``place`` is installed.

    Raises:
        MissingExtraError: it is not.
    """
    with need_extra("objects", f"a lake at {place}"):
        import fsspec  # type: ignore[import-untyped]  # noqa: F401
        import obstore  # noqa: F401


@contextmanager
def need_extra(name: str, what: str) -> Iterator[None]:
    """Import here what belongs to the extra ``name`` of pyproject.toml and is for ``what``.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{what} needs {error.name}, which is not installed: pip install 'newsbeam[{name}]'"
        ) from error
