"""Rows from JSON Lines, CSV and Parquet, whatever their fields are called."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.read.formats import read_documents
from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.records import Document, Rejection

Command = Callable[[list[str]], tuple[int, str, str]]
OSLO = ZoneInfo("Europe/Oslo")


def read(
    data: bytes, path: str, fields: Mapping[str, str] | None = None, most: int = 1_000_000
) -> list[Document | Rejection]:
    item = InputFile("avisa", path, path, OSLO, most, fields or {})
    return list(read_documents(io.BytesIO(data), item))


def read_line(fields: Mapping[str, str] | None = None, **row: Any) -> Document | Rejection:
    (found,) = read(json.dumps(row).encode(), "a.jsonl", fields)
    return found


def make_csv(*rows: list[str], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def make_parquet(**columns: list[Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_usual_names_are_understood_and_others_told() -> None:
    found = read_line(
        guid="7", link="https://avisa.no/a", body="Tekst.", headline="Tittel", author="Kari Nes",
        datePublished="2026-02-01T13:00:00+01:00", category="Sport", keywords=["ski"],
        lang="nb", summary="Noe annet", clicks=12, empty="", nothing=None,
    )  # fmt: skip
    assert isinstance(found, Document)
    given = found.given
    assert (found.body, found.provenance.key, given.url) == ("Tekst.", "7", "https://avisa.no/a")
    assert (given.title, given.authors, given.section) == ("Tittel", ("Kari Nes",), "Sport")
    assert (given.tags, given.language, given.lead) == (("ski",), "nb", None)
    assert given.published_at == datetime(2026, 2, 1, 12, tzinfo=UTC)
    assert found.unread == ("summary", "clicks")


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("01.02.2026 13:00", datetime(2026, 2, 1, 13, tzinfo=OSLO)),
        ("1. februar 2026 kl. 13.00", datetime(2026, 2, 1, 13, tzinfo=OSLO)),
        ("Sun, 01 Feb 2026 13:00:00 +0100", datetime(2026, 2, 1, 13, tzinfo=OSLO)),
        ("2026-02-01T00:00", datetime(2026, 2, 1, tzinfo=OSLO)),
        (1769947200, datetime(2026, 2, 1, 12, tzinfo=UTC)),
        (1769947200000, datetime(2026, 2, 1, 12, tzinfo=UTC)),
        (1769947200.5, datetime(2026, 2, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("1769947200", datetime(2026, 2, 1, 12, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_many_shapes(value: object, instant: datetime) -> None:
    found = read_line(text="a", date=value)
    assert isinstance(found, Document)
    assert found.given.published_at == instant
    assert found.given.published_at_text == str(value)


@pytest.mark.parametrize("day", ["2026-02-01", "20260201", "1. februar 2026", "01.02.2026"])
def test_a_day_without_a_time_is_its_noon(day: str) -> None:
    table = make_parquet(text=["a"], date=[date(2026, 2, 1)], updated=[date(2026, 2, 1)])
    rows = [
        read_line(text="a", date=day, updated=day),
        *read(make_csv(["text", "date", "updated"], ["a", day, day]), "a.csv"),
        *read(table, "a.parquet"),
    ]
    for row in rows:
        assert isinstance(row, Document)
        noon = datetime(2026, 2, 1, 12, tzinfo=OSLO)
        assert (row.given.published_at, row.given.modified_at) == (noon, noon)
        assert row.given.published_at_from == "json_day"


def test_a_fault_names_the_field_as_the_user_does() -> None:
    found = read_line(text="a", date="i går")
    assert isinstance(found, Rejection)
    assert found.detail.startswith("`date` must be a time like")


def test_a_config_names_fields() -> None:
    fields = {"text": "brødtekst", "published_at": "lagret", "authors": "hvem"}
    found = read_line(
        fields, brødtekst="Tekst.", text="Kort.", lagret="2026-02-01", date="2020-01-01",
        author="X",
    )  # fmt: skip
    assert isinstance(found, Document)
    assert found.body == "Tekst."
    assert found.given.published_at == datetime(2026, 2, 1, 12, tzinfo=OSLO)
    assert found.given.authors == ()
    assert found.unread == ("text", "date", "author")


@pytest.mark.parametrize(
    ("row", "media_type"),
    [
        ({"content": "<p>En.</p><p>To.</p>"}, "text/html"),
        ({"content": "En < to > tre"}, "text/plain"),
        ({"text": "<p>En.</p>"}, "text/plain"),
        ({"html": "En", "body": "En"}, "text/html"),
        ({"text": "", "body": "En"}, "text/plain"),
    ],
)
def test_content_is_text_or_a_page(row: dict[str, str], media_type: str) -> None:
    found = read_line(**row)
    assert isinstance(found, Document)
    assert found.media_type == media_type


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv(delimiter: str, encoding: str) -> None:
    data = make_csv(
        ["id", "text", "authors", "date", "views"],
        ["1", "Blåbær, og\nbringebær; «godt»", '["Kari", "Ola"]', "2026-02-01", "5"],
        ["", "", "", "", ""],
        ["2", "", "", "", ""],
        delimiter=delimiter, encoding=encoding,
    )  # fmt: skip
    first, second = read(data, "a.csv")
    assert isinstance(first, Document)
    assert first.body == "Blåbær, og\nbringebær; «godt»"
    assert first.given.authors == ("Kari", "Ola")
    assert first.provenance.origin == "a.csv#R1"
    assert first.unread == ("views",)
    assert isinstance(second, Rejection)
    assert (second.reason, second.origin) == ("invalid_fields", "a.csv#R3")


def bodies(found: list[Document | Rejection]) -> list[object]:
    return [one.body if isinstance(one, Document) else one.reason for one in found]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('1\t"Hei, sa han.\n2\tTo.\n3\tTre.\n', ['"Hei, sa han.', "To.", "Tre."]),
        ('1\t"Hei, sa han.\n2\tTo.\n3\tAv "tre".\n', ['"Hei, sa han.', "To.", 'Av "tre".']),
        ('1\t"Hei" sa han.\n2\tTo "av" to.\n', ['"Hei" sa han.', 'To "av" to.']),
        ('1\t"En.\n2\t"To."\n3\tTre".\n', ['"En.', "To.", 'Tre".']),
        ('1\t"En.\n2\tTo.\n3\tTre."\n', ['"En.', "To.", 'Tre."']),
        ('1\t"En.\n\tOg ""to""."\n2\t"Tre"\n', ['En.\n\tOg "to".', "Tre"]),
        ('1\t"En.\n\nTo."\r\n2\tTre\r\n', ["En.\n\nTo.", "Tre"]),
    ],
)
def test_between_tabs_marks_are_part_of_the_text_where_rows_do_not_fit(
    lines: str, told: list[str]
) -> None:
    assert bodies(read(f"id\ttext\n{lines}".encode(), "a.tsv")) == told


def test_a_quotation_mark_that_is_never_closed_is_told_where_it_opens() -> None:
    first, second = read(b'id,text\n1,"En,\nto."\n2,"Tre\n3,Fire\n', "a.csv")
    assert isinstance(first, Document)
    assert isinstance(second, Rejection)
    assert (second.reason, second.origin) == ("invalid_csv", "a.csv#R2")
    assert "opens in this row (line 4 of the file) is never closed" in second.detail
    (long,) = read(b'id,text\n1,"' + b"x\n" * 100_000, "a.csv")
    assert isinstance(long, Rejection)
    assert "never closed" in long.detail


def test_bytes_that_are_not_utf8_cost_themselves_alone() -> None:
    rows = ["id,text", "1,Blåbær", "2,b\xe5 og å", "3,«bær»"]
    data = "\n".join(rows).encode().replace("\xe5 og".encode(), b"\xe5 og")
    assert bodies(read(data, "a.csv")) == ["Blåbær", "bå og å", "«bær»"]
    assert bodies(read(b"id,text\n1,\x81\x80", "a.csv")) == ["\N{REPLACEMENT CHARACTER}€"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("id;text\n1;Blå, rød\n".encode("utf-16"), ["Blå, rød"]),
        (codecs.BOM_UTF16_BE + "id,text\n1,Blå\n".encode("utf-16-be"), ["Blå"]),
        ("id,text\n1,Blå\n".encode("utf-16-le"), ["unknown_encoding"]),
        ("id,text\n1,Blå\n".encode("utf-16")[:-1], ["invalid_csv"]),
        (b"sep=;\r\nid,a;text\r\n1;En, to\r\n", ["En, to"]),
        (b'\xef\xbb\xbf"sep=\t"\nid\ttext\n1\tEn, to\n', ["En, to"]),
        (b"id,text,text\n1,En,To\n", ["invalid_csv"]),
        (b"id,text,,\n1,En,,\n", ["En"]),
    ],
)
def test_what_spreadsheets_write(data: bytes, told: list[str]) -> None:
    assert bodies(read(data, "a.csv")) == told


def test_broken_csv_costs_what_is_broken() -> None:
    first, second, third = read(b'id,text\n1,a,b\n2,c\n3,"' + b"x" * 300_000, "a.csv", None, 999)
    assert isinstance(second, Document)
    assert isinstance(first, Rejection)
    assert isinstance(third, Rejection)
    assert (first.reason, third.reason) == ("invalid_csv", "invalid_csv")
    assert "what comes after is not read" in third.detail


@pytest.mark.parametrize(
    ("data", "path", "detail"),
    [
        (make_csv(["id", "text"]), "a.csv", "a header and no rows"),
        (make_csv(["id", "text"], ["", " "]), "a.csv", "a header and no rows"),
        (b"", "a.csv", "white space"),
        (make_parquet(id=[], text=[]), "a.parquet", "no rows"),
    ],
)
def test_a_file_without_rows_is_told(data: bytes, path: str, detail: str) -> None:
    (found,) = read(data, path)
    assert isinstance(found, Rejection)
    assert found.reason == "empty"
    assert detail in found.detail


def test_parquet() -> None:
    data = make_parquet(
        url=["https://a.no/1", None],
        body=["En.", "To."],
        author=[["Kari"], None],
        published=[datetime(2026, 2, 1, 12, tzinfo=UTC), None],
        day=[date(2026, 2, 1), None],
    )
    first, second = read(data, "a.parquet")
    assert isinstance(first, Document)
    assert first.given.published_at == datetime(2026, 2, 1, 12, tzinfo=UTC)
    assert (first.given.authors, first.unread) == (("Kari",), ("day",))
    assert isinstance(second, Document)
    assert second.given.published_at is None
    (broken,) = read(data[:-9], "a.parquet")
    assert isinstance(broken, Rejection)
    assert broken.reason == "invalid_parquet"


ROWS = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 99).map(str), "text": st.text(min_size=1).filter(str.strip)}
    ),
    min_size=1, max_size=5,
)  # fmt: skip


@given(ROWS.filter(lambda rows: not any({"\r", "\0"} & set(row["text"]) for row in rows)))
def test_a_row_is_the_same_in_every_format(rows: list[dict[str, str]]) -> None:
    lines = "\n".join(map(json.dumps, rows)).encode()
    sheet = make_csv(["id", "text"], *([row["id"], row["text"]] for row in rows))
    columns = make_parquet(id=[r["id"] for r in rows], text=[r["text"] for r in rows])
    found = [
        [(one.body, one.provenance.key) for one in read(data, path) if isinstance(one, Document)]
        for data, path in ((lines, "a.jsonl"), (sheet, "a.csv"), (columns, "a.parquet"))
    ]
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == len(rows)


def test_a_run_says_which_fields_mean_nothing(tmp_path: Path, newsbeam: Command) -> None:
    text = "Kommunestyret vedtok budsjettet i går kveld. " * 20
    head = ["overskrift", "text", "views", "\x1b]0;mine", ""]
    rows = [head, *([f"Sak {n}", f"{text}{n}", "1", "1", "1"] for n in range(3))]
    (tmp_path / "a.csv").write_bytes(make_csv(*rows))
    config = tmp_path / "avis.yaml"
    config.write_text("id: avis\nlanguage: nb\nfiles: ['*.csv']\n", encoding="utf-8")
    run = ["run", str(config), "--dry-run", "--output", str(tmp_path / "lake")]
    code, out, _ = newsbeam(run)
    assert code == 0
    assert (
        "Not read of avis: <U+001B>]0;mine (3), (no name) (3), overskrift (3), views (3); `fields:"
        in out
    )
    assert "\x1b" not in out
    with config.open("a", encoding="utf-8") as file:
        file.write("fields: {title: overskrift}\n")
    code, out, _ = newsbeam([*run, "--json"])
    assert json.loads(out)["sources"]["avis"]["unread"] == {"(no name)": 3, "views": 3, head[3]: 3}


def test_a_row_without_a_text_is_told_what_it_has() -> None:
    rejection = read_line(tekst="Hei", **{"t" * 90: 1}, **{f"n{n}": n for n in range(40)})
    assert isinstance(rejection, Rejection)
    assert "here are: tekst, " in rejection.detail
    assert "n39" not in rejection.detail
    assert "t" * 41 not in rejection.detail
