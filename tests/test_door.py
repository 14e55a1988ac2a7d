"""``import newsbeam``: light, complete, typed, and as docs/python.md shows it."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import newsbeam
from newsbeam.transforms.lake.lake import Lake
from tests.support.workplace import ROOT

_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_DOC = ROOT / "docs" / "python.md"
_HEAVY = ("aiohttp", "altair", "apache_beam", "deltalake", "duckdb", "lxml", "numpy", "pandas",
          "pyarrow", "pydantic", "rich", "spacy", "trafilatura", "yaml")  # fmt: skip

PAGE = """<!doctype html><html lang="nb"><head><title>Brua stenges i tre uker</title></head><body>
<article><h1>Brua stenges i tre uker</h1>
<p>Brua over Storsundet må stenges i minst tre uker etter at inspektører fant rust i to av
bærekablene tirsdag.</p>
<p>– Sikkerheten går foran alt, sier ordfører Kari Dahl.</p>
<p>Hun møtte fylkesdirektør Ola Moen i Bodø samme kveld. Fergene skal gå hver halvtime så lenge brua
er stengt, og skolebussene kjører en annen vei.</p>
<p>– Vi begynner arbeidet i morgen tidlig, og vi blir ikke ferdige før kablene er skiftet ut, sier
Ola Moen.</p>
<p>Statens vegvesen har bestilt nye kabler fra Danmark. De ventes med båt i løpet av neste uke.</p>
<p>Les også: Slik blir vinteren</p></article></body></html>"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Dagen</title>
<item><title>Brua stenges i tre uker</title><link>https://dagen.example/bru</link></item>
</channel></rss>"""


def _loaded_after(code: str) -> set[str]:
    """Top-level modules in a new Python that ran ``code``."""
    script = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_the_import_loads_next_to_nothing() -> None:
    loaded = _loaded_after("import newsbeam; dir(newsbeam)")
    assert "newsbeam" in loaded
    assert not loaded & set(_HEAVY)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "needs_none_of"),
    [
        ("annotate", {"apache_beam", "pandas", "pyarrow", "duckdb", "trafilatura"}),
        ("extract clean read_feed", {"apache_beam", "pandas", "pyarrow", "duckdb", "spacy"}),
        ("load_sources ingest", {"apache_beam", "spacy"}),
        ("Lake", {"apache_beam", "spacy", "trafilatura"}),
        ("Article NewsbeamError", set(_HEAVY)),
    ],
)
def test_names_load_only_what_they_need(names: str, needs_none_of: set[str]) -> None:
    uses = "; ".join(f"newsbeam.{name}" for name in names.split())
    assert not _loaded_after(f"import newsbeam; {uses}") & needs_none_of


def test_what_type_checkers_see_is_what_there_is() -> None:
    tree = ast.parse(Path(newsbeam.__file__).read_text(encoding="utf-8"))
    guard = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {"__version__"}
    for statement in guard.body:
        if not isinstance(statement, ast.ImportFrom):
            continue
        module = importlib.import_module(statement.module or "")
        for alias in statement.names:
            name = alias.asname or alias.name
            assert getattr(newsbeam, name) is getattr(module, alias.name)
            seen.add(name)
    assert sorted(newsbeam.__all__) == sorted(seen)
    assert seen <= set(dir(newsbeam))
    assert (ROOT / "newsbeam" / "py.typed").is_file()


def test_everything_offered_is_documented() -> None:
    text = _DOC.read_text(encoding="utf-8")
    for name in newsbeam.__all__:
        if name[0].islower():
            assert re.search(rf"newsbeam\.{name}\b", text), name
            assert (getattr(newsbeam, name).__doc__ or "").strip(), name


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'OpenLake'"):
        _ = newsbeam.OpenLake  # type: ignore[attr-defined]


def test_the_examples_of_the_documentation_are_true(
    newsroom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(newsroom, tmp_path, dirs_exist_ok=True)
    (tmp_path / "bru.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "feed.xml").write_text(FEED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = _BLOCK.findall(_DOC.read_text(encoding="utf-8"))
    assert len(blocks) >= 6
    assert all(block.startswith(">>> ") for block in blocks)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, _DOC.name, str(_DOC), 0)
    said: list[str] = []
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    doctest.DocTestRunner(optionflags=options).run(examples, out=said.append)
    assert not said, "".join(said)


def test_annotate_wants_a_list() -> None:
    with pytest.raises(TypeError, match="should be a list"):
        newsbeam.annotate("en tekst")
    with pytest.raises(TypeError, match="all of them the same"):
        newsbeam.annotate([1])  # type: ignore[list-item]
    assert newsbeam.annotate([]) == []


def test_annotate_uses_the_settings_of_a_source(tmp_path: Path) -> None:
    config = tmp_path / "avis.yaml"
    config.write_text("id: avis\nfiles: ['*.txt']\nenrich: {labels: {PER: null, GPE_LOC: PLACE}}\n")
    texts = ["Kari Dahl er ordfører i Bodø.", "Eg veit ikkje kva ho seier."]
    one, other = newsbeam.annotate(texts, "no", config)
    assert [(entity.text, entity.label) for entity in one.entities] == [("Bodø", "PLACE")]
    assert (one.language, other.language, other.text) == ("nb", "nn", texts[1])


def test_all_functions_read_a_page_as_its_source_says(tmp_path: Path) -> None:
    config = tmp_path / "avis.yaml"
    config.write_text(
        "id: avis\nfiles: ['*.html']\nextract: {prune_xpath: ['//p[last()]']}\n"
        "clean: {rules: [{name: mine, pattern: 'Statens .*'}]}\n"
    )
    source = newsbeam.load_sources(config).sources[0]
    article = newsbeam.extract(PAGE, source=source)
    assert article.provenance.source == "avis"
    assert "Les også" not in article.text
    assert [line.rule for line in newsbeam.clean(article, source).removed][-1] == "mine"
    page = tmp_path / "a.html"
    page.write_text(PAGE, encoding="utf-8")
    shown = newsbeam.preview(page, config).article
    assert shown is not None
    assert shown.text == newsbeam.clean(article, config).text


def test_sql_of_a_lake_can_only_read(tmp_path: Path) -> None:
    lake_folder = tmp_path / "lake"
    Lake(lake_folder).create()
    lake = newsbeam.Lake(lake_folder)
    assert lake.articles().fetchall() == []
    for refused in ("COPY articles TO 'x.csv'", "CREATE TEMP TABLE t AS FROM articles", ""):
        with pytest.raises(newsbeam.NewsbeamError):
            lake.sql(refused)
    assert lake.sql("CREATE TEMP TABLE t AS SELECT 1 AS a; FROM t").fetchall() == [(1,)]
