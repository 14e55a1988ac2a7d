"""Turn NorNE into running text with entities, as the pipeline will meet it.

The training files hold tokens without spacing. Spaces follow from punctuation; quotation marks and
dashes, which the treebank unified, get back the variety of real pages; sentences that follow one
another in a source chunk become documents of a paragraph to a short article.
"""

from __future__ import annotations

import json
import lzma
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import spacy
from nb_newsbeam.stops import split_stops
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import filter_spans

HEADLINE_END = "|"
ATTACH_LEFT = frozenset({".", ",", ":", ";", "?", "!", ")", "]", "...", "..", "»", "”"})
ATTACH_RIGHT = frozenset({"(", "[", "«", "“"})
ATTACH_BOTH = frozenset({"/"})

# How Norwegian news pages quote and dash, roughly by how often they do so.
QUOTES = (("«", "»", 8), ('"', '"', 2), ("”", "”", 1))
DASHES = (("-", 1), ("–", 1))
WORDS_A_DOCUMENT = (40, 250)
NEWLINE_AFTER_HEADLINE = 0.5
NEWLINE_AFTER_SENTENCE = 0.2


@dataclass(frozen=True)
class Sentence:
    """Tokens with their IOB tags (``B-PER``), and whether a headline's bar followed them."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    is_headline: bool = False


@dataclass(frozen=True)
class Style:
    """The marks that one source chunk uses."""

    opening: str
    closing: str
    dash: str


Annotation = tuple[int, int, str]


def read_chunk(lines: Iterable[str]) -> Iterator[list[Sentence]]:
    """Yield the sentences of each source chunk (``# file =``) of a CoNLL file in order."""
    chunk: list[Sentence] = []
    rows: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith("# file"):
            if chunk:
                yield chunk
            chunk = []
        elif line.strip() and not line.startswith("#"):
            columns = line.rstrip("\n").split("\t")
            rows.append((columns[1], columns[-1].rpartition("name=")[2]))
        elif not line.strip() and rows:
            chunk.append(_make_sentence(rows))
            rows = []
    if rows:
        chunk.append(_make_sentence(rows))
    if chunk:
        yield chunk


def _make_sentence(rows: list[tuple[str, str]]) -> Sentence:
    is_headline = rows[-1][0] == HEADLINE_END
    kept = [row for row in rows if row[0] != HEADLINE_END]
    return Sentence(tuple(t for t, _ in kept), tuple(g for _, g in kept), is_headline)


def detokenize(sentence: Sentence, style: Style) -> tuple[str, list[Annotation]]:
    """Return the sentence as text and its entities as character spans (start, end, label)."""
    text, entities = "", []
    glue, is_open = True, False
    for index, (token, tag) in enumerate(zip(sentence.tokens, sentence.tags, strict=True)):
        attach_left, attach_right = token in ATTACH_LEFT, token in ATTACH_RIGHT
        if token in ATTACH_BOTH:
            attach_left = attach_right = True
        elif token == '"':
            # A single mark in a sentence closes when nothing but punctuation follows it.
            rest = set(sentence.tokens[index + 1 :])
            closes = is_open or (index > 0 and rest <= ATTACH_LEFT)
            attach_left, attach_right, is_open = closes, not closes, not closes
            token = style.closing if closes else style.opening
        elif token in {"«", "»"}:
            token = style.opening if token == "«" else style.closing
        elif token == "-":
            token = style.dash
        if text and not (glue or attach_left):
            text += " "
        if tag.startswith("B-"):
            entities.append((len(text), len(text) + len(token), tag[2:]))
        elif tag.startswith("I-") and entities:
            start, _, label = entities[-1]
            entities[-1] = (start, len(text) + len(token), label)
        text += token
        glue = attach_right
    return text, entities


def group_sentence(chunk: list[Sentence], chance: random.Random) -> Iterator[list[Sentence]]:
    """Cut a source chunk into documents of a random number of words, at sentence ends."""
    document: list[Sentence] = []
    words, limit = 0, chance.randint(*WORDS_A_DOCUMENT)
    for sentence in chunk:
        document.append(sentence)
        words += len(sentence.tokens)
        if words >= limit and not sentence.is_headline:
            yield document
            document, words, limit = [], 0, chance.randint(*WORDS_A_DOCUMENT)
    if document:
        yield document


def join_sentence(
    document: list[Sentence], style: Style, chance: random.Random
) -> tuple[str, list[Annotation]]:
    """Return a document's text, with a line break here and there, and its entities."""
    text, entities = "", []
    for sentence in document:
        piece, found = detokenize(sentence, style)
        entities += [(len(text) + start, len(text) + end, label) for start, end, label in found]
        rate = NEWLINE_AFTER_HEADLINE if sentence.is_headline else NEWLINE_AFTER_SENTENCE
        text += piece + ("\n" if chance.random() < rate else " ")
    return text.rstrip(), entities


def choose_style(chance: random.Random) -> Style:
    opening, closing, _ = chance.choices(QUOTES, [weight for *_, weight in QUOTES])[0]
    dash, _ = chance.choices(DASHES, [weight for _, weight in DASHES])[0]
    return Style(opening, closing, dash)


def make_doc(nlp: Language, text: str, entities: list[Annotation]) -> tuple[Doc, int]:
    """Return the tokenized document and how many entities end inside a token.

    The tokens of such an entity count as not annotated, neither right nor wrong.
    """
    doc = split_stops(nlp.make_doc(text))
    spans, missing = [], []
    for start, end, label in entities:
        span = doc.char_span(start, end, label=label)
        if span is None:
            missing.append(doc.char_span(start, end, label=label, alignment_mode="expand"))
        else:
            spans.append(span)
    taken = {token.i for span in spans for token in span}
    missing = filter_spans(s for s in missing if not taken & {token.i for token in s})
    doc.set_ents(spans, missing=missing, default="outside")
    return doc, len(entities) - len(spans)


def main(base: str, source: str, target: str, seed: str) -> None:
    """Write train.spacy, dev.spacy and train.txt (for the vectors) to the folder ``target``."""
    nlp = spacy.load(base)
    folder, out = Path(source), Path(target)
    out.mkdir(parents=True, exist_ok=True)
    token_lines = []
    train, dev = DocBin(attrs=["ENT_IOB", "ENT_TYPE"]), DocBin(attrs=["ENT_IOB", "ENT_TYPE"])
    for language in ("nb", "nn"):
        chance = random.Random(f"{seed} {language}")
        count = lost = documents = 0
        with lzma.open(folder / f"{language}-train.ndt.conll.xz", "rt", encoding="utf-8") as lines:
            for chunk in read_chunk(lines):
                style = choose_style(chance)
                for document in group_sentence(chunk, chance):
                    doc, unaligned = make_doc(nlp, *join_sentence(document, style, chance))
                    train.add(doc)
                    token_lines.append(" ".join(t.text for t in doc if not t.is_space))
                    documents, count, lost = documents + 1, count + len(doc.ents), lost + unaligned
        print(f"{language} train: {documents} documents, {count} entities, {lost} not on tokens")
        with (folder / f"{language}-dev.jsonl").open(encoding="utf-8") as lines:
            count = lost = 0
            for line in lines:
                row = json.loads(line)
                entities = [(e["start"], e["end"], e["label"]) for e in row["entities"]]
                doc, unaligned = make_doc(nlp, row["text"], entities)
                dev.add(doc)
                count, lost = count + len(doc.ents), lost + unaligned
        print(f"{language} dev: {count} entities, {lost} not on tokens")
    train.to_disk(out / "train.spacy")
    dev.to_disk(out / "dev.spacy")
    (out / "train.txt").write_text("\n".join(token_lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
