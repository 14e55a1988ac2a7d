"""A preview in a browser: the lines with their marks, what is taken out, who said what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsbeam.pipelines.cli.main import main
from tests.support.browser import PHONE, WIDE, open_checked
from tests.support.previewed import PAGE

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def write_preview(folder: Path, name: str, text: str, code: int = 0) -> str:
    article, target, config = folder / name, folder / "preview.html", folder / "avis.yaml"
    article.write_text(text, encoding="utf-8")
    config.write_text("id: avis\nlanguage: nb\nfiles: ['*']\n", encoding="utf-8")
    arguments = ["preview", str(article), "--source", str(config), "--html", str(target)]
    assert main(arguments) == code
    return target.as_uri()


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_lines_marks_and_what_is_known(browser: Browser, tmp_path: Path, width: int) -> None:
    wide_character = PAGE.replace("Vi er stolte", "\U0001f600 Vi er stolte")
    address = write_preview(tmp_path, "bru.html", wide_character)
    with open_checked(browser, address, width, "light") as page:
        assert page.inner_text("h1") == "Brua er åpen"
        assert page.title() == "Brua er åpen – newsbeam preview"
        lines = page.locator(".text > *")
        assert lines.nth(0).get_attribute("class") == "lead"
        assert lines.nth(1).inner_text() == "removed: related_link Les også: Krangelen om brua"
        assert page.locator(".text del").all_inner_texts() == ["Les også: Krangelen om brua"]
        assert page.locator(".text h3").all_inner_texts() == ["Dyrere enn ventet"]
        assert page.locator(".text .person").all_inner_texts() == ["Kari Dahl"]
        assert page.locator(".text .quote").inner_text() == "1\U0001f600 Vi er stolte av brua"
        (said,) = page.locator(".sayings li").all_inner_texts()
        assert said.startswith("\U0001f600 Vi er stolte av brua")
        assert "Kari Dahl" in said
        assert "ordfører · by “sier” · dash" in said
        published = page.locator("dt:text-is('published') + dd").inner_text()
        assert published == "2026-03-01 08:30:00 UTC (a meta tag: 2026-03-01T09:30:00+01:00)"
        page.click(".reference")
        assert page.evaluate("document.activeElement.id") == "quote-0"
        page.click("text=Show in the text")
        assert page.evaluate("document.activeElement.className") == "reference"
        page.click("#theme")
        page.click("#theme")
        dark = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(dark) == "rgb(22, 23, 26)"


def test_a_rejection_is_an_alert(browser: Browser, tmp_path: Path) -> None:
    address = write_preview(tmp_path, "a.txt", "Annonse\nAnnonse\n", code=1)
    with open_checked(browser, address, WIDE, "light") as page:
        assert "Rejected in the stage clean: only_boilerplate" in page.inner_text("[role=alert]")
        assert page.locator(".struck").count() == 2


def test_addresses_of_the_web_are_links_and_no_others(browser: Browser, tmp_path: Path) -> None:
    text = "Brua over fjorden ble åpnet søndag, etter fire år med arbeid, og mange er glade."
    item = {"text": text, "url": "https://avis.example/1", "image_url": "javascript:alert(1)"}
    address = write_preview(tmp_path, "a.jsonl", json.dumps(item))
    with open_checked(browser, address, WIDE, "light") as page:
        links = page.locator("dd a").all()
        assert [link.get_attribute("href") for link in links] == ["https://avis.example/1"]
