"""Extracts all pages of some folders with one extractor and prints the seconds that took, as JSON.

usage: python benchmarks/extract_pages.py SYSTEM FOLDER ...

SYSTEM is newsbeam (extraction and cleaning), trafilatura (as it comes, with metadata), newspaper4k
or news-please. The pages (.html or .html.gz) are read before the clock starts; the first five are
extracted once more before it, so that what is loaded late does not count. Nothing is fetched.
``bench_extract`` runs it, in the environment that has the system.
"""

from __future__ import annotations

import gzip
import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

Extract = Callable[[bytes], object]
_WARM_UP = 5


def load_newsbeam() -> Extract:
    """Extraction and cleaning as ``newsbeam run`` does them, with the source's language unknown."""
    from zoneinfo import ZoneInfo

    from newsbeam.pipelines.config.load import load_shipped_languages
    from newsbeam.transforms.clean.boilerplate import choose_rules, remove_boilerplate
    from newsbeam.transforms.extract.article import extract_article
    from newsbeam.transforms.records import Article, Document, Provenance
    from newsbeam.transforms.settings.source import Source

    languages, zone = load_shipped_languages(), ZoneInfo("Europe/Oslo")
    source = Source(id="bench", files=("x",))
    provenance = Provenance("bench", "x", "x", "0" * 64)

    def extract(page: bytes) -> object:
        document = Document(provenance, "text/html", page)
        article = extract_article(document, language=None, timezone=zone)
        if isinstance(article, Article):
            return remove_boilerplate(article, choose_rules(article, languages, source))
        return article

    return extract


def load_trafilatura() -> Extract:
    """trafilatura's defaults, with metadata."""
    import trafilatura

    return lambda page: trafilatura.extract(page, with_metadata=True)


def load_newspaper4k() -> Extract:
    """newspaper4k's ``Article.parse`` on the page's text."""
    import newspaper

    def extract(page: bytes) -> object:
        article = newspaper.Article("https://avis.example/sak", fetch_images=False)
        article.download(input_html=page.decode("utf-8", "replace"))
        article.parse()
        return article

    return extract


def load_news_please() -> Extract:
    """news-please's ``from_html`` on the page's text."""
    from newsplease import NewsPlease

    def extract(page: bytes) -> object:
        html = page.decode("utf-8", "replace")
        return NewsPlease.from_html(html, url="https://avis.example/sak", fetch_images=False)

    return extract


SYSTEMS: dict[str, Callable[[], Extract]] = {
    "newsbeam": load_newsbeam,
    "trafilatura": load_trafilatura,
    "newspaper4k": load_newspaper4k,
    "news-please": load_news_please,
}


def read_pages(folders: list[Path]) -> list[bytes]:
    """The bytes of all pages, in the order of their names."""
    files = [path for folder in folders for path in sorted(folder.glob("*.html*"))]
    return [
        gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for file in files
    ]


def main() -> int:
    """Time one pass and print it."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    extract = SYSTEMS[sys.argv[1]]()
    pages = read_pages([Path(name) for name in sys.argv[2:]])
    for page in pages[:_WARM_UP]:
        extract(page)
    failed = 0
    began = time.process_time()
    for page in pages:
        try:
            extract(page)
        except Exception:  # noqa: BLE001 - another system's failure is counted, not ours to explain
            failed += 1
    seconds = time.process_time() - began
    print(json.dumps({"seconds": seconds, "pages": len(pages), "failed": failed}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
