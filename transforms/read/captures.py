"""What an archive keeps of a fetched document beside its body, so that reading it gives the same.

A page in an archive of ours is two records: a ``metadata`` record with this description (JSON),
and right behind it the page, which names the other by ``DESCRIBED_BY``. ``archive`` writes them,
``warc`` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsbeam.transforms.packing import drop_content, pack, pack_request, unpack, unpack_request
from newsbeam.transforms.records import Document, MediaType, Metadata, PageRequest, Provenance
from newsbeam.transforms.text.encoding import decode_text, normalize_newlines

# A named field of our own (ISO 28500 allows them, without the prefix WARC-): a reader must know
# that a page has a description even where damage took that record.
DESCRIBED_BY = "Newsbeam-Described-By"
_NOTHING = Metadata()


@dataclass(frozen=True, slots=True)
class Description:
    """The content of a ``metadata`` record, not yet parsed; ``record_id`` is the record's."""

    record_id: str
    text: bytes


@dataclass(frozen=True, slots=True)
class _Described:
    """What a description says; ``is_text`` where the document's body was text, not bytes."""

    key: str
    digest: str
    media_type: MediaType
    request: PageRequest
    url: str | None = None
    known_as: str | None = None
    charset: str | None = None
    is_text: bool = False
    given: Metadata = _NOTHING
    hints: Metadata = _NOTHING


def describe_document(document: Document, request: PageRequest) -> str:
    """Return the description of ``document``, which ``request`` had fetched, as JSON.

    The request is ``provenance.request`` where the document has one, else ``request`` without
    the entry's content.
    """
    provenance = document.provenance
    packed = provenance.request
    return pack(
        _Described(
            key=provenance.key,
            digest=provenance.digest,
            media_type=document.media_type,
            request=drop_content(request) if packed is None else unpack_request(packed),
            url=provenance.url,
            known_as=provenance.known_as,
            charset=document.charset,
            is_text=isinstance(document.body, str),
            given=document.given,
            hints=document.hints,
        )
    )


def restore_document(
    description: Description,
    body: bytes,
    *,
    source: str,
    origin: str,
    fetched_at: datetime | None,
    is_page: bool,
) -> Document:
    """Return the document that was archived, with ``origin`` in place of where it came from.

    ``is_page`` says whether ``body`` is what a server answered; else it is a feed's own content.
    In an archive that is read as another source's, what belongs to the first one's lake (the id
    of the document there, the request) is left out.

    Raises:
        ValueError: the description is not one of ours; the message tells why.
    """
    described = unpack(_Described, description.text)
    is_own = described.request.source == source
    return Document(
        Provenance(
            source=source,
            key=described.key,
            origin=origin,
            digest=described.digest,
            url=described.url,
            fetched_at=fetched_at,
            known_as=described.known_as if is_own else None,
            request=pack_request(described.request) if is_own else None,
            is_part=described.request.entry.part is not None,
        ),
        described.media_type,
        _restore_body(body, described.charset, is_page) if described.is_text else body,
        described.charset,
        described.given,
        described.hints,
    )


def _restore_body(body: bytes, charset: str | None, is_page: bool) -> str:
    if not is_page:
        return body.decode("utf-8", "surrogatepass")
    text = decode_text(body, charset)
    if text is None:
        raise ValueError("the body is not text in a known encoding")
    return normalize_newlines(text)
