"""What a role tells of who somebody cannot be: the field of life, or the office and its place.

The words are data: endings of roles in the languages of the shipped configurations.
"""

from __future__ import annotations

import re

from newsbeam.transforms.people.forms import fold_word

# The fields in the order in which they are tried, by the endings of folded words. A field holds
# what one and the same person may well do in a few years. Ours.
_FIELDS: dict[str, tuple[str, ...]] = {
    "arts": tuple(
        "skuespiller skodespelar skadespelare musiker musikar sanger songar sangerinne artist "
        "rapper komponist dirigent filmregissor actor actress singer musician schauspieler "
        "schauspielerin".split()
    ),
    "sport": tuple(
        "spiller spelar spelare trener trenar trainer keeper malvakt malmann spiss stopper loper "
        "lopar skihopper skiskytter skiskyttar syklist svommer symjar sprinter alpinist "
        "landslagssjef footballer striker goalkeeper midfielder coach".split()
    ),
    "office": tuple(
        "minister statsrad president ordforar ordforer politiker politikar partileder partileiar "
        "kandidat senator kansler representant kommunestyremedlem byradsleder byrad advokat "
        "professor forsker forskar direktor radmann redaktor statssekretar diplomat ambassador "
        "dronning kong konge kronprins prins kronprinsesse prinsesse biskop borgmester "
        "kommunalrad chancellor mayor kanzler burgermeister".split()
    ),
    "daily": tuple(
        "bonde gardbruker gardbrukar smabruker fisker fiskar snekker snikkar elev student "
        "pensjonist sjafor butikksjef rorlegger elektriker elektrikar frisor tommermann "
        "hjelpepleier farmer pensioner carpenter lantbrukare landmand bauer rentner".split()
    ),
}
# Offices that one person holds in one place at a time: "ordfører i Moss". By their endings.
_HELD = tuple(
    "ordforer ordforar borgmester mayor burgermeister lensmann radmann sokneprest rektor".split()
)
_PLACE = re.compile(r"^(?P<office>[\w-]+) (?:i|in|von|of) (?P<place>[^\W\d_]+)")
_TOKEN = re.compile(r"[^\W\d_]+")
# Words of roles that many persons share who have nothing else in common. Ours.
_COMMON = frozenset(
    "leder leiar leader far mor sonn son datter dotter bror soster syster mann kvinne kone venn "
    "herr fru".split()
)


def plain_role(role: str | None) -> str | None:
    """A role as it is compared: folded, without what many share."""
    words = [fold_word(word) for word in _TOKEN.findall(role or "")]
    plain = " ".join(words)
    return None if not words or plain in _COMMON else plain


def tell_trait(role: str | None) -> str | None:
    """What sets a namesake apart: ``office in place`` for an office that has one, else the field.

    ``None`` where the role tells neither.
    """
    if role is None:
        return None
    held = _PLACE.match(role)
    if held is not None and fold_word(held["office"]).endswith(_HELD):
        return f"{fold_word(held['office'])} in {fold_word(held['place'])}"
    words = [fold_word(word) for word in _TOKEN.findall(role)]
    for field, endings in _FIELDS.items():
        if any(word.endswith(endings) for word in words):
            return field
    return None


def may_be_one(one: str, other: str) -> bool:
    """Whether one person may have both traits at a time. Symmetric."""
    held = " in " in one, " in " in other
    if all(held) or not any(held):
        return one == other
    return (other if held[0] else one) == "office"  # which an office in a place is one of
