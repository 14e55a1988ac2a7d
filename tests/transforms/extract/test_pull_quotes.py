"""Quotations that are set apart from the text, with who is quoted."""

from __future__ import annotations

import pytest

from tests.transforms.extract.test_page_kinds import H1, STORY, paragraphs, text_of

SAID = "Vi har ventet lenge nok på denne båten."
WHO = "Kari Nordli, ordfører"
BLOCK = f"<blockquote><p>{SAID}</p><cite>{WHO}</cite></blockquote>"
CAPTION = f"<figcaption>{WHO}</figcaption>"


@pytest.mark.parametrize(
    "quote",
    [
        f"<figure class=quote><blockquote>{SAID}</blockquote>{CAPTION}</figure>",
        f"<figure><blockquote><p>{SAID}</p></blockquote><figcaption><p>{WHO}</p></figcaption></figure>",
        f"<figure class=wp-block-pullquote>{BLOCK}</figure>",
        f"<figure class=pullquote><p>{SAID}</p><cite>{WHO}</cite></figure>",
        f"<aside class='pull-quote'><p>«{SAID}»</p><footer>{WHO}</footer></aside>",
        f"<aside class=sitat><div>{SAID}</div><div>{WHO}</div></aside>",
    ],
)
@pytest.mark.parametrize("tag", ["p", "div"])
def test_what_is_said_stays_with_who_says_it(quote: str, tag: str) -> None:
    first, rest = paragraphs(STORY[:2]), paragraphs(STORY[2:])
    page = f"<article>{H1}{first}{quote}{rest}</article>"
    if tag == "div":  # pages without any <p>
        page = page.replace("<p>", "<div>").replace("</p>", "</div>")
    lines = text_of(page).split("\n")
    place = next(place for place, line in enumerate(lines) if SAID in line)
    assert lines[place - 1 : place + 3] == [STORY[1], lines[place], WHO, STORY[2]]
    assert [line for line in lines if line in STORY] == STORY


@pytest.mark.parametrize(
    "figure",
    [
        f"<figure class=quote><blockquote>{STORY[0][:60]}</blockquote><cite>{WHO}</cite></figure>",
        f"<figure><img src=a.jpg><figcaption>{SAID}</figcaption></figure>",
        f"<figure><blockquote><a href=/x>{SAID}</a></blockquote></figure>",
        f"<aside><h3>Les også</h3><blockquote>{SAID}</blockquote></aside>",
    ],
)
def test_repetitions_pictures_and_links_stay_outside(figure: str) -> None:
    text = text_of(f"<article>{H1}{paragraphs(STORY[:2])}{figure}{paragraphs(STORY[2:])}</article>")
    assert SAID not in text
    assert WHO not in text
    assert text.split("\n") == STORY
