from __future__ import annotations

import codecs

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from newsbeam.transforms.text.encoding import (
    decode_html,
    decode_text,
    find_codec,
    find_declared_label,
)

NORWEGIAN = [
    "Blåbær på Røros",
    "Hun bor i Ålesund.",
    "Ærlig talt",
    "Kommunestyret vedtok i går å bygge ny bro. – Dette har vi ventet på, sier ordføreren.",
    "«Eg er svært glad for at det no går framover», seier ho.\n\nÓg òg é.",
    "Prisen er 40 € – eller “førti euro” …",
]
OTHERS = {
    "cp1250": "Minister powiedział, że rząd przyjmie nową ustawę jeszcze w tym tygodniu. Żółte "
    "kartki są już przygotowane, więc trzeba się śpieszyć.",
    "cp1251": "Министр заявил, что правительство примет новый закон на этой неделе.",
    "koi8-r": "Министр заявил, что правительство примет новый закон на этой неделе.",
    "cp1253": "Ο υπουργός δήλωσε ότι η κυβέρνηση θα υιοθετήσει νέο νόμο αυτήν την εβδομάδα.",
    "shift_jis": "政府は今週、新しい法律を可決すると大臣が述べた。東京での会議は続いている。",
    "mac_roman": "Kommunestyret vedtok i går å bygge ny bro. Dette har vi ventet på, sier hun.",
}


@pytest.mark.parametrize("text", NORWEGIAN)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32"])
def test_norwegian_text_round_trips(text: str, codec: str) -> None:
    assert decode_text(text.encode(codec)) == text


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_utf16_with_either_byte_order(mark: bytes) -> None:
    codec = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    assert decode_text(mark + "Blåbær".encode(codec)) == "Blåbær"
    assert decode_html(mark + "<p>Blåbær".encode(codec), "utf-8") == "<p>Blåbær"


@pytest.mark.parametrize("codec", OTHERS)
def test_other_code_pages_are_detected(codec: str) -> None:
    assert decode_text(OTHERS[codec].encode(codec)) == OTHERS[codec]


def test_one_damaged_byte_does_not_cost_a_utf8_text() -> None:
    data = ("På Røros så vi blåbær. " * 5).encode() + b"\xe5 slutt"
    assert decode_text(data) == "På Røros så vi blåbær. " * 5 + "\ufffd slutt"


def test_replacement_characters_in_the_data_are_no_damage() -> None:
    text = "Bl\ufffdb\ufffdr, skrev noen en gang og mistet bokstavene på veien."
    assert decode_text(text.encode()) == text
    assert decode_html("<p>bl\ufffdb".encode(), "iso-8859-1") == "<p>bl\ufffdb"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"tekst\0med nul",
        bytes(range(1, 256)) * 8,
        b"\x01\x02\x03\x04 abc",
        b"\xff\xfe\x00\xd8" * 20,
    ],
)
def test_binary_is_no_text(data: bytes) -> None:
    assert decode_text(data) is None


def test_declared_charset_decides_for_plain_text() -> None:
    assert decode_text("İstanbul’da görüşme".encode("cp1254"), "iso-8859-9") == (
        "İstanbul’da görüşme"
    )


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("ISO-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("windows-1252", "cp1252"),
        ("x-cp1252", "cp1252"),
        ("iso-8859-15", "iso8859-15"),
        ("utf8", "utf-8"),
        ("UTF-8", "utf-8"),
        ('"utf-8"', "utf-8"),
        ("gb2312", "gb18030"),
        ("Shift_JIS", "cp932"),
        ("x-sjis", "cp932"),
        ("euc-kr", "cp949"),
        ("iso-8859-8-i", "iso8859-8"),
        ("macintosh", "mac-roman"),
        ("utf-7", None),
        ("rot13", None),
        ("punycode", None),
        ("unicode_escape", None),
        ("base64", None),
        ("finnes-ikke", None),
        ("../../etc", None),
        ("", None),
    ],
)
def test_find_codec(label: str, codec: str | None) -> None:
    assert find_codec(label) == codec


@given(st.text(max_size=20))
def test_every_label_has_a_codec_or_none(label: str) -> None:
    codec = find_codec(label)
    if codec is not None:
        assert "a".encode(codec)


@pytest.mark.parametrize(
    ("head", "label"),
    [
        (b'<meta charset="iso-8859-1">', "iso-8859-1"),
        (b"<META CHARSET=utf-8 >", "utf-8"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">',
         "windows-1252"),
        (b"<meta content='text/html;charset = iso-8859-15' http-equiv=Content-Type />",
         "iso-8859-15"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><html>', "ISO-8859-1"),
        (b'<!-- <meta charset="utf-16"> --><meta charset="utf-8">', "utf-8"),
        (b"<title>charset=utf-8</title>", None),
        (b" " * 5000 + b'<meta charset="utf-8">', None),
        (b" " * 3000 + b'<meta charset="utf-8">', "utf-8"),
    ],
)  # fmt: skip
def test_find_declared_label(head: bytes, label: str | None) -> None:
    assert find_declared_label(head) == label


def page(declared: str | None, text: str = "Blåbær på Røros – «fint»") -> str:
    meta = f'<meta charset="{declared}">' if declared else ""
    return f"<html><head>{meta}<title>x</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("declared", "transport", "real"),
    [
        ("utf-8", None, "utf-8"),
        (None, None, "utf-8"),
        (None, None, "cp1252"),
        ("iso-8859-1", None, "cp1252"),
        (None, "iso-8859-1", "cp1252"),
        (None, "ISO-8859-1", "utf-8"),  # a latin-1 declaration over UTF-8
        ("iso-8859-1", "windows-1252", "utf-8"),
        ("utf-8", None, "cp1252"),  # a UTF-8 declaration over windows-1252
        ("utf-8", "utf-8", "cp1252"),
        ("utf-16", None, "utf-8"),
        (None, "utf-16le", "utf-8"),
        (None, "utf-16le", "utf-16-le"),
        ("finnes-ikke", "tull", "cp1252"),
        ("iso-8859-1", "utf-8", "utf-8-sig"),
        ("utf-8", None, "utf-16"),
    ],
)
def test_decode_html_finds_the_real_encoding(
    declared: str | None, transport: str | None, real: str
) -> None:
    assert decode_html(page(declared).encode(real), transport) == page(declared)


def test_ascii_declared_as_utf16_stays_ascii() -> None:
    assert decode_html(page("utf-16", "abc").encode(), "utf-16") == page("utf-16", "abc")


def test_transport_wins_over_meta() -> None:
    body = page("iso-8859-1", "Страна").encode("cp1251")
    assert "Страна" in decode_html(body, "windows-1251")


def test_wrong_declaration_and_a_damaged_byte() -> None:
    text = decode_html(page("iso-8859-1").encode() + b"<p>\xe5", "windows-1252")
    assert text == page("iso-8859-1") + "<p>\ufffd"


def test_declared_multibyte_encoding_survives_a_damaged_byte() -> None:
    body = page("shift_jis", OTHERS["shift_jis"]).encode("cp932") + b"<p>\x81"
    text = decode_html(body)
    assert OTHERS["shift_jis"] in text
    assert text.endswith("\ufffd")


def test_detection_looks_past_a_long_ascii_line() -> None:
    body = (
        b"<script>"
        + b"x" * 200_000
        + b"</script>"
        + "<p>Закон принят министром</p>".encode("cp1251")
    )
    assert "Закон принят министром" in decode_html(body)


@given(st.binary(max_size=200), st.none() | st.sampled_from(["utf-8", "latin-1", "gbk", "utf-16"]))
def test_any_bytes_decode_to_usable_text(data: bytes, charset: str | None) -> None:
    html = decode_html(data, charset)
    assert "\0" not in html
    html.encode()
    text = decode_text(data, charset)
    if text is not None:
        assert "\0" not in text
        text.encode()


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=200))
def test_utf8_round_trips(text: str) -> None:
    assume(not text.startswith("\ufeff"))
    assume(text.count("\ufffd") * 20 <= len(text))
    assert decode_text(text.encode()) == text
    assert decode_html(text.encode(), "iso-8859-1") == text


WORDS = [
    "Blåbær", "på", "Røros", "én", "sær", "høy", "Ærlig", "dør", "Ålesund", "ÅRETS", "og", "«ja»",
    "–", "så", "øy", "barnehage", "kommune",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_norwegian_words_in_windows_1252_round_trip(words: list[str]) -> None:
    text = " ".join(words)
    assert decode_text(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    "text",
    [
        "Où sont passés les élèves ? Ils ont mangé du gâteau en août. Ça a coûté cher.",
        "Le maïs a été mangé, sa sœur a le cœur gros et l'œuvre est finie dès l'été.",
        "La città è più bella, però così non si può. Giù al lunedì c'è già la libertà.",
        "Það er ekki víst að þetta gangi upp, sagði ráðherrann við blaðið í gær.",
        "Seda võib öelda kõik, ütles ülemus õpetajale õhtul.",
    ],
)
def test_letters_of_other_western_languages_are_known_by_their_words(text: str) -> None:
    assert decode_html(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    "text",
    [
        "Dům můj stojí u lesa, řekl učitel dětem. Průšvih nastal při hledání důkazů a médiů.",
        "A főváros költségvetése nőtt, de az űrhajó későn érkezett, sűrű ködben.",
        "Danas će biti kiše, rekao je vođa među kućama. Čovjek je došao kasnije, žedan.",
        "Wczoraj żołnierze świętowali rocznicę. Łódź jest piękna, cóż można chcieć więcej.",
    ],
)
def test_languages_of_windows_1250_are_not_taken_for_them(text: str) -> None:
    assert decode_html(text.encode("cp1250")) == text
