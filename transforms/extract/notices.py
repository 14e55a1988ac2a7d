"""Pages that a site sends in place of an article, told by what they say: that nothing is there,
that one is to log in, to agree to something, or to prove to be no machine. Pure.

Pages of a feed are also judged by what their entries say; a page out of a file has nothing beside
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lxml import html

from newsbeam.transforms.records import Block
from newsbeam.transforms.text.characters import normalize_line

_SORRY = r"(?:(?:oops|uff|ups|hoppla|sorry|beklager|desværre|tyvärr|leider|désolé)\W+)?"
_FAULT = r"(?:(?:http|error|feil|fejl|fel|fehler|erreur)\W+)*"
_CODE = r"(?:404|410|403|500|502|503)"
_PAGE = r"(?:siden|sida|sidan|side|nettsiden|nettsida|artikkelen|artikkel|the page|this page|page)"
_NOT = r"(?:ikke|ikkje|inte)"
_GONE = "|".join(
    (
        rf"{_PAGE} (?:was |is |could |can )?not (?:be )?(?:found|available)|not found",
        rf"(?:vi )?(?:fant|finner|finn|fann|kan|kunne) {_NOT} (?:finne )?(?:denne |den )?{_PAGE}",
        rf"{_PAGE} (?:finnes|finst|findes|fins|finns|eksisterer) {_NOT}(?: lenger)?",
        rf"{_PAGE} (?:kunde|kan|kunne) {_NOT} (?:hittas|finnes|findes|vises)",
        rf"{_PAGE} (?:ble |blev |vart |er )?{_NOT} (?:funnet|fundet|funnen|å finne|tilgjengelig)",
        r"(?:die )?seite (?:wurde )?nicht gefunden|page (?:introuvable|non trouvée)",
        r"página no encontrada|página não encontrada|pagina (?:non trovata|niet gevonden)",
        r"sivua ei (?:löytynyt|löydy)|(?:お探しの)?ページ[がは]見つかりません(?:でした)?",
        r"access denied|forbidden|bad gateway|gateway time-?out|internal server error",
        r"service (?:temporarily )?unavailable|just a moment|attention required",
        r"are you (?:a robot|human)|checking your browser|security check|one more step",
    )
)
_MISSING = re.compile(
    rf"{_SORRY}{_FAULT}(?:{_CODE}\W+)?(?:{_FAULT})(?:{_GONE})(?:\W+{_FAULT}{_CODE})?\W*",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\W*(?:http |error |feil |fejl |fel |fehler |erreur )?[45]\d\d\W*", re.IGNORECASE
)
_DOOR_TITLE = re.compile(
    r"(?:log ?in|sign ?in|log ?on|logg inn|logg på|innlogging|logga in|inloggning|log ind|"
    r"anmelden|anmeldung|einloggen|se connecter|connexion|iniciar sesión|entrar|accedi|inloggen|"
    r"kirjaudu sisään|ログイン)\b.{0,40}",
    re.IGNORECASE,
)
# Whom a page asks to agree, and to what; all its lines must speak of it.
_ASKED = re.compile(
    r"(?<!\w)(?:we|our|vi|våre|vår|vores|våra|wir|unsere?n?|nous|nos|notre|nosotros|nuestros|noi|wij|onze)"
    r"(?!\w)",
    re.IGNORECASE,
)
_PRIVACY = re.compile(
    r"cookie|kaker|informasjonskaps|informationskap|samtyk|samtyck|consent|einwillig|zustimm|"
    r"privacy|personvern|personopplys|personuppgift|persondata|datenschutz|personenbezogen|"
    r"consent|consentimiento|données personnelles|vie privée|datos personales|partner|"
    r"personal data|toestemming|privacidad",
    re.IGNORECASE,
)
_AGREE = re.compile(
    r"samtyk|samtyck|godta|godkänn|accept|consent|agree|zustimm|einwillig|akzeptier|aceptar|"
    r"accett|toestemming|permission",
    re.IGNORECASE,
)
_MEANS = re.compile(r"cookie|informasjonskaps|informationskap|partner|data", re.IGNORECASE)
# Ours: what the longest of such pages say.
_LONGEST = 700
_LONGEST_CONSENT = 2_500
_LONGEST_NAME = 4
_LONGEST_HEADLINE = 100
_SITE = re.compile(r"\s+[-–—|·»:]\s+")


def find_notice(tree: html.HtmlElement, title: str | None) -> str | None:
    """Return what a page's headlines say that it is: ``error_page``, or ``login_page`` where one
    can type a password there; None where they say nothing of the kind."""
    tab = normalize_line(tree.findtext(".//title") or "")
    before, *site = _SITE.split(tab, maxsplit=1)
    is_site = len(" ".join(site).split()) <= _LONGEST_NAME
    printed = [normalize_line(heading.text_content()) for heading in tree.iter("h1")]
    headlines = [title or "", tab, *([before] if is_site else []), *printed]
    if any(_is_missing(text) for text in headlines):
        return "error_page"
    is_door = any(map(_DOOR_TITLE.fullmatch, headlines))
    passwords = (e for e in tree.iter("input") if (e.get("type") or "").lower() == "password")
    return "login_page" if is_door and next(passwords, None) is not None else None


def judge_notice(notice: str | None, blocks: Sequence[Block]) -> str | None:
    """Return the reason why the text in ``blocks`` is no article's, if there is one: it is short,
    and its page's headlines say ``notice``; or all of it asks to agree (``consent_page``)."""
    size = sum(len(block.text) for block in blocks)
    if notice and size <= _LONGEST:
        return notice
    if size <= _LONGEST_CONSENT and _asks_consent(block.text for block in blocks):
        return "consent_page"
    return None


def _is_missing(text: str) -> bool:
    if not 0 < len(text) <= _LONGEST_HEADLINE:
        return False
    return (_MISSING.fullmatch(text) or _NUMBER.fullmatch(text)) is not None


def _asks_consent(lines: Iterable[str]) -> bool:
    told = list(lines)
    text = " ".join(told)
    return (
        all(_PRIVACY.search(line) or _AGREE.search(line) for line in told)
        and _ASKED.search(told[0]) is not None
        and _AGREE.search(text) is not None
        and _MEANS.search(text) is not None
        and len(set(map(str.casefold, _PRIVACY.findall(text)))) > 1
    )
