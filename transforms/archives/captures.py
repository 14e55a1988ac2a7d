"""What an archive keeps of a fetched document beside its body, so that reading it gives the same.

A page in an archive of ours is two records: a ``metadata`` record with this description (JSON),
and right behind it the page, which names the other by ``DESCRIBED_BY``. ``archive`` writes them,
``warc`` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from transforms.encoding import decode_text, normalize_newlines
from transforms.polls.page_requests import (
    dump_json,
    get_text,
    load_json,
    need_text,
    pack_metadata,
    pack_request,
    unpack_metadata,
    unpack_request,
)
from transforms.records import Document, MediaType, PageRequest, Provenance

# A named field of our own (ISO 28500 allows them, without the prefix WARC-): a reader must know
# that a page has a description even where damage took that record.
DESCRIBED_BY = "Newsbeam-Described-By"


@dataclass(frozen=True, slots=True)
class Description:
    """The content of a ``metadata`` record, not yet parsed; ``record_id`` is the record's."""

    record_id: str
    text: bytes


def describe_document(document: Document, request: PageRequest) -> str:
    """Return the description of ``document``, which ``request`` had fetched, as JSON.

    The request is ``provenance.request`` where the document has one, else ``request`` without
    the entry's content.
    """
    provenance = document.provenance
    request_text = provenance.request or pack_request(request, with_content=False)
    described: dict[str, Any] = {
        "key": provenance.key,
        "url": provenance.url,
        "digest": provenance.digest,
        "known_as": provenance.known_as,
        "media_type": document.media_type,
        "charset": document.charset,
        "is_text": isinstance(document.body, str) or None,
        "given": pack_metadata(document.given) or None,
        "hints": pack_metadata(document.hints) or None,
        "request": load_json(request_text),
    }
    return dump_json({name: value for name, value in described.items() if value is not None})


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
    described = load_json(description.text)
    media_type = need_text(described, "media_type")
    if media_type not in get_args(MediaType):
        raise ValueError(f"`media_type` is {media_type!r}")
    request = unpack_request(dump_json(described.get("request", {})))
    is_own = request.source == source
    charset = get_text(described, "charset")
    return Document(
        Provenance(
            source=source,
            key=need_text(described, "key"),
            origin=origin,
            digest=need_text(described, "digest"),
            url=get_text(described, "url"),
            fetched_at=fetched_at,
            known_as=get_text(described, "known_as") if is_own else None,
            request=pack_request(request) if is_own else None,
        ),
        "text/plain" if media_type == "text/plain" else "text/html",
        _restore_body(body, charset, is_page) if described.get("is_text") else body,
        charset,
        unpack_metadata(described.get("given", {})),
        unpack_metadata(described.get("hints", {})),
    )


def _restore_body(body: bytes, charset: str | None, is_page: bool) -> str:
    if not is_page:
        return body.decode("utf-8", "surrogatepass")
    text = decode_text(body, charset)
    if text is None:
        raise ValueError("the body is not text in a known encoding")
    return normalize_newlines(text)
