"""How a bare text is laid out: whether a line is a paragraph or a sentence."""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.attributions import AttributionReader
from newsbeam.transforms.enrich.quotes.sentences import Line, Segmentation
from newsbeam.transforms.records import TextLayout
from newsbeam.transforms.text.characters import DASHES, OPENING_MARKS

# Lines that one turn may run over where a line is a sentence.
MAX_TURN_LINES = 14
# A shorter word before a full stop may be an abbreviation that no list has.
_MIN_LAST_LETTERS = 5
# Lines of several sentences, of all: an unknown abbreviation may split a sentence, and marks may
# hold several. No line of the 29 treebank documents of dev has two.
_SPLIT_SHARE = 1 / 8
_SURE_SHARE = 1 / 24
# So many lines without one of several sentences are no page's: there every second or third turn
# has several.
_MANY_LINES = 24


def guess_layout(cut: Segmentation, reader: AttributionReader) -> TextLayout:
    """Tell a text with a line for every sentence, as treebanks and some exports have.

    Such a text has no line of several sentences, and is long or has turns that a clause closes on
    a later line: a short page may have paragraphs of one sentence each, but a turn of its ends
    with its paragraph.
    """
    several = [line for line in cut.lines if line.last_sentence - line.first_sentence > 1]
    turned = any(cut.text[line.start] in DASHES + OPENING_MARKS for line in several)
    sure = sum(_is_surely_split(cut, line) for line in several)
    parted = sum(line.after_blank for line in cut.lines)
    if (
        turned
        or len(several) > _SPLIT_SHARE * len(cut.lines)
        or sure > _SURE_SHARE * len(cut.lines)
        or 2 * parted > len(cut.lines) > 2
    ):
        return "paragraphs"
    if not several and len(cut.lines) >= _MANY_LINES:
        return "sentences"
    return "sentences" if _is_closed_later(cut, reader) else "paragraphs"


def _is_surely_split(cut: Segmentation, line: Line) -> bool:
    """Whether more than a stop that may be an abbreviation's parts a line's sentences."""
    for position in range(line.first_sentence, line.last_sentence - 1):
        sentence = cut.sentences[position]
        words = [token for token in cut.tokens[sentence.first : sentence.last] if token.is_word]
        if cut.text[sentence.end - 1] != "." or not words:
            return True
        if len(words[-1].text) >= _MIN_LAST_LETTERS and words[-1].text.islower():
            return True
    return False


def _is_closed_later(cut: Segmentation, reader: AttributionReader) -> bool:
    """Whether a turn's reporting clause stands on a line behind the one that opens it."""
    reach = 0
    for position, line in enumerate(cut.lines):
        opens = cut.text[line.start] in DASHES + OPENING_MARKS
        if not opens and (position >= reach or line.after_blank):
            continue
        closes = any(
            reader.find_after_speech(sentence.first, sentence.last)
            for sentence in cut.sentences[line.first_sentence : line.last_sentence]
        )
        if closes and not opens:
            return True
        if opens or closes:
            reach = 0 if closes else position + MAX_TURN_LINES
    return False
