"""Whose each appearance is, kept up as articles come, change and go.

What is decided is a function of the appearances that there are (and of the corrections), whatever
the order in which they came: every decision reads tallies and other appearances, never how it was
decided before. An update decides anew what the change can have touched, and no more.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from newsbeam.transforms.people.appearances import Appearance
from newsbeam.transforms.people.corrections import Corrections
from newsbeam.transforms.people.forms import Form
from newsbeam.transforms.people.index import Kept, LoneName, PeopleIndex
from newsbeam.transforms.people.links import ESTABLISHED, collect_linked, find_links, group_forms
from newsbeam.transforms.people.lone import NEAR_DAYS, NearNames, find_lone, make_person_id
from newsbeam.transforms.people.namesakes import Namesakes, part_namesakes

# Whom a lone surname means where these weeks tell nothing: somebody who has this share of the
# articles with the surname in full, and is not met ever so rarely beside the lone name. Ours.
_LEAD_SHARE = 0.6
_LONE_PER_FULL = 3


@dataclass(slots=True)
class _Touched:
    """What a change may have touched: new appearances, forms, and words with days on which other
    persons may be meant."""

    fresh: list[Kept] = field(default_factory=list)
    forms: set[Form] = field(default_factory=set)  # with another appearance
    told: set[Form] = field(default_factory=set)  # of which other things are told
    meant: set[tuple[str, int]] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


class PeopleDecider:
    """Decides for all appearances of ``index``, which holds what was decided before."""

    def __init__(self, index: PeopleIndex, corrections: Corrections) -> None:
        self._index = index
        self._corrections = corrections
        self._touched = _Touched()

    def take(
        self,
        articles: Mapping[str, Sequence[Appearance]],
        corrected: Iterable[Form] = (),
    ) -> None:
        """Let these articles have these appearances, none where they are gone, and decide.

        ``corrected`` are forms of which the corrections say something else than before.
        """
        self._touched = _Touched()
        for article in sorted(articles):
            self._swap(article, {a.name: a for a in articles[article]})
        for form in corrected:
            self._touched.told.add(form)
            self._touched.forms.add(form)
        again = self._regroup(self._relink())
        again |= {form for form in corrected if self._is_full(form)}
        again |= self._part(again)
        for form in sorted(again):
            for kept in self._index.list_of_form(form):
                self._assign_full(kept)
        for kept in self._touched.fresh:
            if self._is_full(kept.appearance.form) and kept.appearance.form not in again:
                self._assign_full(kept)
        self._index.flush()
        self._assign_lone(self._list_doubtful(corrected))
        self._index.flush()

    def _is_full(self, form: Form) -> bool:
        return len(form) > 1 or self._corrections.is_named(form)

    # Appearances.

    def _swap(self, article: str, now: Mapping[str, Appearance]) -> None:
        before = self._index.read_article(article)
        for name, kept in before.items():
            if now.get(name) != kept.appearance:
                self._index.touch(article, name)
                self._assign(kept, None, "")
                self._note(kept.appearance, self._index.remove(kept.appearance))
        for name, appearance in now.items():
            if name not in before or before[name].appearance != appearance:
                self._index.touch(article, name)
                self._note(appearance, self._index.add(appearance))
                self._touched.fresh.append(Kept(appearance, None, ""))

    def _note(self, appearance: Appearance, is_told_anew: bool) -> None:
        form = appearance.form
        self._touched.forms.add(form)
        if is_told_anew:
            self._touched.told.add(form)
        if len(form) == 1:
            self._touched.words.add(form[0])

    def _assign(self, kept: Kept, person: str | None, because: str) -> None:
        if (kept.person, kept.because) == (person, because):
            return
        appearance = kept.appearance
        self._index.touch(appearance.article_id, appearance.name)
        self._index.assign(kept, person, because)
        if len(appearance.form) > 1 and kept.person != person:
            self._touched.meant.add((appearance.form[-1], appearance.day))

    # Which forms are one person's.

    def _relink(self) -> set[Form]:
        """Link anew what forms that came, went or are told of otherwise may be linked with;
        returns the forms with other links than before."""
        near: set[Form] = set()
        for form in sorted(self._touched.told):
            if self._is_full(form) or self._index.read_root(form) is not None:
                near |= self._register(form)
        changed: set[Form] = set()
        for form in sorted(near):
            if self._index.read_root(form) is None:
                continue
            links = find_links(form, self._index, self._corrections)
            links = {o: why for o, why in links.items() if self._index.read_root(o) is not None}
            before = self._index.read_links(form)
            for other in sorted(links.keys() | before.keys()):
                if links.get(other) != before.get(other):
                    self._index.set_link(form, other, links.get(other))
                    changed |= {form, other}
        return changed

    def _register(self, form: Form) -> set[Form]:
        """Let the index know whether there is such a form; returns those that this may concern."""
        index = self._index
        near = {form, *self._corrections.list_same(form)}
        is_there = self._is_full(form) and index.find_first(form) is not None
        was_there = index.read_root(form) is not None
        if is_there and not was_there:
            index.set_root(form, (form, ""))
            if len(form) > 1:
                index.add_form(form)
        if len(form) > 1:
            near |= set(index.list_near(form))
        if not is_there and not was_there:
            return near
        if not is_there:
            for other in index.read_links(form):
                index.set_link(form, other, None)
                near.add(other)
                self._touched.forms.add(other)
            if len(form) > 1:
                index.remove_form(form)
            index.set_root(form, None)
            index.swap_note("namesakes", " ".join(form), None)
        if is_there != was_there:
            for at, word in enumerate(form):
                bearers = index.list_bearers(
                    word, 0 if at == 0 else -1 if at == len(form) - 1 else 1
                )
                if ESTABLISHED - 1 <= len(bearers) <= ESTABLISHED:
                    near |= set(bearers)
                    self._touched.words.add(word)
        return near

    def _regroup(self, relinked: Iterable[Form]) -> set[Form]:
        """Tell the groups of linked forms and their roots anew; returns forms with another one."""
        index = self._index
        linked = {
            form
            for form in self._touched.forms
            if (told := index.read_root(form)) is not None
            and (told[0] != form or index.read_links(form))
        }
        waiting = sorted({*relinked, *linked, *filter(self._is_full, self._touched.told)})
        seen: set[Form] = set()
        moved: set[Form] = set()
        for start in waiting:
            if start in seen or index.read_root(start) is None:
                continue
            forms = collect_linked(start, index.read_links)
            seen |= forms
            links = {form: index.read_links(form) for form in forms}
            for group in group_forms(forms, links, self._corrections):
                root = min(group, key=lambda form: (index.find_first(form), form))
                for form in sorted(group):
                    reasons = [why for other, why in links[form].items() if other in group]
                    told = root, "full_name" if form == root else min(reasons)
                    before = index.read_root(form)
                    if before != told:
                        index.set_root(form, told)
                        moved.add(form)
                        if before is not None:  # who stays there are fewer
                            self._touched.forms.add(before[0])
                    if form != root:
                        index.swap_note("namesakes", " ".join(form), None)
        return moved

    def _part(self, moved: Iterable[Form]) -> set[Form]:
        """Tell namesakes anew; returns the forms of which other bearers are told."""
        index = self._index
        roots = {told[0] for form in {*moved, *self._touched.forms}
                 if (told := index.read_root(form)) is not None}  # fmt: skip
        again: set[Form] = set()
        for root in sorted(roots):
            forms = self._list_group(root)
            namesakes = part_namesakes(index.read_traits(forms))
            note = json.dumps(namesakes) if len(set(namesakes.bearers.values())) > 1 else None
            if index.swap_note("namesakes", " ".join(root), note) != note:
                again |= forms
        return again

    def _list_group(self, root: Form) -> set[Form]:
        linked = collect_linked(root, self._index.read_links)
        roots = {form: self._index.read_root(form) for form in linked}
        return {form for form, told in roots.items() if told is not None and told[0] == root}

    def _assign_full(self, kept: Kept) -> None:
        appearance = kept.appearance
        told = self._index.read_root(appearance.form)
        assert told is not None  # there is this appearance of it
        root, because = told
        own = self._corrections.find_own(appearance.form, appearance.source, appearance.article_id)
        if own is not None:
            self._assign(kept, make_person_id(root, own), "correction")
            return
        note = self._index.read_note("namesakes", " ".join(root))
        if note is None:
            self._assign(kept, make_person_id(root), because)
            return
        namesakes = Namesakes(*json.loads(note))
        if appearance.trait is not None:
            bearer, because = namesakes.bearers[appearance.trait], "role"
        else:
            told_here = namesakes.by_source.get(appearance.source, namesakes.otherwise)
            if told_here is None:
                self._assign(kept, None, "namesakes")
                return
            bearer, because = told_here, "source"
        self._assign(kept, make_person_id(root, bearer), because)

    # Whom a lone name means.

    def _list_doubtful(self, corrected: Iterable[Form]) -> list[LoneName]:
        """The lone names whose person may be another one now."""
        index, found = self._index, dict[tuple[str, str], LoneName]()

        def note(word: str, days: tuple[int, int] | None = None) -> None:
            if not self._is_full((word,)):
                found.update(
                    {(lone.article, lone.name): lone for lone in index.list_lone(word, days)}
                )

        for kept in self._touched.fresh:
            if len(kept.appearance.form) == 1:
                note(kept.appearance.form[0], (kept.appearance.day, kept.appearance.day))
        for form in corrected:
            if len(form) == 1:
                note(form[0])
        words = {word for word, _ in self._touched.meant} | self._touched.words
        for word in sorted(words):
            lead = self._find_lead(word)
            if index.swap_note("leads", word, lead) != lead:
                for lone_word in (word, f"{word}s"):
                    note(lone_word)
        spans: list[tuple[str, int, int]] = []
        for word, day in sorted(self._touched.meant):
            if spans and spans[-1][0] == word and day - spans[-1][2] <= 2 * NEAR_DAYS:
                spans[-1] = word, spans[-1][1], day
            else:
                spans.append((word, day, day))
        for word, first, last in spans:
            for lone_word in (word, f"{word}s"):
                note(lone_word, (first - NEAR_DAYS, last + NEAR_DAYS))
        return [found[key] for key in sorted(found)]

    def _find_lead(self, word: str) -> str | None:
        """Whom the word means in the lake at large; empty for one of several, ``None`` for nobody.

        A word before which a ``!`` stands is a first name by itself.
        """
        mark = "!" if self._index.count_bearers(word, 0) >= ESTABLISHED else ""
        counts = Counter({t.value: t.number for t in self._index.read_tallies(f"w {word}")})
        if not counts:
            return mark or None
        (leader, most), *_ = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if most * _LONE_PER_FULL < self._index.count_lone(word):
            return mark or None
        return mark + (leader if most >= _LEAD_SHARE * counts.total() else "?")

    def _assign_lone(self, doubtful: Iterable[LoneName]) -> None:
        by_word: dict[str, list[LoneName]] = defaultdict(list)
        for lone in doubtful:
            by_word[lone.form].append(lone)
        for form, lones in sorted(by_word.items()):
            word, lead = self._read_lead(form)
            days = [lone.day for lone in lones]
            near = NearNames(
                self._index.list_meant(word, min(days) - NEAR_DAYS, max(days) + NEAR_DAYS)
                if lead.removeprefix("!")
                else []
            )
            for lone in sorted(lones, key=lambda one: one.day):
                told = find_lone(lone, lead, near)
                if told != (lone.person, lone.because):
                    self._assign(self._index.read_kept(lone.article, lone.name), *told)

    def _read_lead(self, form: str) -> tuple[str, str]:
        """The word by which a lone name means somebody, and whom it means at large: its own, or
        without the s of a genitive that was left on."""
        lead = self._index.read_note("leads", form) or ""
        if lead in ("", "!") and form.endswith("s"):
            other = (self._index.read_note("leads", form[:-1]) or "").removeprefix("!")
            if other:
                return form[:-1], other
        return form, lead
