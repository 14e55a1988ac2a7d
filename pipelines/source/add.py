"""``newsbeam source add``: from an address to the source that it suggests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from newsbeam.pipelines.source.drafting import SourceDraft, Wishes, draft_source
from newsbeam.pipelines.source.finding import MOST_REQUESTS, find_site
from newsbeam.pipelines.source.sampling import SampledEntry, fetch_sample
from newsbeam.pipelines.source.trouble import SourceTrouble, Trouble
from newsbeam.pipelines.source.visits import Note, SiteVisitor
from newsbeam.transforms.records import Clock, FetchFault
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.settings.source import Defaults, FetchSettings
from newsbeam.transforms.web.client import HttpClient
from newsbeam.transforms.web.urls import read_web_address


def complete_address(text: str) -> str:
    """``text`` as an address; one without a scheme is an https one.

    Raises:
        SourceTrouble: it is no address that can be fetched.
    """
    url = text.strip()
    if "://" not in url:
        url = f"https://{url}"
    address = read_web_address(url)
    if isinstance(address, FetchFault):
        advice = ("Give an address such as https://www.example.no or one of its feeds.",)
        raise SourceTrouble(Trouble(address.reason, address.detail, advice))
    return address.url


def explore_source(
    url: str,
    wishes: Wishes,
    sample_size: int,
    defaults: Defaults,
    languages: Mapping[str, Language],
    taken_ids: Sequence[str],
    note: Note,
    clock: Clock,
) -> SourceDraft:
    """Look at the site of ``url`` and return the source that it suggests.

    Asks at most ``MOST_REQUESTS`` times for feeds and ``sample_size`` pages of articles, one after
    the other at the pace of ``defaults.fetch``. ``note`` is told of every request.

    Raises:
        SourceTrouble: it suggests none; why, and what to try.
    """
    settings = _choose_settings(defaults.fetch, wishes)

    async def explore() -> SourceDraft:
        async with HttpClient(clock) as client:
            address = complete_address(url)
            visitor = SiteVisitor(client, settings, MOST_REQUESTS, note, [address])
            now = clock.now()
            site = await find_site(visitor, address, now)
            # Where the search was short, the sample may be no larger for it.
            visitor.left = sample_size
            sample: list[SampledEntry] = await fetch_sample(
                visitor, site.chosen, sample_size, now, site.article
            )
            note("reading the sample")
            return draft_source(site, sample, visitor, wishes, defaults, languages, taken_ids, now)

    return asyncio.run(explore())


def _choose_settings(shared: FetchSettings, wishes: Wishes) -> FetchSettings:
    update: dict[str, object] = {}
    if wishes.allow_addresses:
        update["allow_addresses"] = (*shared.allow_addresses, *wishes.allow_addresses)
    if wishes.contact:
        update["contact"] = wishes.contact
    return FetchSettings.model_validate({**shared.model_dump(), **update})
