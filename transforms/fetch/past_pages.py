"""Asks for pages of the past: each once, whatever happens, and never in the way of feeds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from newsbeam.transforms.fetch.kept_answers import Answered, KeptAnswers
from newsbeam.transforms.poll.right_of_way import take_turn
from newsbeam.transforms.records import FetchFault
from newsbeam.transforms.web.client import HttpClient
from newsbeam.transforms.web.request import Request
from newsbeam.transforms.web.urls import read_web_address

# Why nothing was sent, where no answer has a status.
_NOT_SENT = frozenset({"asked_to_wait", "host_in_trouble", "robots_unreachable"})


@dataclass(slots=True)
class PastAsker:
    """Asks through ``client``. ``answers`` holds a folder of kept answers for each source,
    ``way`` the locks of ``right_of_way``.

    ``shut`` are registrable domains that were found to take no request now, with the fault that
    said so: until the end nothing more is sent to them.
    """

    client: HttpClient
    answers: Path
    way: Path
    shut: dict[str, FetchFault] = field(default_factory=dict)

    async def ask(self, request: Request, source: str, name: str) -> Answered:
        """The answer that is kept as ``name``, or else one that is asked for, and kept.

        What cannot be sent now is ``asked_to_wait`` without a status, and is not kept. A request
        is tried once: a later run tries again, and feeds need not wait for several.
        """
        kept = KeptAnswers(self.answers / source)
        if (before := kept.find(name)) is not None:
            return before
        address = read_web_address(request.url)
        if isinstance(address, FetchFault):
            kept.keep(name, address)
            return address
        if (shut := self.shut.get(address.domain)) is not None:
            return shut
        robots = self.client.known_robots(request.url)
        delay = robots.crawl_delay if robots is not None else 0.0
        gap = max(request.settings.seconds_between_requests, delay)
        async with take_turn(self.way, address.domain, gap):
            answer = await self.client.fetch(replace(request, tries=1))
            if was_sent(answer):
                kept.keep(name, answer)
                return answer
        assert isinstance(answer, FetchFault)
        shut = replace(answer, reason="asked_to_wait", is_temporary=True)
        self.shut[address.domain] = shut
        return shut


def was_sent(answer: Answered) -> bool:
    """Whether a server was asked for this answer."""
    is_fault = isinstance(answer, FetchFault)
    return not (is_fault and answer.status is None and answer.reason in _NOT_SENT)
