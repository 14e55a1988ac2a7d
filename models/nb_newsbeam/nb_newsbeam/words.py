"""What lists and endings say of a word: kinds of names as bits.

The lists of ``names.tsv`` say which kind of name a word is, classes of endings ("-departementet",
"-fjorden") what it may be. Hints beside what is learned: the recognizer may overrule them all.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

KINDS = (
    "given",
    "given_abroad",
    "surname",
    "surname_abroad",
    "land",
    "region",
    "county",
    "town",
    "city",
    "landscape",
    "party",
    "media",
    "company",
    "organisation",
    "club",
    "work",
    "event",
    "demonym",
    "company_mark",
    "role",
    "speech",
    "place_word",
    "institution_word",
)
# Classes of endings, apart by spaces; a word is at least two letters longer than its ending.
ENDINGS: dict[str, str] = {
    "institution": (
        "utvalet utvalget utval utvalg partiet parti laget lag foreninga foreningen foreining"
        " forening foreininga departementet departement direktoratet direktorat tilsynet tilsyn"
        " rådet råd styret styre forbundet forbund banken bank klubben klubb skulen skule skolen"
        " skole skolan universitetet universitet høgskolen høyskolen høgskulen etaten etat verket"
        " verk instituttet institutt sentralen selskapet selskap gruppen gruppa komiteen komité"
        " komitéen kommisjonen kommisjon retten rett tinget ting unionen organisasjonen"
        " organisasjon stiftelsen stiftinga fondet fond nemnda ombudet politiet orkesteret"
        " orkester museet museum teatret teateret teater alliansen alliansa samlaget forlaget"
        " forlag konsernet kjeden kjeda børsen redaksjonen regjeringen regjeringa kirken byrået"
        " nettverket rørsla bevegelsen vesenet vernet hjelpen hjelpa aksjonen koret bandet"
        " föreningen förening styrelsen högskolan högskola institutet bolaget bolag kommittén"
        " kommissionen rätten domstolen domstol fonden nämnden ombudsmannen orkestern teatern"
        " förlaget koncernen kedjan kedja börsen regeringen kyrkan nätverket rörelsen myndigheten"
        " myndighet ministeriet ministerium selskabet selskab højskolen højskole kæden nævnet"
        " naevnet bureauet bevægelsen polisen byrån"
    ),
    "municipality": (
        "kommune kommunen kommuna fylkeskommune fylkeskommunen fylke fylket bygda bygd län"
        " landsting region regionen kommunens amt herred"
    ),
    "landscape": (
        "fjorden fjord vatnet vannet vatn vann dalen dal øya øy øyane øyene elva elven åsen ås"
        " fjellet fjell tinden breen bre vika viken bukta bukten sundet sund neset nes halvøya"
        " heia vidda marka skogen havet sjøen kysten stranda stranden holmen elvi skaret skardet"
        " hamna havna botn åi landet land sjön ån älven älv berget fjällen fjäll skog näs holm"
        " öarna ön søen sø åen bjerget bjerg skoven skov bugten ø øerne strand"
    ),
    "street": (
        "gata gaten gate gt veien vegen vei veg plass plassen torget allé alléen bakken gatan"
        " vägen väg platsen torg gade gaden vej vejen pladsen plads"
    ),
    "building": (
        "kirka kirken kyrkja kyrkje kirke stadion arena hallen senteret senter hotellet hotell"
        " sykehuset sykehus sjukehus sjukehuset slottet slott flyplass flyplassen lufthavn stasjon"
        " stasjonen brua bru broen tunnelen tunellen huset gården garden parken salen kyrka kyrkan"
        " sjukhuset sjukhus flygplatsen flygplats bron tunneln hospitalet hospital lufthavnen"
        " skolen"
    ),
    "media": (
        "avis avisa avisen blad bladet tidende posten nytt dagblad magasinet tidsskrift radio"
        " radioen kanalen forlag nyheter dagbladet tidningen tidning nyt ekot"
    ),
    "patronym": ("sen son ssen sson dottir skij vič ovic evic enko ov ova"),
    "farm": (
        "stad land vik berg heim eim haug rud moen set seth sæter sæther bø lid lien li bakken"
        " bakk bakke haugen hagen eng engen tveit tvedt mo vold vang gård gaard aas ås strøm gren"
        " skog rød holt holm nes næs ness dahl dal ström kvist qvist lund stedt strand løv blad"
    ),
    "work": (
        "loven lova lov meldinga meldingen melding prisen pris konvensjonen konvensjon avtalen"
        " avtale traktaten direktivet erklæringen erklæringa protokollen rapporten boka boken"
        " filmen spelet spillet programmet planen lagen lag avtalet fördraget konventionen priset"
        " aftalen aftale bogen"
    ),
    "event": (
        "krigen krig mesterskapet meisterskap mesterskap leikane lekene festivalen festival cupen"
        " cup ligaen liga serien løpet rennet konferansen messa messen stemnet stevnet dagane"
        " dagene valet valget saken saka kriget mästerskapet mästerskapen mästerskap spelen ligan"
        " allsvenskan loppet mässan mesterskabet legene løbet"
    ),
    "role": (
        "minister ministeren leder leiar lederen leiaren sjef sjefen direktør direktøren formann"
        " ordfører ordførar ordføreren ordføraren redaktør redaktøren professor representant"
        " representanten sekretær forsker forskar forskeren forfatter forfattar forfatteren"
        " forfattaren trener trenar treneren trenaren spiller spelar spilleren spelaren mester"
        " meister politiker politikar politikeren mann mannen kvinne rådgiver talsmann advokat"
        " advokaten prest lege jeger kvinna åring åringen ministern statsråd ledaren ledare chefen"
        " chef direktören direktör ordföranden ordförande borgmästare redaktören professorn"
        " talesman forskaren forskare författaren författare tränaren tränare spelare mästare"
        " politikern formanden formand borgmester træneren træner talskvinde"
    ),
    "demonym": ("isk iske nsk nske ing ingar inger anar anarar aner iska ska are arna erne ere"),
}
# Common nouns that stand before a name and say what it is ("selskapet Nscale", "appen Sora").
NOUNS: dict[str, str] = {
    "company_noun": (
        "selskap selskapet selskapene konsern konsernet bedrift bedriften bedrifta firma firmaet"
        " firmaer oppstartsselskapet gründerselskapet kjeden kjede giganten gigant techgiganten"
        " utvikler utvikleren produsent produsenten leverandør leverandøren aksjeselskapet"
        " morselskapet datterselskapet rederiet banken forlaget bolaget bolag företaget företag"
        " koncernen tillverkaren jätten virksomheden virksomhed selskabet selskab verksemda"
        " verksemd føretaket føretak kjeda utviklaren"
    ),
    "product_noun": (
        "app appen tjenesten tjeneste strømmetjenesten modellen modell språkmodellen telefonen"
        " mobilen bilen elbilen spillet spill filmen film serien serie romanen roman boken boka"
        " bok plata albumet album låten låta singelen programmet dataprogrammet programvaren"
        " verktøyet chatboten chatbot samtaleroboten plattformen nettstedet nettsiden avisen avisa"
        " magasinet bladet podkasten podkast medisinen legemiddelet vaksinen prisen skipet ferja"
        " båten flyet flytypen raketten tenesta teneste strøymetenesta spelet spel plattforma"
        " nettstaden nettsida tjänsten tjänst skivan tidningen läkemedlet fartyget bogen bog"
        " pladen sangen skibet"
    ),
    "team_noun": (
        "klubben klubb laget lag fotballaget fotballklubben toppklubben storklubben serielederen"
        " lokalrivalen motstanderen landslaget håndballaget eliteserieklubben moderklubben klubba"
        " fotballklubb klubbens klubbhuset klub holdet hold fodboldklubben topklubben"
        " superligaklubben fotbollsklubben guldlaget"
    ),
}
QUOTES = frozenset("«»\"“”„'’‘")
GENITIVE = ("s", "'s", "\u2019s", "'", "\u2019")

LIST_BITS = {kind: 1 << i for i, kind in enumerate(KINDS)}
_ENDING_BITS = {kind: 1 << (len(KINDS) + i) for i, kind in enumerate(ENDINGS)}
# What else is said of a word: it is of several parts, in capitals, listed but with a small letter.
_HYPHEN, _CAPITALS, _LISTED_SMALL = (1 << (len(KINDS) + len(ENDINGS) + i) for i in range(3))
# And what the text has beside it somewhere: a given name before, "i" before, a title before or a
# speech verb beside, an institution after ("Jølster kommune").
AFTER_GIVEN, AFTER_I, BESIDE_PERSON_WORD, BEFORE_INSTITUTION = (
    _LISTED_SMALL << (1 + i) for i in range(4)
)
# Later hints stand behind those that older pipelines know (names.py): the nouns, marks of quotes, the
# word "i", and what the text has about a name: such a noun before, "AS" after, a mark before.
NOUN_BITS = {kind: BEFORE_INSTITUTION << (1 + i) for i, kind in enumerate(NOUNS)}
IS_QUOTE, IS_I, AFTER_COMPANY, AFTER_PRODUCT, AFTER_TEAM, BEFORE_MARK, QUOTED = (
    BEFORE_INSTITUTION << (1 + len(NOUNS) + i) for i in range(7)
)
BITS = QUOTED.bit_length()
ALL_LISTS = (1 << len(KINDS)) - 1
GIVEN_BITS = LIST_BITS["given"] | LIST_BITS["given_abroad"]
PERSON_WORD_BITS = LIST_BITS["role"] | LIST_BITS["speech"] | _ENDING_BITS["role"]
INSTITUTION_BITS = LIST_BITS["institution_word"] | _ENDING_BITS["municipality"]
_BITS_OF_ENDING: dict[str, int] = {}
for _kind, _endings in ENDINGS.items():
    for _ending in _endings.split():
        _BITS_OF_ENDING[_ending] = _BITS_OF_ENDING.get(_ending, 0) | _ENDING_BITS[_kind]
_BITS_OF_NOUN: dict[str, int] = {}
for _kind, _nouns in NOUNS.items():
    for _noun in _nouns.split():
        _BITS_OF_NOUN[_noun] = _BITS_OF_NOUN.get(_noun, 0) | NOUN_BITS[_kind]
_LONGEST = max(map(len, _BITS_OF_ENDING))
_CACHE = 50_000  # words whose bits are kept

Word = tuple[int, str]  # bits, and the word without its genitive if it has a capital, else ""


@lru_cache(maxsize=1)
def read_names() -> dict[str, int]:
    """Each listed word's kinds as bits."""
    text = (Path(__file__).parent / "names.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {word: sum(LIST_BITS[kind] for kind in kinds.split()) for word, kinds in rows}


def _find_ending(word: str) -> int:
    for size in range(min(_LONGEST, len(word) - 2), 1, -1):
        if bits := _BITS_OF_ENDING.get(word[-size:]):
            return bits
    return 0


def _remove_genitive(word: str) -> str:
    for mark in GENITIVE:
        if word.endswith(mark) and len(word) - len(mark) > 2:
            return word[: -len(mark)]
    return word


def _find_in_lists(word: str, stem: str) -> int:
    names = read_names()
    is_capital = word[:1].isupper()
    bits = names.get(word, 0) | (names.get(stem, 0) if stem != word else 0)
    if not bits and len(word) > 3 and word.isupper():
        title = word.title()
        bits = names.get(title, 0)
        bits |= names.get(title[:-1], 0) if word.endswith("S") else 0
    if not bits and (small := names.get(word.lower(), 0)):
        bits = small | _LISTED_SMALL if is_capital else small
    return bits


@lru_cache(maxsize=_CACHE)
def describe_word(text: str) -> Word:
    """The bits of a word by lists and endings, and its form for comparison within a text."""
    is_capital = text[:1].isupper()
    stem = _remove_genitive(text) if is_capital else text
    bits = _find_in_lists(text, stem)
    first, _, last = stem.rpartition("-")
    if first and last:
        bits |= _HYPHEN
        if not bits & ALL_LISTS:
            bits |= read_names().get(last if last[0].isupper() else first, 0)
    bits |= _find_ending(stem.lower())
    if len(text) > 1 and text.isupper():
        bits |= _CAPITALS
    bits |= _BITS_OF_NOUN.get(text.lower(), 0)
    if text in QUOTES:
        bits |= IS_QUOTE
    elif text == "i":
        bits |= IS_I
    return bits, stem if is_capital else ""
