"""The row of a person: what all their appearances tell, put together. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from newsbeam.transforms.lake.schema import Row
from newsbeam.transforms.people.form_index import Tally
from newsbeam.transforms.people.forms import fold_word, read_form

_EPOCH = date(1970, 1, 1)
# So many variants, roles, affiliations are kept of a person, the most frequent ones. Ours.
_MOST = 50
# A name in fewer of a person's articles than this share is not the one to go by. Ours.
_ATTESTED = 0.1
# So large a share of the articles that tell a gender must agree. Ours.
_AGREED = 0.75
_DECIDED = ("decision", "rules", "decided_at", "decided_year", "run_id")


def describe_person(person: str, tallies: Iterable[Tally]) -> Row:
    """The row of ``PEOPLE`` but for what is decided; ``articles`` is 0 where there are none."""
    by_kind: dict[str, list[Tally]] = {}
    for tally in tallies:
        by_kind.setdefault(tally.kind, []).append(tally)
    for found in by_kind.values():
        found.sort(key=lambda tally: (-tally.number, tally.value))
    sums = {kind: sum(t.number for t in by_kind.get(kind, ())) for kind in
            ("article", "mentions", "quotes", "statements")}  # fmt: skip
    days = by_kind.get("article", [])
    gender, gender_from = _agree(by_kind.get("gender", ()))
    return {
        "person_id": person,
        "name": _choose_name(by_kind),
        "variants": _list(by_kind, "name", "name"),
        "gender": gender,
        "gender_from": gender_from,
        "roles": _list(by_kind, "role", "role"),
        "affiliations": _list(by_kind, "affiliation", "affiliation"),
        "sources": _list(by_kind, "source", "source"),
        "articles": sums["article"],
        "mentions": sums["mentions"],
        "quotes": sums["quotes"],
        "statements": sums["statements"],
        "first_day": _day(days[0].first) if days else None,
        "last_day": _day(days[0].last) if days else None,
    }


def digest_person(row: Mapping[str, object]) -> str:
    """A hash of what a row says of a person."""
    said = {key: value for key, value in row.items() if key not in _DECIDED}
    packed = json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(packed.encode()).hexdigest()[:32]


def _list(by_kind: Mapping[str, list[Tally]], kind: str, name: str) -> list[Row]:
    return [
        {name: t.value, "number": t.number, "first": _day(t.first), "last": _day(t.last)}
        for t in by_kind.get(kind, [])[:_MOST]
    ]


def _choose_name(by_kind: Mapping[str, list[Tally]]) -> str | None:
    """The fullest of the names that are not rare, without a title in front if there is one."""
    names = by_kind.get("name", [])
    if not names:
        return None
    titles = {fold_word(t.value.split()[-1]) for t in by_kind.get("role", ())}
    attested = [t for t in names if t.number >= _ATTESTED * names[0].number]

    def rank(tally: Tally) -> tuple[bool, int, int, str]:
        form = read_form(tally.value)
        return form[0] in titles, -len(form), -tally.number, tally.value

    return min(attested, key=rank).value


def _agree(genders: Iterable[Tally]) -> tuple[str | None, str | None]:
    votes: Counter[str] = Counter()
    evidence: dict[str, Counter[str]] = {}
    for tally in genders:
        gender, _, told_by = tally.value.partition(" ")
        votes[gender] += tally.number
        evidence.setdefault(gender, Counter())[told_by] += tally.number
    if not votes:
        return None, None
    gender, most = min(votes.items(), key=lambda vote: (-vote[1], vote[0]))
    if most < _AGREED * votes.total():
        return None, None
    told_by, _ = min(evidence[gender].items(), key=lambda told: (-told[1], told[0]))
    return gender, told_by or None


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
