"""Who is in an article, by the names that it has them by: read off a row of ``articles``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from newsbeam.transforms.people.fields import plain_role, tell_trait
from newsbeam.transforms.people.forms import Form, fold_word, read_form
from newsbeam.transforms.records import PERSON_LABELS

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person in an article, by the ``name`` that its entities and speakers have.

    ``written`` are the forms in which the text has it. ``mentions``, ``quotes`` (without those in
    headings) and ``statements`` say how often; the other fields are those of ``Speaker``.
    """

    article_id: str
    name: str
    source: str
    at: datetime
    written: tuple[str, ...] = ()
    mentions: int = 0
    quotes: int = 0
    statements: int = 0
    role: str | None = None
    affiliation: str | None = None
    gender: str | None = None
    gender_from: str | None = None

    @property
    def form(self) -> Form:
        """The name's words as they are compared."""
        return read_form(self.name, self.role)

    @property
    def day(self) -> int:
        """The UTC day, in days since 1970."""
        return (self.at.astimezone(UTC).date() - _EPOCH).days

    @property
    def trait(self) -> str | None:
        """What the role tells of who it cannot be."""
        return tell_trait(self.role)

    def list_facts(self) -> Iterator[tuple[str, str]]:
        """What the article tells of the name, as (kind, value)."""
        role = plain_role(self.role)
        if role is not None:
            yield "role", role
        if self.affiliation is not None:
            yield "body", " ".join(map(fold_word, self.affiliation.split()))
        if self.gender is not None:
            yield "gender", self.gender
        for other in {read_form(written) for written in self.written} - {self.form}:
            if len(other) > 1:
                yield "alias", " ".join(other)


@dataclass(slots=True)
class _Draft:
    written: dict[str, None] = field(default_factory=dict)
    mentions: int = 0
    quotes: int = 0
    statements: int = 0
    told: dict[str, str] = field(default_factory=dict)


def list_appearances(row: Mapping[str, Any]) -> list[Appearance]:
    """The appearances in an article, by name; ``row`` has the columns of ``articles`` (a missing
    list counts as empty). Names without a letter are none's."""
    drafts: dict[str, _Draft] = {}
    for entity in row.get("entities") or ():
        if entity["label"] in PERSON_LABELS:
            draft = drafts.setdefault(entity["name"], _Draft())
            draft.mentions += 1
            draft.written[_bare(entity["text"], entity["name"])] = None
    for column in ("quotes", "statements"):
        for said in row.get(column) or ():
            if said.get("is_heading"):
                continue
            for name in _list_speakers(said, drafts):
                draft = drafts[name]
                setattr(draft, column, getattr(draft, column) + 1)
    for speaker in row.get("persons") or ():
        if speaker["name"] in drafts:
            _note(drafts[speaker["name"]], speaker)
    at = row["published_at"] or row["ingested_at"]
    return [
        Appearance(
            row["article_id"], name, row["source"], at, tuple(sorted(draft.written)),
            draft.mentions, draft.quotes, draft.statements, **draft.told,
        )
        for name, draft in sorted(drafts.items())
        if read_form(name)
    ]  # fmt: skip


def _list_speakers(said: Mapping[str, Any], drafts: dict[str, _Draft]) -> list[str]:
    names: Counter[str] = Counter()
    for speaker in said.get("speakers") or ():
        if speaker["kind"] == "person" and speaker["name"][:1].isupper():
            _note(drafts.setdefault(speaker["name"], _Draft()), speaker)
            names[speaker["name"]] += 1
    if not names and said["speaker"] in drafts:  # as of a newsbeam without `speakers`
        names[said["speaker"]] += 1
    return list(names)


def _note(draft: _Draft, speaker: Mapping[str, Any]) -> None:
    """Take note of what is told of a person: the first word on each counts."""
    for key in ("role", "affiliation", "gender"):
        if speaker.get(key) is not None and key not in draft.told:
            draft.told[key] = speaker[key]
            if key == "gender" and speaker.get("gender_from") is not None:
                draft.told["gender_from"] = speaker["gender_from"]


def _bare(text: str, name: str) -> str:
    """A mention without the genitive that its name has not."""
    words, parts = text.split(), name.split()
    for ending in ("'s", "’s", "s", "'", "’"):
        if words[-1] not in parts and words[-1].removesuffix(ending) in parts:
            words[-1] = words[-1].removesuffix(ending)
    return " ".join(words)
