"""A page to preview, with a line to take out, a heading, a name and a quote; and its drawn page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from lxml import html

from tests.support.workplace import ROOT

PAGE = """<html lang="nb"><head><title>Brua er åpen</title>
<meta property="article:published_time" content="2026-03-01T09:30:00+01:00"></head><body>
<article><h1>Brua er åpen</h1>
<p class="lead">Brua over fjorden ble åpnet søndag, etter fire år med arbeid og krangel.</p>
<p>Les også: Krangelen om brua</p>
<p>– Vi er stolte av brua, sier ordfører Kari Dahl til avisen før hun kjører over den.</p>
<h2>Dyrere enn ventet</h2>
<p>Prislappen endte på to milliarder kroner, dobbelt så mye som det Stortinget vedtok i 2019.</p>
<p>Hilsen redaksjonen i byen</p></article></body></html>"""


LONG_TEXT = (
    "Brua over fjorden ble åpnet søndag, etter fire år med arbeid, og mange er glade for den."
)


TEMPLATE = (ROOT / "pipelines/report/page.html").read_text(encoding="utf-8")


def check_page(page: str) -> dict[str, Any]:
    """No elements but the template's, one script, a policy that forbids all else: what it draws.

    How it is drawn is tested in tests/browser.
    """
    tree = html.document_fromstring(page)
    (data, script), (style,) = tree.xpath("//script"), tree.xpath("//style")
    template = html.document_fromstring(re.sub(r"\{\{\w+\}\}", "", TEMPLATE))
    expected = [element.tag for element in template.iter()]
    assert sorted(str(e.tag) for e in tree.iter() if e is not script) == sorted(map(str, expected))
    assert not [name for e in tree.iter() for name in e.attrib if name.startswith("on")]
    assert tree.xpath("//@href") == ["data:,", "#main"]
    assert not tree.xpath("//@src")
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == (
        f"default-src 'none'; script-src {hash_text(script.text)}; style-src "
        f"{hash_text(style.text)}; img-src data:; connect-src 'none'; base-uri 'none'; "
        "form-action 'none'"
    )
    head = [element.get("http-equiv") for element in tree.xpath("//head/*")]
    assert head.index("Content-Security-Policy") < len(head) - 2, "before what it governs"
    assert (data.get("type"), script.get("type")) == ("application/json", "module")
    assert re.fullmatch(r"[ -~]*", data.text)
    assert not re.search("[<>&]", data.text)
    shown: dict[str, Any] = json.loads(data.text)
    return shown


def hash_text(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
