"""Entities, quotes and statements of plain text: a spaCy pipeline, then the reader of speech."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import entry_points
from threading import Lock
from typing import TYPE_CHECKING

from newsbeam.transforms.enrich.entities import find_entities
from newsbeam.transforms.enrich.quotes import Speech, find_speech
from newsbeam.transforms.records import Entity, Heading, TextLayout
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.text.headings import find_headings

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline

# Components of third-party pipelines whose results nothing here reads.
_UNUSED = ("tagger", "morphologizer", "parser", "lemmatizer", "attribute_ruler", "senter")
# spaCy's own limit for one text: its models need, as it says (E088), about 1 GB of memory for
# every 100,000 code points.
MAX_TEXT_CHARS = 1_000_000
BATCH_SIZE = 32
# A memory zone is the whole process's, and a runner's worker may have several threads.
_ZONE = Lock()


@lru_cache(maxsize=8)
def load_pipeline(name: str) -> Pipeline:
    """The spaCy pipeline ``name`` (a package or a folder), loaded once a process.

    Raises:
        OSError: it is not installed.
    """
    # A pipeline inside another distribution, as nb_newsbeam is in newsbeam, is known by its
    # entry point alone; spacy.load looks for a distribution of that name.
    for entry in entry_points(group="spacy_models", name=name):
        pipeline: Pipeline = entry.load().load(exclude=list(_UNUSED))
        return pipeline
    import spacy  # takes 2 seconds of CPU, in vain where nothing is new

    return spacy.load(name, exclude=list(_UNUSED))


def find_named(texts: Sequence[str], language: Language) -> Iterator[tuple[Entity, ...]]:
    """The entities of each of ``texts``, in order; none where the language has no pipeline.

    Raises:
        ValueError: a text is longer than ``MAX_TEXT_CHARS``.
    """
    if language.pipeline is None:
        yield from (() for _ in texts)
        return
    pipeline = load_pipeline(language.pipeline)
    for start in range(0, len(texts), BATCH_SIZE):
        # Without a zone spaCy keeps every word that it ever saw, and a worker that lives for
        # months grows with them.
        with _ZONE, pipeline.memory_zone():
            docs = pipeline.pipe(texts[start : start + BATCH_SIZE], batch_size=BATCH_SIZE)
            found = [find_entities(doc, language.names, language.quotes) for doc in docs]
        yield from found


def annotate_texts(
    texts: Sequence[str],
    language: Language,
    headings: Iterable[Sequence[Heading] | None] | None = None,
    layouts: Iterable[TextLayout | None] | None = None,
) -> Iterator[tuple[tuple[Entity, ...], Speech]]:
    """Entities and what is said of each of ``texts``, all in ``language``, in order.

    ``headings`` are the known headings of each text, ``layouts`` say what a line of it is;
    ``None`` has either guessed. A language without a pipeline gives no entities, one without a
    quote lexicon neither quotes nor statements.

    Raises:
        ValueError: a text is longer than ``MAX_TEXT_CHARS``.
    """
    found = find_named(texts, language)
    known = headings if headings is not None else (None for _ in texts)
    laid = layouts if layouts is not None else (None for _ in texts)
    for text, entities, lines, layout in zip(texts, found, known, laid, strict=True):
        if language.quotes is None:
            yield entities, Speech()
            continue
        lines = find_headings(text) if lines is None else lines
        yield entities, find_speech(text, language.quotes, entities, lines, layout)
