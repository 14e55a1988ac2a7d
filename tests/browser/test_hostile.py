"""What strangers wrote shows as text, in the report and in a preview, and runs nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsbeam.pipelines.cli.main import main
from tests.support.browser import WIDE, Opener, open_checked
from tests.support.hostile_articles import ADDRESSES, ALL, BIDI, ENDING, IMAGE, SCRIPT, SOURCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("number", range(len(ALL)))
def test_an_article_shows_as_text(few: Opener, number: int) -> None:
    page = few(f"articles&source={SOURCE}")
    page.locator("#results a").nth(number).click()
    page.wait_for_selector("#article-title")
    for summary in page.locator("#article summary").all():
        summary.click()
    shown = page.inner_text("#article")
    if ALL[number] in (SCRIPT, IMAGE, ENDING):
        assert shown.count(ALL[number]) >= 8  # every field of it
    if ALL[number] == BIDI:
        assert "<U+202E>txt.exe<U+202C> <U+2066>lre<U+2069>" in shown
    assert not set(page.inner_text("body")) & set("\u202e\u202c\u2066\u2069\x1b\x07\u200b")
    for link in page.locator("a").all():
        address = link.get_attribute("href") or ""
        assert address.startswith(("#", "https://ok.example/", "https:", "http:"))
    assert page.locator("main script, main img, main iframe").count() == 0


@pytest.mark.parametrize("place", ["overview", "health", "names", "speakers", "cleaning"])
def test_a_section_shows_them_as_text(few: Opener, place: str) -> None:
    page = few(place)
    page.wait_for_timeout(200)
    for more in page.locator(
        "main > section:not([hidden]) button:text-matches('^Show .* more')"
    ).all():
        if more.is_visible():
            more.click()
    for summary in page.locator("main > section:not([hidden]) summary").all():
        if summary.is_visible():
            summary.click()
    page.wait_for_timeout(200)
    assert page.locator("main script, main img, main iframe").count() == 0
    if place == "health":
        assert f"Detalj {SCRIPT}" in page.inner_text("#view-health")
        assert page.locator("#view-health a[href^=javascript]").count() == 0


def test_a_speaker_with_markup_for_a_name_can_be_followed(few: Opener) -> None:
    page = few("speakers")
    page.fill("#find-speaker", "Taler <img")
    page.locator("#all-speakers ol a").first.click()
    page.wait_for_selector("#one-speaker blockquote")
    assert page.inner_text("h3.name") == f"Taler {IMAGE}"


def test_a_search_for_markup_finds_it(few: Opener) -> None:
    page = few("articles")
    page.fill("#search", '"<script>window.pwned"')
    page.wait_for_function("document.querySelectorAll('#results li').length === 2")
    assert SCRIPT in page.inner_text("#results")


def test_a_preview_shows_them_as_text(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    line = " ".join(trick.replace("\x00", "") for trick in ALL)
    item = {
        "id": "1",
        "title": f"Tittel {line}",
        "authors": [f"Forfatter {line}"],
        "url": ADDRESSES[2],
        "section": line,
        "image_url": ADDRESSES[2],
        "text": f"Innledning {line} slutt.\n– Ord {line} her, sier Kari Dahl.\nDel saken på e-post",
    }
    (tmp_path / "vond.jsonl").write_text(json.dumps(item), encoding="utf-8")
    page_file = tmp_path / "preview.html"
    assert main(["preview", str(tmp_path / "vond.jsonl"), "--html", str(page_file)]) == 0
    with open_checked(browser, page_file.as_uri(), WIDE, "light") as page:
        shown = page.inner_text("body")
        assert SCRIPT in shown
        assert IMAGE in shown
        assert "\u202e" not in shown
        assert "\x1b" not in shown
        assert page.locator("a[href^=javascript], main script, main img").count() == 0
        assert page.locator("script").count() == 2  # the data, and what draws them
