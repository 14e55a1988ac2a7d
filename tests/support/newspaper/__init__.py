"""A scripted newspaper for tests: real HTTP servers on loopback, and the truth about them.

``Newspaper`` (or ``make_site``) writes the script, ``serve`` puts it on the network,
``etiquette`` reads the log of what a client asked:

    newspaper = Newspaper(seed=1, feeds=4, hosts=2, days=3)
    with serve(newspaper) as servers:
        configs = newspaper.write_configs(tmp_path)
        for hour in range(72):
            servers.set_time(START + timedelta(hours=hour))
            ...  # run the client
    assert etiquette.check_all(servers.log, newspaper) == []
    must = newspaper.expected(timedelta(hours=1), newspaper.script.end)
    must.articles  # ids: newspaper.article_at(url), newspaper.story(id, revision).lines
"""

from tests.support.newspaper.expected import Expected
from tests.support.newspaper.paper import Newspaper, make_site
from tests.support.newspaper.script import CALM, EVENTS, MISCHIEFS, START
from tests.support.newspaper.server import LoggedRequest, Servers, serve

__all__ = [
    "CALM",
    "EVENTS",
    "MISCHIEFS",
    "START",
    "Expected",
    "LoggedRequest",
    "Newspaper",
    "Servers",
    "make_site",
    "serve",
]
