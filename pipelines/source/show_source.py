"""A drafted source, and what stands in the way of one, for people."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from newsbeam.pipelines.preview.examine import Examination
from newsbeam.pipelines.source.drafting import SourceDraft
from newsbeam.pipelines.source.feed_choice import JudgedFeed
from newsbeam.pipelines.source.source_file import describe_feed
from newsbeam.pipelines.source.trouble import Trouble
from newsbeam.pipelines.source.visits import SiteVisit
from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.text.counts import show_count

_LONGEST_LINE = 100
_MOST_LINES = 6


def show_draft(draft: SourceDraft, output: Console) -> None:
    """Print the feeds, the sample article by article, the guesses and the remarks."""
    output.print(Text("Feeds", style="bold"))
    for feed in draft.feeds:
        _print(output, _tell_feed(feed), "" if feed.left_out is None else "dim")
    output.print()
    output.print(Text("Sample", style="bold"))
    for place, one in enumerate(draft.examinations, start=1):
        _show_article(place, one, draft, output)
    output.print()
    output.print(Text("Settings", style="bold"))
    for name, guess in draft.guesses.items():
        sure = "" if guess.is_sure else "a guess: "
        _print(output, f"  {name}: {guess.value}  ({sure}{guess.why})")
    for block in draft.proposals.blocks:
        _print(output, f"  proposed prune_xpath: {block.xpath}", "yellow")
    for proposal in draft.proposals.lines:
        _print(output, f"  proposed rule: {proposal.rule.name}", "yellow")
    for remark in draft.remarks:
        _print(output, f"  ! {remark}", "yellow")


def show_trouble(trouble: Trouble, errors: Console) -> None:
    """Print why there is no source, what was asked, and what to try."""
    _print(errors, f"newsbeam: no source: {trouble.reason}: {trouble.detail}", "red")
    if trouble.visits:
        _print(errors, "What was asked:")
        for visit in trouble.visits:
            _print(errors, f"  {_tell_visit(visit)}")
    if trouble.advice:
        _print(errors, "What to try:")
        for advice in trouble.advice:
            _print(errors, f"  - {advice}")


def _tell_feed(one: JudgedFeed) -> str:
    words = describe_feed(one.found)
    left = "" if one.left_out is None else f" — left out: {one.left_out}"
    return f"  {one.found.url} ({words}){left}"


def _tell_visit(visit: SiteVisit) -> str:
    outcome = visit.outcome.removeprefix(f"{visit.url}: ")
    return f"{visit.url} ({visit.why}): {outcome}"


def _show_article(place: int, one: Examination, draft: SourceDraft, output: Console) -> None:
    article = one.article
    if article is None:
        reason = one.rejection.reason if one.rejection else "?"
        _print(output, f" {place}. no article: {reason}", "red")
        _print(output, f"    {one.document.provenance.origin}", "dim")
        return
    metadata = article.metadata
    _print(output, f" {place}. {metadata.title or 'no title'}", "bold")
    at = metadata.published_at
    told = [
        f"{at:%Y-%m-%d %H:%M %Z} ({metadata.published_at_from})" if at else "no date",
        ", ".join(metadata.authors) or "no authors",
        show_count(len(article.text.split()), "word"),
        show_count(len(article.quotes), "quote"),
        show_count(len(article.entities), "name"),
        article.language,
    ]
    if metadata.paywalled:
        told.append("paywalled")
    _print(output, f"    {' · '.join(told)}")
    _print(output, f"    {metadata.url or one.document.provenance.origin}", "dim")
    removed = [(line.rule, line.text) for line in one.lines if line.rule is not None]
    proposed = {proposal.rule.name for proposal in draft.proposals.lines} | {"prune_xpath"}
    # What is proposed first: that is what is to be decided.
    removed.sort(key=lambda pair: pair[0] not in proposed)
    for rule, text in removed[:_MOST_LINES]:
        mark = "proposed " if rule in proposed else ""
        _print(output, f"    − {mark}{rule}: {_shorten(text)}", "yellow" if mark else "dim")
    if len(removed) > _MOST_LINES:
        _print(output, f"    − … and {show_count(len(removed) - _MOST_LINES, 'more line')}", "dim")


def _print(output: Console, text: str, style: str = "") -> None:
    output.print(Text(show_safe(text), style=style), soft_wrap=True)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"
