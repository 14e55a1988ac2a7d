"""What the readers know of a file beside its bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from newsbeam.transforms.read.sites import SiteChooser
from newsbeam.transforms.records import Provenance, Rejection
from newsbeam.transforms.settings.source import RowField
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.identity import digest_bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """The records of an archive that begin from byte ``first`` to before ``end``, where another
    one begins; ``None`` is the file's end."""

    first: int = 0
    end: int | None = None


WHOLE = Stretch()


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of a source, and how to read it.

    ``path`` is where it lies, as shown to people; ``key`` is its path relative to the
    configuration, the same on every machine, and identifies a file that holds one article.
    Times without an offset are in ``timezone``. ``max_bytes`` bounds one item (a file with one
    article, a line, a record's payload), decompressed. ``fields`` has the names of a row's fields
    here, by newsbeam's (``{"published_at": "dato"}``). ``sites`` tells whose the records of an
    archive of many sites are. Of an archive the ``stretch`` is read;
    ``passed`` counts its records that may be answers and hold no page, by why.
    """

    source: str
    path: str
    key: str
    timezone: tzinfo
    max_bytes: int
    fields: Mapping[RowField, str] = field(default_factory=dict)
    sites: SiteChooser | None = None
    stretch: Stretch = WHOLE
    passed: Counter[str] = field(default_factory=Counter, compare=False)

    def describe_item(
        self,
        data: bytes,
        *,
        key: str | None = None,
        origin: str | None = None,
        url: str | None = None,
        fetched_at: datetime | None = None,
    ) -> Provenance:
        """Return the provenance of an item with the raw bytes ``data``, by default the file."""
        return Provenance(
            source=self.source,
            key=key or self.key,
            origin=origin or self.path,
            digest=digest_bytes(data),
            url=url,
            fetched_at=fetched_at,
        )

    def reject(self, reason: str, detail: str, origin: str | None = None) -> Rejection:
        """Return the rejection of an item, by default of the whole file."""
        return Rejection(
            source=self.source,
            stage="read",
            reason=reason,
            detail=detail,
            origin=origin or self.path,
        )

    def reject_empty(self) -> Rejection:
        """Return the rejection of a file without content."""
        return self.reject("empty", "the file holds nothing but white space")

    def reject_too_large(self, origin: str | None = None) -> Rejection:
        """Return the rejection of an item with more than ``max_bytes`` bytes."""
        return self.reject(
            "too_large",
            f"more than {show_count(self.max_bytes, 'byte')}; raise `extract.max_bytes` to read it",
            origin,
        )
