"""From what a feed says of its entries to entries with ids, digests and faults.

The same for every format: the readers of RSS and Atom, of JSON Feed and of news sitemaps make
drafts, and what a draft's id and digest are is decided here.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from newsbeam.transforms.feeds.texts import NO_TEXTS, Texts
from newsbeam.transforms.records import Entry, Metadata
from newsbeam.transforms.settings.source import UrlSettings
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.identity import WORDING_DIGITS, canonicalize_url
from newsbeam.transforms.text.likeness import Telling, may_tell_one_story, sketch_text

# Longer ids are hashed: an id is kept with every poll.
_LONGEST_ID = 500
_LONGEST_URL = 4_000
# A feed whose entries are all at fault fills no table with them.
_MOST_FAULTS = 50
# A news sitemap has at most 1,000 entries, any sitemap 50,000 (sitemaps.org/protocol.html).
MOST_ENTRIES = 50_000
# From so many entries on, one instant that all of them share is that of the feed's making.
_SHARED_BY = 3

_YES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_NO = {word: not meaning for word, meaning in _YES.items()}
_ACCESS = {
    **dict.fromkeys(("subscription", "registration", "subscribers", "premium", "paid"), True),
    **dict.fromkeys(("metered", "restricted", "locked", "closed"), True),
    **dict.fromkeys(("free", "open", "public", "openaccess", "unlocked"), False),
}
_PAYWALL_FIELDS = frozenset(
    "paywall paywalled ispaywalled haspaywall premium ispremium paid ispaid paidcontent"
    " subscribersonly forsubscribers isplus".split()
)

EntryFault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FeedContext:
    """What is known of a feed beside its body.

    ``url`` is its address; ``timezone`` that of times without an offset; ``latest`` when it was
    fetched: later instants are not believed.
    """

    url: str
    timezone: ZoneInfo
    latest: datetime | None
    rules: UrlSettings


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """An entry as its feed tells it, without id and digest. ``url`` is absolute, http or https.

    ``metadata`` holds clean lines. ``is_address`` is false where the feed says that the GUID is no
    address, however it looks.
    """

    guid: str | None
    url: str | None
    metadata: Metadata
    texts: Texts = NO_TEXTS
    is_address: bool = True

    @property
    def content(self) -> str | None:
        """The article's HTML, where the feed has it."""
        return self.texts.content


def resolve_address(url: str | None, base: str) -> str | None:
    """Return ``url`` as it is given, but absolute; None unless it is an http(s) address."""
    text = "".join((url or "").splitlines()).strip()
    if not text or len(text) > _LONGEST_URL:
        return None
    try:
        joined = urljoin(base, text.replace(" ", "%20"))
        parts = urlsplit(joined)
        joined.encode("utf-8")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        return joined if usable and canonicalize_url(joined) else None
    except ValueError:  # "http://[" and its like, lone surrogates
        return None


@dataclass(frozen=True, slots=True)
class MadeEntries:
    """The entries of a feed; ``faults`` tell why ``unusable`` ones are left out, and ``copies``
    are left out because they say what another entry says.
    """

    entries: tuple[Entry, ...]
    faults: tuple[EntryFault, ...]
    unusable: int = 0
    copies: int = 0


def make_entries(drafts: Sequence[DraftEntry], rules: UrlSettings) -> MadeEntries:
    """Return the entries of a feed, in its order, and what is wrong with those left out.

    An entry's id is its GUID, unless the feed gives that GUID to entries with different addresses
    or with texts of different stories; else its canonical URL, with its fragment or title where
    others have that URL, too; else a hash of its title and content. Of entries with one id the
    newest is kept (the first of equally new ones), and the others are a fault where they say
    something else. Entries with neither address nor content cannot be used.
    """
    faults: list[EntryFault] = []
    drafts = _use_permalinks(drafts, rules)
    urls = [_canonicalize(draft.url, rules) for draft in drafts]
    usable = [bool(draft.url or draft.content) for draft in drafts]
    shared = _find_shared_guids(zip(drafts, urls, strict=True))
    addresses = _tell_apart(drafts, urls, shared)
    stamps = _find_stamps([draft.metadata for draft in drafts])
    kept: dict[str, tuple[datetime, Entry]] = {}
    repeated: Counter[str] = Counter()
    for draft, url, address, is_usable in zip(drafts, urls, addresses, usable, strict=True):
        if not is_usable:
            name = (draft.metadata.title or draft.guid or "without a title")[:80]
            faults.append(
                (
                    "no_address",
                    f"entry {name!r}: neither an http(s) address nor a text of its own",
                )
            )
            continue
        identity = _choose_id(draft, address, shared)
        digest = _digest(draft, url, stamps)
        entry = Entry(identity, draft.url, digest, draft.metadata, draft.content)
        stamp = _latest_instant(draft.metadata)
        before = kept.get(identity)
        if before is not None and before[1].digest != digest:
            repeated[identity] += 1
        if before is None or stamp > before[0]:
            kept[identity] = (stamp, entry)
    for identity, count in repeated.items():
        entries_of_it = show_count(count + 1, "different entry")
        detail = f"the id {identity[:200]!r} is that of {entries_of_it}; the newest is kept"
        faults.append(("repeated_entry", detail))
    entries = tuple(entry for _, entry in kept.values())
    unusable = usable.count(False) + repeated.total()
    copies = len(drafts) - len(entries) - unusable
    return MadeEntries(entries, bound_faults(faults), unusable, copies)


def bound_faults(faults: Sequence[EntryFault]) -> tuple[EntryFault, ...]:
    """Return at most 50 faults, the last of them telling how many more there are."""
    if len(faults) <= _MOST_FAULTS:
        return tuple(faults)
    rest = Counter(reason for reason, _ in faults[_MOST_FAULTS - 1 :])
    counts = ", ".join(f"{count} {reason}" for reason, count in sorted(rest.items()))
    return (*faults[: _MOST_FAULTS - 1], ("more_faults", f"and {counts}"))


def read_paywall(name: str, value: str) -> bool | None:
    """Return whether a field says that an entry is for subscribers; None if it says nothing of it.

    ``name`` is the field's, without prefix. Known are ``access`` of Google's news sitemaps, Dublin
    Core's ``accessRights``, schema.org's ``isAccessibleForFree`` and names such as ``paywall``,
    ``premium`` and ``isPaid`` with true or false.
    """
    key = name.lower().replace("_", "").replace("-", "")
    word = value.strip().rpartition("/")[2].lower()
    if key == "isaccessibleforfree":
        return _NO.get(word)
    if key in ("access", "accessrights"):
        return _ACCESS.get(word)
    return _YES.get(word) if key in _PAYWALL_FIELDS else None


def _canonicalize(url: str | None, rules: UrlSettings) -> str | None:
    if url is None:
        return None
    return canonicalize_url(url, keep=rules.keep_parameters, drop=rules.drop_parameters)


def _find_shared_guids(items: Iterable[tuple[DraftEntry, str | None]]) -> set[str]:
    """The GUIDs that stand for more than one thing: entries with different addresses, or with
    texts of different stories."""
    first: dict[str, tuple[DraftEntry, str | None]] = {}
    shared = set()
    for draft, url in items:
        if draft.guid and draft.guid not in shared:
            one, known = first.setdefault(draft.guid, (draft, url))
            if url != known or _has_other_story(one, draft):
                shared.add(draft.guid)
    return shared


def _has_other_story(one: DraftEntry, other: DraftEntry) -> bool:
    if not (one.content and other.content) or one.texts.words == other.texts.words:
        return False
    tellings = (Telling(d.metadata.title, sketch_text(d.texts.words)) for d in (one, other))
    return not may_tell_one_story(*tellings)


def _use_permalinks(drafts: Sequence[DraftEntry], rules: UrlSettings) -> list[DraftEntry]:
    """Entries that share an address (a front page, often), at the addresses of their GUIDs."""
    urls = [_canonicalize(draft.url, rules) for draft in drafts]
    guids: dict[str, set[str]] = defaultdict(set)
    for draft, url in zip(drafts, urls, strict=True):
        if url and draft.guid:
            guids[url].add(draft.guid)
    return [
        replace(draft, url=address)
        if url
        and len(guids[url]) > 1
        and draft.guid
        and draft.is_address
        and (address := resolve_address(draft.guid, "")) is not None
        else draft
        for draft, url in zip(drafts, urls, strict=True)
    ]


def _tell_apart(
    drafts: Sequence[DraftEntry], urls: Sequence[str | None], shared: set[str]
) -> list[str | None]:
    """The addresses by which entries without a GUID of their own are known: with the fragment,
    or else the title, where entries with other titles have the same address."""
    titles: dict[str, set[str]] = defaultdict(set)
    for draft, url in zip(drafts, urls, strict=True):
        if url and (not draft.guid or draft.guid in shared):
            titles[url].add(draft.metadata.title or "")
    names: list[str | None] = []
    for draft, url in zip(drafts, urls, strict=True):
        if url and len(titles[url]) > 1:
            part = urlsplit(draft.url or "").fragment or _hash(draft.metadata.title or "")[:16]
            names.append(f"{url}#{part}")
        else:
            names.append(url)
    return names


def _find_stamps(told: Sequence[Metadata]) -> set[datetime]:
    """Instants that all entries share: those of the feed's making, new with every poll."""
    if len(told) < _SHARED_BY:
        return set()
    first = told[0]
    return {
        instant
        for name in ("published_at", "modified_at")
        if (instant := getattr(first, name)) is not None
        and all(getattr(metadata, name) == instant for metadata in told)
    }


def _choose_id(draft: DraftEntry, url: str | None, shared: set[str]) -> str:
    if draft.guid and draft.guid not in shared:
        identity = draft.guid
    elif url:
        identity = url
    else:
        said = f"{draft.metadata.title or ''}\x1f{draft.content or ''}"
        return _hash(said)[:32]
    return identity if len(identity) <= _LONGEST_ID else _hash(identity)[:32]


def _digest(draft: DraftEntry, url: str | None, stamps: set[datetime]) -> str:
    """16 hex digits that change with what a reader would call the article, 8 that do so unless
    only instants change, and 10 that do so unless only the address does.

    In it: the canonical URL, title, lead, the words of the content, authors, publication and
    change. Not in it: markup, pictures and links in the content, tags, section, the main
    picture, counts of comments, and instants that all entries of the feed share.
    """
    metadata = draft.metadata
    told = [
        url,
        metadata.title,
        metadata.lead,
        draft.texts.words,
        list(metadata.authors),
    ]
    instants = [
        instant.astimezone(UTC).isoformat() if instant and instant not in stamps else None
        for instant in (metadata.published_at, metadata.modified_at)
    ]
    whole, words, wording = (
        _hash(json.dumps(part, ensure_ascii=False))
        for part in (told + instants, told, told[1:] + instants)
    )
    return whole[:16] + words[:8] + wording[:WORDING_DIGITS]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _latest_instant(metadata: Metadata) -> datetime:
    known = [i for i in (metadata.modified_at, metadata.published_at) if i is not None]
    return max(known, default=datetime.min.replace(tzinfo=UTC))
