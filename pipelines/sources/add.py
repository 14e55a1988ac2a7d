"""``newsbeam source add``: from an address to the source that it suggests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from pipelines.sources.drafting import SourceDraft, Wishes, draft_source
from pipelines.sources.finding import MOST_REQUESTS, find_site
from pipelines.sources.sampling import SampledEntry, fetch_sample
from pipelines.sources.trouble import SourceTrouble, Trouble
from pipelines.sources.visits import Note, Visitor
from transforms.clock import Clock
from transforms.language_settings import Language
from transforms.records import FetchFault
from transforms.settings import Defaults, FetchSettings
from transforms.web.http_client import HttpClient
from transforms.web.web_addresses import read_web_address


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
            visitor = Visitor(client, settings, MOST_REQUESTS, note, [address])
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
