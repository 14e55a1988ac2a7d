"""Where a page leads on by itself."""

from __future__ import annotations

import pytest

from newsbeam.transforms.web.refresh import find_refresh


@pytest.mark.parametrize(
    ("page", "leads_to"),
    [
        ('<meta http-equiv="refresh" content="0; url=https://avisa.example/ny">',
         "https://avisa.example/ny"),
        ("<META CONTENT='3;URL=/ny/1' HTTP-EQUIV=Refresh>", "/ny/1"),
        ('<meta http-equiv="refresh" content="0;/ny">', "/ny"),
        ('<meta http-equiv="refresh" content="1; url=\'/ny?a=1&amp;b=2\'">', "/ny?a=1&b=2"),
        # The page itself, made anew while it is read.
        ('<meta http-equiv="refresh" content="300">', None),
        ('<meta http-equiv="refresh" content="300; url=/">', None),
        # For readers without scripts alone.
        ('<noscript><meta http-equiv="refresh" content="0; url=/enkel"></noscript>', None),
        ('<!-- <meta http-equiv="refresh" content="0; url=/gammel"> -->', None),
        ('<meta name="description" content="0; url=/ny">', None),
        ('<p>Skriv &lt;meta http-equiv="refresh" content="0; url=/x"&gt;</p>', None),
        ('<meta http-equiv="refresh" content="0; url=">', None),
    ],
)  # fmt: skip
def test_refresh(page: str, leads_to: str | None) -> None:
    head = f"<html><head><title>Sak</title>{page}</head><body>Tekst</body></html>"
    assert find_refresh(head.encode()) == leads_to


def test_only_the_head_of_a_page_is_looked_at() -> None:
    late = b"<p>x</p>" * 2_000 + b'<meta http-equiv="refresh" content="0; url=/x">'
    assert find_refresh(late) is None
