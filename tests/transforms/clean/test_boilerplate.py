"""Cleaning: whole lines by rules, never inside prose, and every removed line accounted for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.transforms.clean.boilerplate import choose_rules, match_rule, remove_boilerplate
from newsbeam.transforms.records import Article, Block, Metadata, Provenance, Rejection
from newsbeam.transforms.settings.language import find_language
from newsbeam.transforms.settings.source import CleaningRule, CleanSettings, Source

LANGUAGES = load_shipped_languages()
PROVENANCE = Provenance("avis", "a", "a.txt", "0" * 64)


def article(*lines: str | Block, language: str = "nb") -> Article:
    blocks = tuple(line if isinstance(line, Block) else Block(line) for line in lines)
    return Article(PROVENANCE, Metadata(), blocks, language)


def removed_by(line: str, language: str = "nb", isolated: bool = False) -> str | None:
    rule = match_rule(Block(line, isolated=isolated), LANGUAGES[language].boilerplate)
    return rule.name if rule else None


@pytest.mark.parametrize(
    ("line", "rule", "language"),
    [
        ("Artikkelen fortsetter under annonsen", "ad_break", "nb"),
        ("Saken fortsetter etter annonsen.", "ad_break", "nb"),
        ("(Anmeldelsen fortsetter under bildet)", "ad_break", "nb"),
        ("ANNONSE", "ad_label", "nb"),
        ("Statsministeren i Bodø i går. Foto: Ola Nordmann / NTB", "photo_caption", "nb"),
        ("FOTO: KARI NORDMANN", "photo_caption", "nb"),
        ("Bilde fra festen (Foto: J. Hansen)", "photo_caption", "nb"),
        ("Les også: Her er de nye reglene", "related_link", "nb"),
        ("→ Les mer: Slik går det", None, "nb"),
        ("- Les mer: Slik går det", "related_link", "nb"),
        ("Video: Se målet her", "video_teaser", "nb"),
        ("Del på Facebook", "share", "nb"),
        ("Publisert: 05.08.24 kl. 14:47", "dateline", "nb"),
        ("Oppdatert 12. mai 2026 kl. 08.15", "dateline", "nb"),
        ("Journalist", "byline_role", "nb"),
        ("(©NTB)", "agency_signature", "nb"),
        ("Kort fortalt", "ai_summary", "nb"),
        (
            "Sammendraget er laget av ChatGPT og godkjent av redaksjonen.",
            "ai_disclaimer",
            "nb",
        ),
        ("Trenger du noen å snakke med? Ring 116 123.", "help_line", "nb"),
        ("Har du tips i saken? Send dem til oss.", "tip_off", "nb"),
        ("Meld deg på vårt daglige nyhetsbrev her", "newsletter", "nb"),
        ("Denne artikkelen er forbeholdt abonnenter", "paywall", "nb"),
        ("Er du allerede abonnent? Logg inn her.", "paywall", "nb"),
        ("Få full tilgang for 1 krone", "paywall", "nb"),
        ("Du har lest 3 av 5 gratis artikler", "paywall", "nb"),
        (
            "Få tilgang til alt innhold på avisa.no for kun 1 krone den første måneden.",
            "paywall",
            "nb",
        ),
        ("Kjøp digitalt abonnement", "paywall", "nb"),
        (
            "Få tilgang til alt innhald på avisa.no for berre 1 krone den første månaden.",
            "paywall",
            "nn",
        ),
        ("Få adgang til alt indhold på avisen.dk for 1 kr. den første måned.", "paywall", "da"),
        ("Prøv en måned for 1 krone", "paywall", "da"),
        ("Den här artikeln är för dig som prenumererar.", "paywall", "sv"),
        ("Prova en månad för 1 krona", "paywall", "sv"),
        ("Weiterlesen mit Bote plus", "paywall", "de"),
        ("Jetzt einen Monat lang kostenlos testen und alle Artikel lesen.", "paywall", "de"),
        ("You have 2 free articles left this month.", "paywall", "en"),
        ("Denne artikkelen er atterhalden abonnentar", "paywall", "nn"),
        ("Er du allereie abonnent? Logg inn her.", "paywall", "nn"),
        ("Artiklen er forbeholdt abonnenter", "paywall", "da"),
        ("Redan prenumerant? Logga in", "paywall", "sv"),
        ("Dieser Artikel ist exklusiv für Abonnenten", "paywall", "de"),
        ("Subscribe to continue reading", "paywall", "en"),
        ("Hva mener du?", "reader_question", "nb"),
        ("Vad tycker du? Skriv till oss.", "reader_question", "sv"),
        ("Last ned appen vår og få varsler", "app", "nn"),
        ("Last ned Fjordposten-appen her", "app", "nb"),
        ("Hent vores app", "app", "da"),
        ("Støtt oss med en gave på Vipps 12345", "donation", "nb"),
        ("Support our journalism with a donation.", "donation", "en"),
        ("Fann du ein feil? Meld frå her.", "fact_check", "nn"),
        ("Har du hittat ett fel? Hör av dig.", "fact_check", "sv"),
        ("Ola Prøvesen er journalist i Lilleby Avis.", "staff", "nb"),
        ("Artikkelen inneholder annonselenker.", "affiliate", "nb"),
        ("This is a modal window.", "player", "nb"),
        ("Saka held fram under annonsen", "ad_break", "nn"),
        ("Les òg: Nye reglar", "related_link", "nn"),
        ("Sjå også: Nye reglar", "related_link", "nn"),
        ("Biletet er teke i fjor. Foto: Ola Nordmann", "photo_caption", "nn"),
        ("Artiklen fortsætter efter annoncen", "ad_break", "da"),
        ("/ritzau/", "agency_signature", "da"),
        ("Läs även: Nya regler", "related_link", "sv"),
        ("Publicerad 23 okt 2025 kl 10.23", "dateline", "sv"),
        ("Story continues below advertisement", "ad_break", "en"),
        ("Vil du lese mer av denne typen saker?", "more_link", "nb"),
        ("Mer om: Fotball", "more_link", "nb"),
        ("Meld deg på nyhetsbrevet vårt", "newsletter", "nb"),
        ("Du må være abonnent for å lese videre", "subscribe", "nb"),
        ("Last ned appen vår", "subscribe", "nb"),
        ("Illustrasjonsfoto", "page_chrome", "nb"),
        ("Saken oppdateres.", "update_note", "nb"),
        ("Artikkelen blir oppdatert fortløpende.", "update_note", "nb"),
        ("Denne saken ble først publisert i Nordlys.", "first_published", "nb"),
        (
            "Dette er en kronikk. Kronikken gir uttrykk for skribentens holdning.",
            "opinion_note",
            "nb",
        ),
        ("Denne avstemningen viser ikke hva folk flest mener.", "poll_note", "nb"),
        ("Følg oss på Instagram", "follow", "nb"),
        ("Kilde: NTB", "source_note", "nb"),
        ("Ansvarlig redaktør: Kari Nes", "imprint", "nb"),
        ("Meir om: Fotball", "more_link", "nn"),
        ("Saka blir oppdatert.", "update_note", "nn"),
        ("Denne saka vart først publisert i Firda.", "first_published", "nn"),
        (
            "Dette er eit debattinnlegg. Innlegget gjev uttrykk for skribenten sitt syn.",
            "opinion_note",
            "nn",
        ),
        ("Følg oss på Facebook", "page_chrome", "nn"),
        ("Følg oss på Instagram", "follow", "nn"),
        ("Kjelde: NPK", "source_note", "nn"),
        ("Nyhende", "page_chrome", "nn"),
        ("Følg os på Facebook", "follow", "da"),
        ("Följ oss på Instagram", "follow", "sv"),
        ("Lästid 6 min", "reading_time", "sv"),
        ("Læsetid: 6 min.", "reading_time", "da"),
        ("Har du et tip? Skriv til os.", "tip_off", "da"),
        ("(TT)", "agency_signature", "sv"),
        ("TT-AFP", "agency_signature", "sv"),
        ("Lyssna på artikeln 4:12", "audio", "sv"),
        ("Så här jobbar Bladet med kvalitetsjournalistik", "quality", "sv"),
        ("Tack för att du läser – så här läser du vidare!", "subscribe", "sv"),
        ("Artikeln fortsätter … logga in", "subscribe", "sv"),
        ("Also read: The new rules", "more_link", "en"),
        ("There is more. Subscribe to get the news in your inbox.", "newsletter_appeal", "en"),
        ("Have a tip? Write to us.", "tip_off", "en"),
        ("(Reporting by Kari Nes in Oslo; editing by Ola Ås)", "reporting_credit", "en"),
        ("Kari Nes contributed to this report.", "reporting_credit", "en"),
        ("Follow Kari Nes on Twitter @karines", "follow", "en"),
        ("Updated at 1:23 p.m. ET", "dateline", "en"),
        ("We may earn a commission from links on this page.", "affiliate", "en"),
        ("Anzeige", "ad_label", "de"),
        ("Die Brücke am Freitag. Foto: Kari Nes/dpa", "photo_caption", "de"),
        ("Lesen Sie auch: Die neuen Regeln", "related_link", "de"),
        ("Mehr zum Thema", "related_heading", "de"),
        ("Video: Die Brücke von oben", "video_teaser", "de"),
        ("Artikel teilen", "share", "de"),
        ("Melden Sie sich hier für unseren Newsletter an.", "newsletter", "de"),
        ("Empfohlener redaktioneller Inhalt", "consent", "de"),
        ("Quelle: dpa", "source_note", "de"),
        ("Stand: 28.04.2024, 14:47 Uhr", "dateline", "de"),
        ("dpa/AFP", "agency_signature", "de"),
        (
            "Mit * markierte Links sind Affiliate-Links, bei Kauf erhalten wir Provision.",
            "affiliate",
            "de",
        ),
        ("Zum Inhalt springen", "page_chrome", "de"),
        ("Publisert for 3 timer siden", "dateline", "nb"),
        ("Sist oppdatert: 4. mars 2026 kl. 18", "dateline", "nb"),
        ("Uppdaterad 15.59 | Publicerad 14.14", "dateline", "sv"),
        ("Published March 4, 2026 by Kari Nes", "dateline", "en"),
        ("Få full tilgang i 4 uker.", "paywall", "nb"),
        ("Les hele avisa for 1 krone", "paywall", "nb"),
        ("Prova oss för 9 kr", "paywall", "sv"),
        ("Ingen bindingstid. Avslutt når som helst.", "paywall", "nb"),
        ("Subscribe to unlock this article", "paywall", "en"),
        ("Already have an account? Log in", "paywall", "en"),
        ("Log in to continue reading", "paywall", "en"),
        ("Last ned appen på App Store", "app", "nb"),
        ("Download our app", "app", "en"),
        ("Gi et bidrag til journalistikken vår", "donation", "nb"),
        ("Donate now", "donation", "en"),
        ("Spenden Sie jetzt", "donation", "de"),
        ("Contact us on Facebook", "follow", "en"),
        ("Tipsa oss: SMS 71000, Mejl", "tip_off", "sv"),
        ("Side 1 av 3", "page_number", "nb"),
        ("Page 2 of 3", "page_number", "en"),
    ],
)
def test_boilerplate_goes(line: str, rule: str | None, language: str) -> None:
    assert removed_by(line, language) == rule


@pytest.mark.parametrize(
    "line",
    [
        "Artikkelen fortsetter å vekke debatt: Nå svarer ministeren på kritikken.",
        "Han tok et foto: det ble kjent over hele landet.",
        "Foto er hans store lidenskap, sier Hansen.",
        "Video er blitt viktigere for avisene enn før.",
        "– Les også det som står med liten skrift, sier advokaten.",
        "Annonsen sto på trykk i 1912.",
        "Del saken med noen du stoler på, sier politiet: Det hjelper.",
        "Journalisten ble pågrepet tirsdag.",
        "Publisert forskning viser at tallet er 12 ganger høyere.",
        "NTB meldte først om saken.",
        "Ekspert: - Gjennomtenkt",
        "Ba om hjelp i fjor",
        "- Tror Putin er rasende",
        "Hun er abonnent på livet.",
        "Få aviser har et nyhetsbrev om fiske. Denne har to.",
        "Logg inn i framtiden, sa statsråden.",
        "Vil du lese mer, kan du spørre på biblioteket, sier hun til avisa som skriver om det.",
        "Saken er oppdatert på et vis som ingen av dem hadde tenkt på i forkant.",
        "Dette er en kommentar som mange vil huske.",
        "Dette er en leder folk stoler på.",
        "Ansvarlig redaktør Kari Nes sier at avisa står ved saken.",
        "Kilder: – Vi hører at han går av.",
        "Kilder: Statsråden går av",
        "Følg oss på veien mot toppen. Det blir bratt.",
        "– Hva mener du?",
        "Hva mener du om forslaget fra regjeringen?",
        "Artikkelen er låst til døra på skolen.",
        "Prøv igjen om 10 minutter, sa ekspeditøren.",
        "Støtten til oss falt, sier partilederen.",
        "Hun er journalist i Aftenposten.",
        "Last ned på lageret i går kostet en million.",
    ],
)
def test_prose_and_headings_stay(line: str) -> None:
    assert removed_by(line) is None


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Ingen.", "nb"),
        ("Få en familiebillett for 200 kroner.", "nb"),
        ("Prøv å legge bort appen når du skal sove.", "nb"),
        ("Gi en gave du har laget selv.", "nb"),
        ("Bidra med det du kan.", "nb"),
        ("Opprettet 1998 som et prøveprosjekt", "nb"),
        ("Endret 3 ganger siden 2001", "nb"),
        ("Kjøp billetter for 200 kroner.", "nb"),
        ("Hent pakken med appen til Posten.", "nb"),
        ("Ingen binding, og inga plikt til å møte.", "nn"),
        ("Få ein familiebillett for 200 kroner.", "nn"),
        ("Prøv å leggje bort appen når du skal sove.", "nn"),
        ("Gi ei gåve du har laga sjølv.", "nn"),
        ("Gje eit bidrag til dugnaden.", "nn"),
        ("Bidra med det du kan.", "nn"),
        ("Oppretta 1998 som eit prøveprosjekt", "nn"),
        ("Endra 3 gonger sidan 2001", "nn"),
        ("Donate blood if you can.", "en"),
        ("Get the app before you travel.", "en"),
        ("Published 12 novels and two plays", "en"),
        ("Updated in 2019, the law bans smoking", "en"),
        ("Contact the council on Facebook or call 555 010.", "en"),
        ("Email the council at help@example.org for advice.", "en"),
        ("Sign up here at the desk with the nurse.", "en"),
        ("Log in to read the meter every month.", "en"),
        ("Prova en kurs för 200 kr.", "sv"),
        ("Hämta biljetten i appen.", "sv"),
        ("Tipsa en vän om boken.", "sv"),
        ("Ge ett bidrag till föreningen.", "sv"),
        ("Uppdaterad 3 gånger sedan 2001", "sv"),
        ("Prøv at slukke appen om natten.", "da"),
        ("Bidrag med en kage til festen.", "da"),
        ("Få en familiebillet for 200 kr.", "da"),
        ("Giv et bidrag til foreningen.", "da"),
        ("Opdateret 3 gange siden 2001", "da"),
        ("Spenden Sie alte Kleider.", "de"),
        ("Laden Sie die App vor der Reise.", "de"),
        ("Bild: Das Werk entstand 1901 in Paris", "de"),
        ("Veröffentlicht 12 Romane und zwei Stücke", "de"),
        ("She asked readers to sign up for her newsletter, which many did.", "en"),
        ("Follow the money, the saying goes. He did.", "en"),
        ("The commission may earn more next year.", "en"),
        ("Dette er ein kommentar som mange vil hugse.", "nn"),
        ("Die Quelle des Flusses liegt in den Bergen, sagt die Forscherin.", "de"),
        ("Stand der Dinge ist, dass am 28. April gewählt wird.", "de"),
        ("Jetzt schreibt sie einen Newsletter. Er erscheint täglich.", "de"),
    ],
)
def test_prose_stays_in_every_language(line: str, language: str) -> None:
    assert removed_by(line, language) is None


def test_teasers_go_only_where_they_stand_apart() -> None:
    teaser = "Påstått sabotasje-angrep: - Helt urealistisk"
    assert removed_by(teaser, isolated=True) == "teaser"
    assert removed_by(teaser) is None
    assert removed_by("Ba om hjelp i fjor", isolated=True) is None
    assert removed_by("Han sa dette: Vi må gjøre mer for de unge.", isolated=True) is None


def test_removed_lines_are_kept_with_their_rule_in_order() -> None:
    result = remove_boilerplate(
        article("Annonse", "Prosa.", "Les også: Mer", "Mer prosa."), LANGUAGES["nb"].boilerplate
    )
    assert isinstance(result, Article)
    assert result.text == "Prosa.\nMer prosa."
    assert [(line.rule, line.text) for line in result.removed] == [
        ("ad_label", "Annonse"),
        ("related_link", "Les også: Mer"),
    ]


def test_lead_that_was_boilerplate_is_no_lead() -> None:
    result = remove_boilerplate(
        article(Block("Annonse", "lead"), "Prosa."), LANGUAGES["nb"].boilerplate
    )
    assert isinstance(result, Article)
    assert result.metadata.lead is None


def test_nothing_left_is_a_rejection_that_names_the_rules() -> None:
    result = remove_boilerplate(article("Annonse", "Del"), LANGUAGES["nb"].boilerplate)
    assert isinstance(result, Rejection)
    assert (result.stage, result.reason) == ("clean", "only_boilerplate")
    assert "ad_label, share" in result.detail
    asked = replace(article("Annonse"), provenance=replace(PROVENANCE, request="{}"))
    again = remove_boilerplate(asked, LANGUAGES["nb"].boilerplate)
    assert isinstance(again, Rejection)
    assert again.request == "{}"


def test_source_adds_rules_and_disables_the_languages() -> None:
    own = CleaningRule(name="greeting", lines=("Hilsen oss",))
    source = Source(
        id="avis", files=("x",), clean=CleanSettings(rules=(own,), disable=("ad_label",))
    )
    rules = choose_rules(article("x"), LANGUAGES, source)
    assert own in rules
    assert "ad_label" not in {rule.name for rule in rules}
    assert len(rules) == len(LANGUAGES["nb"].boilerplate)


def test_regional_tag_uses_its_language_and_unknown_ones_have_no_rules() -> None:
    assert find_language("en-GB", LANGUAGES).code == "en"
    unknown = find_language("fi", LANGUAGES)
    assert (unknown.boilerplate, unknown.pipeline, unknown.quotes) == ((), None, None)


@given(st.lists(st.text(min_size=1, max_size=200).filter(str.strip), min_size=1, max_size=8))
def test_every_line_is_kept_or_removed_never_changed(lines: list[str]) -> None:
    for language in LANGUAGES.values():
        result = remove_boilerplate(article(*lines), language.boilerplate)
        if isinstance(result, Rejection):
            continue
        kept = [block.text for block in result.blocks]
        gone = [line.text for line in result.removed]
        assert sorted(kept + gone) == sorted(lines)


@pytest.mark.timeout(20)  # a pattern that backtracks without end takes minutes
@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_rules_take_linear_time_on_hostile_lines(code: str) -> None:
    """A line is bounded by max_chars, so the worst line of each kind is cheap."""
    for line in ("a" * 800, "Foto: " * 130, " " * 800, "A. " * 260, "les også " * 80, "x: " * 200):
        match_rule(Block(line, isolated=True), LANGUAGES[code].boilerplate)
