"""What a source's settings probably are, told from its pages and feeds. Pure.

Every guess says why it was made and whether a person should look at it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from newsbeam.pipelines.source.site_pages import make_name
from newsbeam.transforms.records import FullText
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.dates import parse_instant
from newsbeam.transforms.text.identity import canonicalize_url
from newsbeam.transforms.web.urls import domain_of

# IANA's zone of a country's newspapers, by top-level domain. Countries of several zones have that
# of their capital. Ours; from zone1970.tab of the tz database.
_COUNTRY_ZONES = {
    "no": "Europe/Oslo", "dk": "Europe/Copenhagen", "se": "Europe/Stockholm",
    "fi": "Europe/Helsinki", "is": "Atlantic/Reykjavik", "fo": "Atlantic/Faroe",
    "gl": "America/Nuuk", "ax": "Europe/Mariehamn", "de": "Europe/Berlin", "at": "Europe/Vienna",
    "ch": "Europe/Zurich", "nl": "Europe/Amsterdam", "be": "Europe/Brussels",
    "lu": "Europe/Luxembourg", "fr": "Europe/Paris", "it": "Europe/Rome", "es": "Europe/Madrid",
    "pt": "Europe/Lisbon", "pl": "Europe/Warsaw", "cz": "Europe/Prague", "ee": "Europe/Tallinn",
    "lv": "Europe/Riga", "lt": "Europe/Vilnius", "uk": "Europe/London", "ie": "Europe/Dublin",
    "jp": "Asia/Tokyo", "kr": "Asia/Seoul", "in": "Asia/Kolkata", "za": "Africa/Johannesburg",
}  # fmt: skip
# Of several zones with the same clock the one of most papers.
_LARGEST = ("uk", "de", "fi")
_LANGUAGE_ZONES = {
    "no": "no", "nb": "no", "nn": "no", "da": "dk", "sv": "se", "fi": "fi", "is": "is",
    "fo": "fo", "kl": "gl", "de": "de", "nl": "nl", "fr": "fr", "it": "it", "pl": "pl", "cs": "cz",
    "et": "ee", "lv": "lv", "lt": "lt", "ja": "jp", "ko": "kr",
}  # fmt: skip
# Two zones that never agree: what an instant is in both says whether it came with an offset.
_FAR_APART = (ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago"))
_NORWEGIAN = frozenset({"nb", "nn", "no"})
_NO_ID = re.compile(r"[^a-z0-9]+")
_SEPARATOR = re.compile(r"\s+[-–—|»«›·:]+\s+|\s*[|»›]\s*")
_FEED_WORD = re.compile(
    r"\b(?:rss|atom|feeds?|siste nytt|siste nyheter|seneste nyt|senaste nytt|latest news|"
    r"toppsaker|alle saker|forsiden?|all articles)\b",
    re.IGNORECASE,
)
# Ours: a page with less than this of what its feed carries was not read whole, and the reverse.
_MUCH_MORE = 1.25
_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Guess:
    """A setting, why it is thought to be so, and whether that is as good as certain."""

    value: str
    why: str
    is_sure: bool = False


def guess_id(url: str, name: str | None, taken: Iterable[str] = ()) -> Guess:
    """The site's id: the label of its registrable domain; with its suffix where that is taken;
    of its name where the site has an IP address only."""
    # Of a host without a public suffix the domain is all of it: www.avisen.local.
    domain = domain_of(urlsplit(url).hostname or "").removeprefix("www.")
    known = set(taken)
    if _is_ip(domain) or "." not in domain:
        slug = _make_slug(name or "") or _make_slug(domain) or "source"
        return Guess(_make_free(slug, known), "of its name, as the site has no domain")
    label = _make_slug(domain.partition(".")[0]) or "source"
    if label not in known:
        return Guess(label, f"of its domain {domain}", is_sure=True)
    return Guess(_make_free(_make_slug(domain), known), f"of {domain}, as {label} is taken")


def guess_name(
    stated: Sequence[str], feed_titles: Sequence[str], page_title: str | None, url: str
) -> Guess:
    """The paper's name: what most pages state, else of its feeds' titles, else of its domain."""
    if stated:
        name, count = Counter(stated).most_common(1)[0]
        return Guess(name, f"by {show_count(count, 'page')}", is_sure=True)
    label = domain_of(urlsplit(url).hostname or "").partition(".")[0]
    for title, origin in [*((t, "feed") for t in feed_titles), (page_title or "", "front page")]:
        parts = [
            make_name(_FEED_WORD.sub("", part)) for part in _SEPARATOR.split(title[:_LONGEST_TITLE])
        ]
        names = [part.strip(" :-–|") for part in parts if part]
        own = [name for name in names if _squeeze(label) in _squeeze(name)]
        for name in (*own, *names):
            if name:
                return Guess(name, f"of the title of its {origin}")
    return Guess(label or "source", "of its domain")


def guess_language(found: Sequence[str], stated: Sequence[str]) -> Guess | None:
    """The language: of most articles' text, else what feeds and pages state. ``no`` for both
    kinds of Norwegian, between which each article's own text decides."""
    for tags, why in ((found, "of the articles' text"), (stated, "as the site states")):
        primary = [tag.partition("-")[0] for tag in tags if tag and not tag.startswith("und")]
        merged = ["no" if tag in _NORWEGIAN else tag for tag in primary]
        if not merged:
            continue
        tag, count = Counter(merged).most_common(1)[0]
        is_sure = tags is found and count == len(merged) and len(merged) > 1
        rest = "" if count == len(merged) else f" in {count} of {len(merged)}"
        return Guess(tag, why + rest, is_sure)
    return None


def guess_timezone(url: str, language: str | None, stated: Sequence[str]) -> Guess:
    """The time zone: of the country that the domain names, else of the language's.

    ``stated`` are instants as pages and feeds write them: the offsets of those that have one
    confirm it, or choose another.
    """
    country = (urlsplit(url).hostname or "").rpartition(".")[2]
    zone, why = _COUNTRY_ZONES.get(country), f"as the domain ends in .{country}"
    if zone is None:
        zone = _COUNTRY_ZONES.get(_LANGUAGE_ZONES.get(language or "", ""))
        why = "as that is where the language is at home"
    instants = [instant for text in stated if (instant := _read_offset(text))]
    if not instants:
        return Guess(zone or "UTC", why if zone else "nothing tells it")
    # UTC is what systems write whatever the clock on their wall says.
    local = [instant for instant in instants if instant.utcoffset()]
    if zone is not None and _agrees(zone, local or instants):
        return Guess(zone, f"{why}, and the dates' offsets agree", is_sure=True)
    if not local:
        if zone is not None:
            return Guess(zone, f"{why}; the dates are given in UTC")
        return Guess("UTC", "the dates are given in UTC, and nothing else tells it")
    likely = (*map(_COUNTRY_ZONES.__getitem__, _LARGEST), *_COUNTRY_ZONES.values())
    other = next((name for name in likely if _agrees(name, local)), None)
    if zone is None and other is not None:
        return Guess(other, "as the dates' offsets fit it (others may fit too)")
    offset = f"{local[0]:%z}"
    return Guess(zone or "UTC", f"{why if zone else 'a guess'}; but dates have the offset {offset}")


def guess_full_text(pairs: Sequence[tuple[int, int, bool]], has_pages: bool) -> FullText:
    """Where the text should come from.

    ``pairs`` are, for entries that carry text, the words of that, the words of their pages, and
    whether ``auto`` would take the feed's. ``auto`` is right unless it would take half a text, or
    there are no pages to be had.
    """
    if pairs and not has_pages:
        return "feed"
    taken = [(feed, page) for feed, page, is_taken in pairs if is_taken]
    if taken and sum(page > _MUCH_MORE * feed for feed, page in taken) > len(taken) / 2:
        return "page"
    return "auto"


def guess_parameters(
    pairs: Iterable[tuple[str, str]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The query parameters to keep and to drop, from (address in the feed, canonical address).

    To be dropped: one that no canonical address has, met twice at least, where nothing else
    differs. To be kept: one taken for tracking, which canonical addresses have, met twice.
    """
    gone: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    needed: set[str] = set()
    for entry, canonical in pairs:
        known = {name.lower() for name, _ in parse_qsl(urlsplit(canonical).query, True)}
        cleaned = canonicalize_url(canonical)
        left = {name.lower() for name, _ in parse_qsl(urlsplit(cleaned or "").query, True)}
        needed |= known
        kept.update(known - left)
        mine = canonicalize_url(entry)
        if mine is None or cleaned is None or _without_query(mine) != _without_query(cleaned):
            continue
        gone.update({name.lower() for name, _ in parse_qsl(urlsplit(mine).query, True)} - known)
    drop = tuple(sorted(name for name, count in gone.items() if count > 1 and name not in needed))
    return tuple(sorted(name for name, count in kept.items() if count > 1)), drop


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path.rstrip('/')}"


def _read_offset(text: str) -> datetime | None:
    """The instant, if ``text`` gives its offset."""
    one, other = (parse_instant(text, zone) for zone in _FAR_APART)
    return one if one is not None and one == other else None


def _agrees(zone: str, instants: Sequence[datetime]) -> bool:
    return all(
        instant.astimezone(ZoneInfo(zone)).utcoffset() == (instant.utcoffset() or timedelta())
        for instant in instants
    )


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _make_slug(text: str) -> str:
    plain = text.lower().replace("ø", "o").replace("æ", "ae").replace("å", "a")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return _NO_ID.sub("-", plain).strip("-")[:50].strip("-")


def _make_free(slug: str, taken: set[str]) -> str:
    number = 1
    name = slug
    while name in taken:
        number += 1
        name = f"{slug}-{number}"
    return name


def _squeeze(text: str) -> str:
    return _NO_ID.sub("", _make_slug(text))
