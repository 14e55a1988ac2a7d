"""A drafted source, or the trouble with it, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from newsbeam.pipelines.preview.examine import Examination
from newsbeam.pipelines.source.drafting import SourceDraft
from newsbeam.pipelines.source.trouble import Trouble
from newsbeam.pipelines.source.visits import SiteVisit

DraftFields = dict[str, Any]


def draft_to_json(draft: SourceDraft, config: str, written: Path | None) -> DraftFields:
    """The draft with the text of its file; ``written`` is where that was written, if it was."""
    return {
        "url": draft.url,
        "id": draft.source.id,
        "checked_at": draft.checked_at.isoformat(),
        "guesses": {
            name: {"value": guess.value, "why": guess.why, "is_sure": guess.is_sure}
            for name, guess in draft.guesses.items()
        },
        "feeds": [
            {
                "url": one.found.url,
                "kind": one.found.feed.kind,
                "title": one.found.feed.title,
                "entries": len(one.found.feed.entries),
                "newest": one.found.newest.isoformat() if one.found.newest else None,
                "found_by": one.found.found_by,
                "left_out": one.left_out,
            }
            for one in draft.feeds
        ],
        "sample": [_article_to_json(one) for one in draft.examinations],
        "proposals": {
            "prune_xpath": [
                {"xpath": block.xpath, "pages": len(block.taken), "lines": list(block.lines)}
                for block in draft.proposals.blocks
            ],
            "rules": [
                {
                    "name": one.rule.name,
                    "lines": list(one.rule.lines),
                    "pattern": one.rule.pattern,
                    "pages": one.measure.articles,
                    "examples": list(one.measure.examples),
                }
                for one in draft.proposals.lines
            ],
        },
        "remarks": list(draft.remarks),
        "asked": [_visit_to_json(visit) for visit in draft.visits],
        "config": config,
        "written": str(written) if written else None,
        "trouble": None,
    }


def trouble_to_json(trouble: Trouble) -> DraftFields:
    """The trouble, with what to try."""
    return {
        "written": None,
        "trouble": {
            "reason": trouble.reason,
            "detail": trouble.detail,
            "advice": list(trouble.advice),
        },
        "asked": [_visit_to_json(visit) for visit in trouble.visits],
    }


def _article_to_json(one: Examination) -> DraftFields:
    provenance, article = one.document.provenance, one.article
    if article is None:
        rejection = one.rejection
        return {
            "origin": provenance.origin,
            "rejected": {"reason": rejection.reason, "detail": rejection.detail}
            if rejection
            else None,
        }
    metadata = article.metadata
    return {
        "origin": provenance.origin,
        "rejected": None,
        "url": metadata.url,
        "title": metadata.title,
        "published_at": metadata.published_at.isoformat() if metadata.published_at else None,
        "published_at_from": metadata.published_at_from,
        "authors": list(metadata.authors),
        "language": article.language,
        "paywalled": metadata.paywalled,
        "words": len(article.text.split()),
        "quotes": len(article.quotes),
        "entities": len(article.entities),
        "removed": [
            {"rule": line.rule, "text": line.text} for line in one.lines if line.rule is not None
        ],
    }


def _visit_to_json(visit: SiteVisit) -> DraftFields:
    return {"url": visit.url, "why": visit.why, "outcome": visit.outcome, "is_ok": visit.is_ok}
