"""Archives of many sites: whose a record is, by its address alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.identity import digest_bytes
from newsbeam.transforms.web.urls import domain_of

_TARGET = re.compile(rb"\nWARC-Target-URI:[ \t]*<?([^\r\n>]*)", re.IGNORECASE)
_NO_ID = re.compile(r"[^a-z0-9_-]")
_LONGEST_ID = 64


@dataclass(slots=True)
class SiteChooser:
    """Tells whose a record is; ``sites`` are sources by registrable domain, ``takes_all`` makes
    each other site a source of its own. ``passed`` counts the records of other sites."""

    sites: Mapping[str, str]
    takes_all: bool
    passed: int = 0

    def find_source(self, url: str) -> str | None:
        """The source of the page at ``url``; ``None`` where nobody wants it."""
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if not host:
            return None
        domain = domain_of(host)
        return self.sites.get(domain) or (name_site(domain) if self.takes_all else None)

    def is_other(self, header: bytes) -> bool:
        """Whether the record with this header (of the WARC) is of a site that nobody wants; one
        without an address is looked at."""
        found = _TARGET.search(header)
        return found is not None and not self.find_source(
            found[1].decode("utf-8", "replace").strip()
        )


def choose_sites(source: Source) -> SiteChooser | None:
    """How the records in the archives of ``source`` are told apart, if they are."""
    by_domain = source.source_from == "domain"
    return SiteChooser(source.sites, by_domain) if source.sites or by_domain else None


def name_site(domain: str) -> str:
    """The id of the source that a registrable domain becomes: ``example.org`` is example_org.

    No two domains have one id: none has a ``_`` of its own, and one that holds what no id may,
    or is too long, bears a part of its SHA-256.
    """
    name = domain.replace(".", "_")
    if len(name) <= _LONGEST_ID and not _NO_ID.search(name) and name[:1].isalnum():
        return name
    digest = digest_bytes(domain.encode("utf-8", "replace"))[:12]
    return f"{_NO_ID.sub('-', name)[: _LONGEST_ID - 14]}".lstrip("_-") + f"__{digest}"


class SourcesOfSites(dict[str, Source]):
    """Sources by id, with those of the sites that their archives hold: such a one is configured as
    the archive's source, unless it has a config of its own."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        super().__init__({source.id: source for source in sources})
        self._any_site: Source | None = None
        for source in sources:
            for name in source.sites.values():
                self.setdefault(name, _make_site(source, name))
            if source.source_from == "domain" and self._any_site is None:
                self._any_site = source

    def __missing__(self, name: str) -> Source:
        if self._any_site is None:
            raise KeyError(name)
        source = self[name] = _make_site(self._any_site, name)
        return source


def _make_site(archive: Source, name: str) -> Source:
    return archive.model_copy(
        update={"id": name, "name": None, "files": (), "feeds": (), "sites": {},
                "source_from": "config"}
    )  # fmt: skip
