"""Names out of bylines and metadata, without roles, addresses and what is no name at all."""

from __future__ import annotations

import re

from newsbeam.transforms.text.characters import normalize_line, squeeze

_SEPARATOR = re.compile(
    r"\s*(?:[;|•·]|\s/\s|\s&\s|\s(?:og|och|and|und|et|samt|sowie|im gespräch mit|i samtale med|"
    r"in conversation with|with(?= (?-i:[A-ZÆØÅÄÖÜ]\S+ [A-ZÆØÅÄÖÜ])))\s)\s*",
    re.IGNORECASE,
)
# "Kari Nes/NTB", "Mette Hald /ritzau/"; "det/dpa" is a signature.
_AGENCY = re.compile(
    r"(?<!\S)((?-i:[A-ZÆØÅÄÖÜ])[^\s/]+)\s*/"
    r"(?=(?:ntb|anb|npk|tt|ap|afp|apa|dpa|reuters|ritzau|stt|bloomberg)(?!\w))",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*,\s*|\s+[–—-]+\s+")
_KIND = (
    r"(?:(?:ein|eine|en|ei|et|a|an) )?(?:kolumne|gastbeitrag|gastkommentar|kommentar|analyse|essay|"
    r"interview|intervju|bericht|reportage|reportasje|column|opinion|review|analysis|kronikk?|"
    r"krönika|leder|ledare|story|artikkel|artikel)"
)
_PREFIX = re.compile(
    r"^(?:(?:skrevet|skrive|skriven|tekst|text|publisert|publicerad|posted|written|verfasst|"
    rf"geschrieben|words|{_KIND}) (?:av|af|by|von)|"
    r"av|by|von|af|par|por|di|door)\s*:?\s+(?=\w)|"
    r"^(?:tekst|text|words|author|autor(?:in)?|forfatter|forfattar|författare|verfasser(?:in)?|journalist|"
    r"reporter|interview|intervju|skribent|redakteur|byline|av|by|von|af)\s*:\s*(?=\w)|"
    rf"^{_KIND}\s*:\s*(?=\w)|"
    r"^(?:tekst|text)\s+(?=\w)|^(?-i:[Aa]utor(?:in)?|[Aa]uthor|[Ff]orfatter)\s+(?-i:(?=[A-ZÆØÅÄÖÜ]))|"
    r"^(?:\w+ ){1,3}by\s+(?-i:(?=[A-ZÆØÅÄÖÜ]))|"
    r"^(?:veröffentlicht|eingestellt|erstellt|beiträge|pressemitteilung|"
    r"\w*artikel|im wortlaut) von\s+",
    re.IGNORECASE,
)
_PICTURES = r"(?:foto|photos?|pictures|bild(?:er?)?|video)"
_BOTH = r"\s*(?:og|och|and|und|&|\+|/)\s*"
_BOTH_WORKS = re.compile(
    rf"\b(?:(?:tekst|text|words){_BOTH}{_PICTURES}|{_PICTURES}{_BOTH}(?:tekst|text|words))\b",
    re.IGNORECASE,
)
_OTHER = (
    r"(?:foto(?:s|graf|grafi)?|photos?|photograph(?:s|y|er)?|pictures?|bilde[rt]?|bild(?:er)?|"
    r"video|grafikk?|graphics?|illustra[st]jon|illustrations?|layout|design|styled|styling|hair|make-?up|copyright|©|übersetz\w*|translat\w*|"
    r"oversett\w*|oversættelse|översättning)"
)
_OTHER_WORK = re.compile(rf"^{_OTHER}\b", re.IGNORECASE)
# "Foto: Ola Ås og Eva Li", up to what says that others follow.
_OTHER_LABEL = re.compile(
    rf"(?<!\w){_OTHER}\s*:[^|;•·)]*?(?=\b(?:tekst|text|words|av|by|von|af)\s*:|[|;•·)]|$)|"
    r"\s+(?=(?:foto|photo|bild|bilde)\s+(?-i:[A-ZÆØÅÄÖÜ]))",
    re.IGNORECASE,
)
# "on Wednesday, March 4, 2026", ", 4. mars 2026"
_MONTH = r"(?:jan|feb|mar|mär|apr|ma[ijy]|jun|jul|aug|sep|o[kc]t|nov|de[scz])[^\W\d_]*\.?"
_DATE = re.compile(
    rf"[\s,]+(?:(?:on|den|am|vom)\s+)?(?:[^\W\d_]+(?:day|dag|tag|woch),?\s+)?(?:den\s+|d\.\s+)?"
    rf"(?:\d{{1,2}}\.? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?)(?!\w).*",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"\s*\(([^()]*)\)")
_ROLE_WORD = (
    r"(?:journalist|reporter|redakt[øo]r|fotograf|korrespondent|correspondent|kommentator|editor|"
    r"redakteur|medarbeider|medarbeidar|columnist|kolumnist|spaltist|writer|photographer|skribent|"
    r"direktør|direktör|direktor|director|rådgiver|rådgjevar|ordfører|ordførar|professor)"
)
_ROLE = re.compile(rf"[\w-]*{_ROLE_WORD}(?:in|en|e|er|ar|s)?\b", re.IGNORECASE)
_BEAT = (
    r"(?:(?:health|politic(?:s|al)|sports?|business|science|technology|education|environment|world|"
    r"foreign|home|legal|crime|senior|chief|staff|economics?|culture|royal|social|affairs|security|"
    r"diplomatic|news|special|and|&) +){0,3}"
)
_ROLE_BEHIND = re.compile(rf"(?<=[^\W\d_]) +{_BEAT}[\w-]*{_ROLE_WORD}(?:in)?\b.*", re.IGNORECASE)
# "Journalist Kari Nes", "Chief Political Editor Jane Doe"
_ROLE_BEFORE = re.compile(
    rf"^(?:[\w-]+ ){{0,2}}[\w-]*{_ROLE_WORD}(?:in|en)? +(?=\S+ \S)", re.IGNORECASE
)
# Where somebody is, and whom she works for.
_PLACE_BEHIND = re.compile(r"\s+(?:i|in|på|for|For|FOR)\s+(?=[A-ZÆØÅÄÖÜ]).*")
_TWO_WORD_PLACE = re.compile(
    r"(?:New|Los|Las|San|Santa|Hong|Tel|Abu|Buenos|Kuala|Rio|Cape|Addis|Saint|St\.?) \S+.*"
)
_ADDRESS = re.compile(
    r"\S*(?:@|\[at\]|\(at\))\S+|(?:https?://|www\.)\S*/\S*|https?://\S*|"
    r"\b(?:[\w-]+\.)*(?:facebook|twitter|instagram|linkedin)\.com\S*|\(\s*\)"
)
# What a form or a template has where no author is known, squeezed; and what a link is called.
_NOBODY = frozenset(
    (
        "noauthor author authors autor forfatter unknown unknownauthor anonymous none null "
        "undefined na nan ukjent ukjend ukendt okänd unbekannt admin administrator webmaster "
        "superuser user guest byline name av by von af wordpress drupal joomla labradorcms cms "
        "omforfatteren omforfattaren omskribenten abouttheauthor überdenautor überdieautorin"
    ).split()
)
_LINK = re.compile(
    r"^(?:vis|se|sjå|view|see|show|read|les|läs|læs|visa|zeige) "
    r"(?:alle?|alla|all|more|mer|meir|mere|flere|fleire|fler|profile?n?|posts?|full|bio|hele)\b|"
    r"^(?:more|mehr|mer|meir|mere|flere|fleire|fler|alle|alla|all|weitere) "
    r"(?:by|from|fra|frå|från|af|av|von|about|om|posts|articles|artikler|artiklar|artikel|saker|"
    r"stories|beiträge|zum|zur)\b|"
    r"^(?:follow|følg|følg oss|följ|folgen|contact|kontakt|e-?mail|e-?post|twitter|facebook|"
    r"instagram|linkedin|share|profile?|bio|about|print|comments?|kommentarer?|kommentare)\b",
    re.IGNORECASE,
)
_COMPANY = re.compile(
    r"\b(?:gmbh|ag|as|asa|ab|aps|inc|ltd|llc|verlag|media|medien|redaksjon\w*|redaktion\w*|"
    r"rédaction|redacci[oó]n|editorial|editors?|staff|desk|team|newsroom|news|nyheter|nyheder|"
    r"nachrichten|avisa?|tidende|tidning\w*|online|zeitung|magazine?|press[en]?|agency|agencia|"
    r"agentur|byrå|bureau|group|gruppe|foundation|institut\w*|universit\w*|network|society|"
    r"company|corporation|ministerium|forbund|verband|association|kitchens?|the|blog|radio|tv)\b|"
    r"\w\.[a-z]{2,4}$",
    re.IGNORECASE,
)
# A name alone: "Sweidah", but neither "NTB" nor "Professor".
_ONE_NAME = re.compile(
    r"(?!(?:professor|forfatter|advokat|leder|lege|author|doctor)$)(?-i:[A-ZÆØÅÄÖÜ][a-zà-öø-ÿ])[^\W\d_]{2,}",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    "von van vom de da di du do dos das del della der den des la le el al bin ben ibn af av zu zum "
    "zur ten ter und y e i og op".split()
)
_LONGEST_NAME = 60
_LONGEST_BYLINE = 500
_PERSONAL_WORDS = range(2, 7)


def split_author(text: str) -> list[str]:
    """Return the names in a byline such as "Av Kari Nes og Ola Ås (foto), journalist".

    Who made pictures only is left out, and so are words that stand where no author is known
    ("No Author") or lead elsewhere ("Vis alle saker"). A text of over 500 code points is no byline
    and has none.
    """
    if len(text) > _LONGEST_BYLINE:
        return []
    text = _BOTH_WORKS.sub("tekst", normalize_line(_ADDRESS.sub(" ", text)))
    text = _AGENCY.sub(r"\1 | ", _DATE.sub("", text))
    names: list[str] = []
    for part in _SEPARATOR.split(_OTHER_LABEL.sub(" | ", text)):
        found: list[str] = []
        for place, piece in enumerate(piece for piece in _COMMA.split(part) if piece):
            # Behind a person stands what she is, and for whom: "Political Editor", "NTB".
            told, role = any(map(is_person, found)), _ROLE.search(piece)
            if told and role and role[0][0].isupper():
                continue
            name = _read_name(piece)
            if name is None or (place > 0 and name[0].islower()):
                continue
            # "By Jane Doe, Washington": among several names one may be a first name alone.
            is_place = len(names) + len(found) == 1 and (
                " " not in name or _TWO_WORD_PLACE.fullmatch(name) is not None
            )
            if not told or (not is_place and (is_person(name) or _ONE_NAME.fullmatch(name))):
                found.append(name)
        names += found
    return names


def is_person(name: str) -> bool:
    """Whether a name reads like a person's first and last name: two to six words with a capital,
    but for particles, and none that companies and desks have in theirs."""
    words = name.split()
    capitals = sum(word[:1].isupper() for word in words)
    return (
        len(words) in _PERSONAL_WORDS
        and capitals >= 2
        and all(word[:1].isupper() or word in _PARTICLES for word in words)
        and not any(char.isdigit() or char == ":" for char in name)
        and not is_desk(name)
    )


def is_desk(name: str) -> bool:
    """Whether a name has a word that companies, desks and sites have in theirs."""
    return _COMPANY.search(name) is not None


def _read_name(piece: str) -> str | None:
    """The name in a piece between separators, if it has one."""
    if _OTHER_WORK.match(piece):
        return None
    for inside in _BRACKET.findall(piece):
        if _OTHER_WORK.match(inside.strip()):
            return None
    name = _PREFIX.sub("", _BRACKET.sub("", piece).strip(" .:-–—~/()")).strip(" .:-–—~/()")
    without = _ROLE_BEFORE.sub("", name)
    name = without if is_person(without) else name
    if _OTHER_WORK.match(name) or _ROLE.match(name):
        return None
    without = _PLACE_BEHIND.sub("", name)
    name = without if is_person(without) else name
    name = _ROLE_BEHIND.sub("", name) if is_person(_ROLE_BEHIND.sub("", name)) else name
    if not any(map(str.isalpha, name)) or len(name) > _LONGEST_NAME:
        return None
    return None if squeeze(name) in _NOBODY or _LINK.match(name) else name
