"""The pipeline's layer of names: what lists, endings and the rest of the text say of each word.

Hints beside the learned features, which decide nothing alone: the lists of ``names.tsv`` (which
says kind of name for a word), classes of endings ("-departementet", "-fjorden"), and what the
same word has about it elsewhere in the text (a given name before it, a speech verb beside it, "i"
before it: Ratinov and Roth 2009 call it context aggregation).

Longer beginnings and endings than spaCy's own (one letter and three) are learned features here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.ml.featureextractor import FeatureExtractor
from spacy.ml.staticvectors import StaticVectors
from spacy.strings import get_string_id
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import (
    HashEmbed,
    Maxout,
    Model,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    with_array,
)
from thinc.types import Floats2d, Ints2d

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
    ),
    "municipality": (
        "kommune kommunen kommuna fylkeskommune fylkeskommunen fylke fylket bygda bygd"
    ),
    "landscape": (
        "fjorden fjord vatnet vannet vatn vann dalen dal øya øy øyane øyene elva elven åsen ås"
        " fjellet fjell tinden breen bre vika viken bukta bukten sundet sund neset nes halvøya"
        " heia vidda marka skogen havet sjøen kysten stranda stranden holmen elvi skaret skardet"
        " hamna havna botn åi landet land"
    ),
    "street": ("gata gaten gate gt veien vegen vei veg plass plassen torget allé alléen bakken"),
    "building": (
        "kirka kirken kyrkja kyrkje kirke stadion arena hallen senteret senter hotellet hotell"
        " sykehuset sykehus sjukehus sjukehuset slottet slott flyplass flyplassen lufthavn stasjon"
        " stasjonen brua bru broen tunnelen tunellen huset gården garden parken salen"
    ),
    "media": (
        "avis avisa avisen blad bladet tidende posten nytt dagblad magasinet tidsskrift radio"
        " radioen kanalen forlag"
    ),
    "patronym": "sen son ssen sson dottir skij vič ovic evic enko ov ova",
    "farm": (
        "stad land vik berg heim eim haug rud moen set seth sæter sæther bø lid lien li bakken"
        " bakk bakke haugen hagen eng engen tveit tvedt mo vold vang gård gaard aas ås strøm gren"
        " skog rød holt holm nes næs ness dahl dal"
    ),
    "work": (
        "loven lova lov meldinga meldingen melding prisen pris konvensjonen konvensjon avtalen"
        " avtale traktaten direktivet erklæringen erklæringa protokollen rapporten boka boken"
        " filmen spelet spillet programmet planen"
    ),
    "event": (
        "krigen krig mesterskapet meisterskap mesterskap leikane lekene festivalen festival cupen"
        " cup ligaen liga serien løpet rennet konferansen messa messen stemnet stevnet dagane"
        " dagene valet valget saken saka"
    ),
    "role": (
        "minister ministeren leder leiar lederen leiaren sjef sjefen direktør direktøren formann"
        " ordfører ordførar ordføreren ordføraren redaktør redaktøren professor representant"
        " representanten sekretær forsker forskar forskeren forfatter forfattar forfatteren"
        " forfattaren trener trenar treneren trenaren spiller spelar spilleren spelaren mester"
        " meister politiker politikar politikeren mann mannen kvinne rådgiver talsmann advokat"
        " advokaten prest lege jeger kvinna åring åringen"
    ),
    "demonym": "isk iske nsk nske ing ingar inger anar anarar aner",
}
GENITIVE = ("s", "'s", "\u2019s", "'", "\u2019")

LIST_BITS = {kind: 1 << i for i, kind in enumerate(KINDS)}
_ENDING_BITS = {kind: 1 << (len(KINDS) + i) for i, kind in enumerate(ENDINGS)}
# What else is said of a word: it is of several parts, in capitals, listed but with a small letter.
_HYPHEN, _CAPITALS, _LISTED_SMALL = (1 << (len(KINDS) + len(ENDINGS) + i) for i in range(3))
# And what the text has beside it somewhere: a given name before, "i" before, a title before or a
# speech verb beside, an institution after ("Jølster kommune").
_AFTER_GIVEN, _AFTER_I, _BESIDE_PERSON_WORD, _BEFORE_INSTITUTION = (
    _LISTED_SMALL << (1 + i) for i in range(4)
)
WIDTH = _BEFORE_INSTITUTION.bit_length()
_ALL_LISTS = (1 << len(KINDS)) - 1
_GIVEN = LIST_BITS["given"] | LIST_BITS["given_abroad"]
_PERSON_WORD = LIST_BITS["role"] | LIST_BITS["speech"] | _ENDING_BITS["role"]
_INSTITUTION = LIST_BITS["institution_word"] | _ENDING_BITS["municipality"]
_BITS_OF_ENDING: dict[str, int] = {}
for _kind, _endings in ENDINGS.items():
    for _ending in _endings.split():
        _BITS_OF_ENDING[_ending] = _BITS_OF_ENDING.get(_ending, 0) | _ENDING_BITS[_kind]
_LONGEST = max(map(len, _BITS_OF_ENDING))
_CACHE = 50_000  # words whose bits are kept
# The subword vectors are long beside the other features: unscaled they would drown the hints.
VECTOR_SCALE = 0.25
WEIGHT = 2.0

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
        if not bits & _ALL_LISTS:
            bits |= read_names().get(last if last[0].isupper() else first, 0)
    bits |= _find_ending(stem.lower())
    if len(text) > 1 and text.isupper():
        bits |= _CAPITALS
    return bits, stem if is_capital else ""


def _look_beside(words: list[Word], texts: list[str], i: int) -> int:
    """What stands beside the capitalised word ``i``, as bits."""
    found = 0
    if i:
        before, name_before = words[i - 1]
        if name_before:
            if before & _GIVEN:
                found |= _AFTER_GIVEN
            # "statsminister Jens Stoltenberg": the title stands before the given name.
            if i > 1 and words[i - 2][0] & _PERSON_WORD and not words[i - 2][1]:
                found |= _BESIDE_PERSON_WORD
        elif texts[i - 1] == "i":
            found |= _AFTER_I
        elif before & _PERSON_WORD and not before & LIST_BITS["place_word"]:
            found |= _BESIDE_PERSON_WORD
    if i + 1 < len(words):
        after, name_after = words[i + 1]
        if not name_after:
            if after & LIST_BITS["speech"]:
                found |= _BESIDE_PERSON_WORD
            if after & _INSTITUTION:
                found |= _BEFORE_INSTITUTION
    return found


def describe_doc(doc: Doc) -> npt.NDArray[np.int64]:
    """The bits of each token of a text, with what the text has beside each name."""
    texts = [token.text for token in doc]
    words = [describe_word(text) for text in texts]
    beside: dict[str, int] = {}
    for i, (_, stem) in enumerate(words):
        if stem:
            beside[stem] = beside.get(stem, 0) | _look_beside(words, texts, i)
    bits = [own | beside[stem] if stem else own for own, stem in words]
    return np.array(bits, dtype=np.int64)


def _spread(bits: npt.NDArray[np.int64], ops: Any) -> Floats2d:
    columns = np.arange(WIDTH, dtype=np.int64)
    spread: Floats2d = ops.asarray2f(((bits[:, None] >> columns) & 1).astype("float32") * WEIGHT)
    return spread


def _forward(
    model: Model[list[Doc], list[Floats2d]], docs: list[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[Any], list[Doc]]]:
    found = []
    rate = model.attrs["dropout"]
    for doc in docs:
        bits = describe_doc(doc)
        # The lists know the names of the training texts better than those of tomorrow's news, so
        # some texts and some words go without.
        if is_train:
            gone = np.random.random(len(bits)) < (1.0 if np.random.random() < rate else rate)
            bits = np.where(gone, bits & ~_ALL_LISTS, bits)
        found.append(_spread(bits, model.ops))
    return found, lambda _: []


def NameFeatures(dropout: float) -> Model[list[Doc], list[Floats2d]]:
    """A layer without weights: the bits of each token as numbers (tokens x ``WIDTH``)."""
    return Model(
        "name_features", _forward, dims={"nO": WIDTH}, attrs={"dropout": dropout}, params={}
    )


@lru_cache(maxsize=_CACHE)
def _hash_affix(text: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
    small = text.lower()
    return tuple(
        get_string_id(f"p{size}{small[:size]}" if size > 0 else f"s{-size}{small[size:]}")
        for size in sizes
    )


def _affix_forward(
    model: Model[list[Doc], list[Ints2d]], docs: list[Doc], is_train: bool
) -> tuple[list[Ints2d], Callable[[Any], list[Doc]]]:
    sizes = tuple(model.attrs["sizes"])
    found = []
    for doc in docs:
        rows = [_hash_affix(token.text, sizes) for token in doc]
        keys = np.array(rows, dtype="uint64").reshape(len(doc), len(sizes))
        found.append(model.ops.asarray(keys))
    return found, lambda _: []


def AffixFeatures(sizes: list[int]) -> Model[list[Doc], list[Ints2d]]:
    """A layer without weights: hashes of each token's affixes (tokens x ``len(sizes)``, uint64).

    ``sizes`` are numbers of letters, from the beginning, or if negative from the end.
    """
    return Model("affix_features", _affix_forward, attrs={"sizes": sizes})


def _scale_forward(
    model: Model[Floats2d, Floats2d], x: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    factor = model.attrs["factor"]
    return x * factor, lambda d: d * factor


def Scale(factor: float) -> Model[Floats2d, Floats2d]:
    """A layer without weights: numbers times ``factor``."""
    return Model("scale", _scale_forward, attrs={"factor": factor})


def _hash_tables(width: int, rows: list[int], seed: int) -> Model[Any, Any]:
    """One table of learned rows for each column of hashes; their rows side by side."""
    return concatenate(
        *(
            HashEmbed(width, size, column=column, seed=seed + column, dropout=0.0)
            for column, size in enumerate(rows)
        )
    )


@registry.architectures("newsbeam.NameEmbed.v2")
def NameEmbed(
    width: int,
    attrs: list[str],
    rows: list[int],
    affixes: list[int],
    affix_rows: list[int],
    dropout: float,
) -> Model[list[Doc], list[Floats2d]]:
    """spaCy's MultiHashEmbed with static vectors, more affixes, and the layer of names.

    ``affixes`` are sizes as in ``AffixFeatures``. ``dropout`` is the share of training texts, and
    of words in the others, without the lists.
    """
    mixed: Model[Any, Any] = concatenate(
        chain(
            AffixFeatures(affixes), list2ragged(), with_array(_hash_tables(width, affix_rows, 30))
        ),
        chain(FeatureExtractor(attrs), list2ragged(), with_array(_hash_tables(width, rows, 8))),
        chain(StaticVectors(width, dropout=0.0), with_array(Scale(VECTOR_SCALE))),
        chain(NameFeatures(dropout), list2ragged()),
    )
    size = width * (len(rows) + len(affix_rows) + 1) + WIDTH
    output: Model[Any, Any] = with_array(Maxout(width, size, nP=3, dropout=0.0, normalize=True))
    return chain(mixed, output, ragged2list())
