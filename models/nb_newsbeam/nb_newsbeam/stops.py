"""Full stops behind names that end in a digit ("Det skriver E24. Hun ...") as tokens of their own.

spaCy's Scandinavian tokenizers keep them with the digit, as in "2. mai". Where a sentence ends, the
stop is no part of the name: behind letters with digits ("E24."), and behind a number after a
capitalised word ("TV 2.").
"""

from __future__ import annotations

from spacy.tokens import Doc

_IS_NUMBERED: dict[int, bool] = {}  # of a shape of words: a digit and a full stop end it


def split_stops(doc: Doc) -> Doc:
    """Split those tokens in ``doc``, which it returns."""
    shapes = doc.to_array("SHAPE").tolist()
    numbered = [i for i, shape in enumerate(shapes) if _is_numbered(shape, doc)]
    splits = [i for i in numbered if _ends_sentence(doc, i) and _is_name(doc, i)]
    if splits:
        with doc.retokenize() as retokenizer:
            for i in splits:
                parts = [doc[i].text[:-1], "."]
                retokenizer.split(doc[i], parts, heads=[(doc[i], 0), (doc[i], 0)])
    return doc


def _is_numbered(shape: int, doc: Doc) -> bool:
    if shape not in _IS_NUMBERED:
        _IS_NUMBERED[shape] = doc.vocab.strings[shape].endswith("d.")
    return _IS_NUMBERED[shape]


def _ends_sentence(doc: Doc, i: int) -> bool:
    """Whether nothing follows, a line break or dash, or a word with a capital."""
    if i + 1 == len(doc):
        return True
    following = doc[i + 1].text[0]
    return not (following.islower() or following.isdigit() or following in ",;:)")


def _is_name(doc: Doc, i: int) -> bool:
    if any(map(str.isalpha, doc[i].text)):
        return True
    return i > 0 and bool(doc[i - 1].whitespace_) and doc[i - 1].text[0].isupper()
