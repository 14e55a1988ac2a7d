"""Gather every annotated corpus as tokens with tags, and hold out files of the treebank.

What comes out is one JSON a document: ``lang``, ``labels`` (the name of the label set), ``words``,
``spaces`` (whether a space follows) and ``tags`` in BILUO, ``-`` where nothing is said. Tokens are
those of the pipeline's tokenizer, line breaks among them.

The held-out files are groups of source chunks (``ap009_0000`` to ``ap009_0008`` are one) that share
few names with the rest, because dev shares more of its names with train than tomorrow's news does.
What was translated from them is left out of the Danish and Swedish corpora too.
"""

from __future__ import annotations

import json
import lzma
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import spacy
from convert import (
    Annotation,
    Sentence,
    choose_style,
    group_sentence,
    join_sentence,
    make_doc,
    read_chunk,
)
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import offsets_to_biluo_tags

HELD_OUT = 0.08  # of the words of a standard
LARGEST = 0.04  # of the words in one group of files
FEWEST_NAMES = 25  # in a group
NEWSPAPERS = ("ap", "bt", "db", "kk", "vg", "dot", "firda", "vtb")  # what files' names begin with
SHUFFLED = frozenset({"da-train", "sv-train"})  # sentences that stand in no order
UNSURE = "UNSURE"  # an annotation that corpora give at random: its words count as not annotated

Chunk = tuple[str, list[Sentence]]


def read_named_chunk(path: Path) -> Iterator[Chunk]:
    """Yield the name of each source chunk of a treebank file and its sentences."""
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        lines = stream.readlines()
    names = [line.partition("=")[2].strip() for line in lines if line.startswith("# file")]
    yield from zip(names, read_chunk(lines), strict=True)


def read_rows(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield the last ``# file =`` or ``# doc =`` and the columns of each sentence."""
    source, rows = "", []
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(("# file", "# doc")):
                source = line.partition("=")[2].strip()
            elif line.strip() and not line.startswith("# "):
                rows.append(line.rstrip("\n").split("\t"))
            elif not line.strip() and rows:
                yield source, rows
                rows = []
    if rows:
        yield source, rows


def choose_tag(columns: list[str], kind: str) -> str:
    """The tag of a row in one of the Danish and Swedish files; ``B-UNSURE`` for no say.

    Danish compounds with a name ("SID-huset") and Swedish "Polisen" are annotated now and then.
    """
    if kind.endswith("-from-nb"):
        return columns[3]
    if kind == "da-train" and columns[3].endswith("part"):
        return f"B-{UNSURE}"
    if kind == "sv-train" and columns[0] in {"Polisen", "polisen"}:
        return f"B-{UNSURE}"
    return columns[1]


def join_rows(rows: list[list[str]], kind: str) -> tuple[str, list[Annotation]]:
    """A sentence with its own spacing, and its entities as character spans."""
    text, entities = "", []
    for columns in rows:
        tag = choose_tag(columns, kind)
        if tag.startswith("I-") and entities and entities[-1][2] == tag[2:]:
            entities[-1] = (entities[-1][0], len(text) + len(columns[0]), tag[2:])
        elif tag != "O":
            entities.append((len(text), len(text) + len(columns[0]), tag[2:]))
        text += columns[0] + ("" if columns[2] == "SpaceAfter=No" else " ")
    return text.rstrip(), entities


def join_document(
    sentences: Iterable[tuple[str, list[Annotation]]], chance: random.Random
) -> tuple[str, list[Annotation]]:
    """Sentences one after the other, with a line break after some."""
    text, entities = "", []
    for piece, found in sentences:
        entities += [(len(text) + start, len(text) + end, label) for start, end, label in found]
        text += piece + ("\n" if chance.random() < 0.2 else " ")
    return text.rstrip(), entities


def write_doc(doc: Doc, lang: str, labels: str) -> str:
    """The document as one line of JSON."""
    entities = [(e.start_char, e.end_char, e.label_) for e in doc.ents if e.label_ != UNSURE]
    tags = offsets_to_biluo_tags(doc, entities)
    silent = {t.i for t in doc if t.ent_iob == 0}
    silent |= {token.i for e in doc.ents if e.label_ == UNSURE for token in e}
    row = {
        "lang": lang,
        "labels": labels,
        "words": [token.text for token in doc],
        "spaces": [bool(token.whitespace_) for token in doc],
        "tags": ["-" if i in silent else tag for i, tag in enumerate(tags)],
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


def name_sentence(sentence: Sentence) -> Iterator[str]:
    """The names of a sentence as they stand."""
    words: list[str] = []
    for token, tag in zip((*sentence.tokens, ""), (*sentence.tags, "O"), strict=True):
        if words and not tag.startswith("I-"):
            yield " ".join(words)
            words = []
        if tag != "O":
            words.append(token)


def choose_held_out(chunks: list[Chunk]) -> list[str]:
    """Names of the groups of files to hold out: those that share the fewest names with the rest."""
    names: dict[str, Counter[str]] = defaultdict(Counter)
    words: Counter[str] = Counter()
    for name, sentences in chunks:
        group = name.rpartition("_")[0]
        for sentence in sentences:
            names[group].update(name_sentence(sentence))
            words[group] += len(sentence.tokens)
    groups_of_name = Counter(name for found in names.values() for name in found)
    total = words.total()

    def share_seen(group: str) -> float:
        seen = sum(n for name, n in names[group].items() if groups_of_name[name] > 1)
        return seen / max(1, names[group].total())

    chosen: list[str] = []
    per_source: Counter[str] = Counter()
    held = 0
    for group in sorted(names, key=lambda group: (share_seen(group), group)):
        source = group.partition("0")[0]
        fits = words[group] < LARGEST * total and held + words[group] < 1.05 * HELD_OUT * total
        is_news = source.removesuffix("-nn") in NEWSPAPERS
        if fits and is_news and names[group].total() >= FEWEST_NAMES and per_source[source] < 2:
            chosen.append(group)
            per_source[source] += 1
            held += words[group]
    return sorted(chosen)


def gather_treebank(nlp: Language, folder: Path, out: Path, seed: str) -> set[str]:
    """Write train, held-out and dev of both Norwegian standards; return the groups held out."""
    report: dict[str, dict[str, object]] = {}
    all_held: set[str] = set()
    for lang in ("nb", "nn"):
        chance = random.Random(f"{seed} {lang}")
        chunks = list(read_named_chunk(folder / f"{lang}-train.ndt.conll.xz"))
        held = set(choose_held_out(chunks))
        all_held |= held
        known: set[str] = set()
        mentions: list[str] = []
        lines: dict[bool, list[str]] = {False: [], True: []}
        for name, sentences in chunks:
            is_held = name.rpartition("_")[0] in held
            found = [n for sentence in sentences for n in name_sentence(sentence)]
            known.update(() if is_held else found)
            mentions += found if is_held else []
            style = choose_style(chance)
            for group in group_sentence(sentences, chance):
                doc, _ = make_doc(nlp, *join_sentence(group, style, chance))
                lines[is_held].append(write_doc(doc, lang, "norne"))
        (out / f"{lang}-train.jsonl").write_text("".join(lines[False]), encoding="utf-8")
        (out / f"{lang}-heldout.jsonl").write_text("".join(lines[True]), encoding="utf-8")
        report[lang] = {
            "groups": sorted(held),
            "documents": len(lines[True]),
            "names": len(mentions),
            "names_also_in_train": sum(name in known for name in mentions),
        }
        gather_dev(nlp, folder, out, lang, "norne")
    (out.parent / "heldout.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    print(json.dumps(report))
    return all_held


def gather_dev(nlp: Language, folder: Path, out: Path, lang: str, labels: str) -> None:
    """Write a language's dev set; ignored spans and parts count as not annotated."""
    with (folder / f"{lang}-dev.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    with (out / f"{lang}-dev.jsonl").open("w", encoding="utf-8") as stream:
        for row in rows:
            entities = [
                (e["start"], e["end"], UNSURE if e.get("part") else e["label"])
                for e in row["entities"]
            ]
            entities += [(e["start"], e["end"], UNSURE) for e in row.get("ignore", ())]
            stream.write(write_doc(make_doc(nlp, row["text"], entities)[0], lang, labels))


def gather_rows(nlp: Language, folder: Path, out: Path, kind: str, held: set[str]) -> None:
    """Write one of the Danish and Swedish training files as documents of running text.

    Neighbouring sentences make a document where the corpus keeps their order; where it shuffles
    them, documents are shorter.
    """
    lang = kind[:2]
    labels = {"sv-train": "klintan"}.get(kind, "norne" if kind.endswith("nb") else "uner")
    chance = random.Random(kind)
    count = lost = 0
    target = {"sv-talbanken-train": "sv-talbanken"}.get(kind, kind)
    with (out / f"{target}.jsonl").open("w", encoding="utf-8") as stream:
        group: list[tuple[str, list[Annotation]]] = []
        words, limit, last = 0, chance.randint(40, 250), ""
        for source, rows in [*read_rows(folder / f"{kind}.conll.xz"), ("", [])]:
            is_end = chance.random() < 0.25 if kind in SHUFFLED else source != last
            if group and (words >= limit or is_end or not rows):
                doc, unaligned = make_doc(nlp, *join_document(group, chance))
                stream.write(write_doc(doc, lang, labels))
                count, lost = count + len(doc.ents), lost + unaligned
                group, words, limit = [], 0, chance.randint(40, 250)
            last = source
            if rows and source.rpartition("_")[0] not in held:
                group.append(join_rows(rows, kind))
                words += len(rows)
    print(f"{kind}: {count} entities, {lost} not on tokens")


def main(base: str, source: str, target: str, seed: str = "1") -> None:
    """Write ``target``/gold/*.jsonl and ``target``/heldout.json from the folder ``source``."""
    nlp = spacy.load(base)
    folder, out = Path(source), Path(target) / "gold"
    out.mkdir(parents=True, exist_ok=True)
    held = gather_treebank(nlp, folder, out, seed)
    for kind in ("da-train", "da-from-nb", "sv-train", "sv-talbanken-train", "sv-from-nb"):
        gather_rows(nlp, folder, out, kind, held)
    gather_dev(nlp, folder, out, "da", "uner")
    gather_dev(nlp, folder, out, "sv", "klintan")


if __name__ == "__main__":
    main(*sys.argv[1:])
