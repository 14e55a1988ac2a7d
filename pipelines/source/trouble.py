"""Why a source cannot be added or read, and what to try: in words, for each kind of trouble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.pipelines.source.feed_places import find_forbidding_rule
from newsbeam.pipelines.source.visits import SiteVisit
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.records import FetchFault
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.web.client import HttpClient
from newsbeam.transforms.web.robots import PRODUCT

_ASK = (
    "Ask the publisher: tell them who you are, what you do with the articles and how often you "
    "would ask, and set `fetch: contact:` (or --contact), so that they can see who it is."
)
_FILES = (
    "If the publisher gives you files, use them: a YAML with `files:` in place of `feeds:` (see "
    "the README)."
)
_LATER = "Try again later."
_ADDRESS = "Look at the address: does it open in a browser, with and without www?"
# What to try, by the reason of a FetchFault.
_ADVICE: dict[str, tuple[str, ...]] = {
    "dns_failed": ("Look for a typing error in the host's name.", "Is this machine online?"),
    "connect_failed": (_ADDRESS, _LATER),
    "timeout": (_LATER, _ADDRESS),
    "broken_response": (_LATER,),
    "bad_tls": (
        (
            "The site's certificate does not hold. Try its other spelling (with or without www), "
            "or tell the publisher; newsbeam does not switch the check off."
        ),
    ),
    "forbidden": (_ASK, _FILES),
    "bot_wall": (
        (
            "The site has a service in front that lets people in and programs not. newsbeam does "
            "not get around that."
        ),
        _ASK + " They can let its User-Agent or your address through.",
        _FILES,
    ),
    "robots_disallowed": (
        "robots.txt is the publisher's word on what programs may fetch, and newsbeam keeps to it.",
        _ASK,
        _FILES,
    ),
    "robots_unreachable": (
        "While robots.txt cannot be had, everything counts as forbidden (RFC 9309).",
        _LATER,
    ),
    "unauthorized": (
        "The address wants a password. With one that is yours, send it by `fetch: headers:`.",
    ),
    "paywalled": (_ASK, _FILES),
    "legal": (_ASK,),
    "not_found": (_ADDRESS, "Give the front page's address."),
    "gone": ("Give the front page's address.",),
    "rate_limited": (_LATER, _ASK),
    "asked_to_wait": (_LATER,),
    "server_error": (_LATER,),
    "forbidden_address": (
        (
            "The address is none of the public internet. If it is yours, open it: "
            "--allow-address 10.1.2.3 or --allow-address 10.1.0.0/16."
        ),
    ),
    "too_large": ("Is it an article or a feed?", "Raise fetch.max_page_bytes if it is."),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in the way. ``reason`` is a stable snake_case word, ``advice`` what to try,
    ``visits`` what was asked."""

    reason: str
    detail: str
    advice: tuple[str, ...] = ()
    visits: tuple[SiteVisit, ...] = ()


class SourceTrouble(NewsbeamError):
    """The source cannot be added."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.detail)
        self.trouble = trouble


def explain_fault(
    fault: FetchFault, client: HttpClient, url: str, visits: Sequence[SiteVisit] = ()
) -> Trouble:
    """The trouble that a fault means for the source."""
    detail = fault.detail
    if fault.reason == "robots_disallowed":
        robots = client.known_robots(url)
        rule = robots and find_forbidding_rule(robots.text, url, PRODUCT)
        if robots and rule:
            detail += f" ({robots.origin}/robots.txt: {rule})"
    advice = _ADVICE.get(fault.reason, (_ADDRESS, _LATER))
    return Trouble(fault.reason, detail, advice, tuple(visits))


def explain_no_feed(url: str, visits: Sequence[SiteVisit]) -> Trouble:
    """The trouble of a site that has no feed that we could find."""
    refused = [visit for visit in visits if not visit.is_ok and _is_refusal(visit.outcome)]
    refusal = (
        (f"Of these addresses {len(refused)} refused us, as the list shows. {_ASK}",)
        if refused
        else ()
    )
    return Trouble(
        "no_feed",
        f"no feed and no news sitemap was found at {url}",
        (
            "Look on the site for a page about RSS, and give a feed's own address.",
            "Give the address of a section (https://…/nyheter): some sites have feeds there only.",
            "Ask the publisher whether there is a feed or a news sitemap.",
            *refusal,
            _FILES,
        ),
        tuple(visits),
    )


def explain_no_article(failures: Sequence[str], visits: Sequence[SiteVisit]) -> Trouble:
    """The trouble of feeds whose pages gave no article."""
    return Trouble(
        "no_article",
        f"feeds were found, but none of {show_count(len(failures), 'page')} gave an article: "
        + "; ".join(dict.fromkeys(failures)),
        (
            (
                "Open one of the pages without JavaScript and cookies: is the text there? A page "
                "that is filled in by scripts, or a consent or log-in wall, cannot be read."
            ),
            "If it is, write the config by hand with `extract: body_xpath:` (docs/extraction.md).",
            "If the feed carries the text, `full_text: feed` needs no pages.",
        ),
        tuple(visits),
    )


def _is_refusal(outcome: str) -> bool:
    return any(word in outcome for word in (": 401", ": 403", ": 429", "robots.txt"))
