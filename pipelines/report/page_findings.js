// What was found in an article: who said what, the names, the lines taken out. Links to speakers and
// names are made by who calls; `heading` is the level of the parts' own headings.

const part = (id, heading, title, ...children) =>
  tag.section({ class: "part", "aria-labelledby": id }, tag[heading]({ id }, title), children);

function quotesPart(article, language, linkSpeaker, heading = "h4") {
  if (!article.q.length) return null;
  const sayings = article.q.map((quote, at) =>
    tag.li(
      { id: `quote-${at}`, tabindex: "-1" },
      tag.blockquote({ lang: language }, wordsOf(spokenWords(article.t, quote))),
      tag.p({ class: "by" }, saidBy(quote, linkSpeaker), showInText(at)),
    ),
  );
  return part(
    "quotes-title",
    heading,
    count(article.q.length, "quote"),
    tag.ol({ class: "sayings" }, sayings),
  );
}

/** What is reported in the paper's own words, with who said it. */
function statementsPart(article, language, linkSpeaker, heading = "h4") {
  if (!article.s.length) return null;
  const items = article.s.map(([start, end, speaker, cue, kind, segments]) =>
    tag.li(
      tag.p({ lang: language }, wordsOf(spokenWords(article.t, [start, end, , , , , segments]))),
      tag.p({ class: "by" }, saidBy([, , speaker, cue, kind], linkSpeaker)),
    ),
  );
  return part(
    "statements-title",
    heading,
    count(article.s.length, "reported statement"),
    tag.ol({ class: "sayings" }, items),
  );
}

/** The words of a quote, without the reporting clause that interrupts them. */
function spokenWords(text, [start, end, , , , , segments]) {
  return segments?.length
    ? segments.map(([from, to]) => text.slice(from, to)).join(" … ")
    : text.slice(start, end);
}

function saidBy([, , speaker, cue, kind, isHeading, , role], linkSpeaker) {
  return [
    speaker ? tag.strong(linkSpeaker(speaker)) : tag.i("Speaker not known"),
    muted(
      role && [wordsOf(role), " · "],
      cue ? ["by “", wordsOf(cue), "”"] : "without a reporting verb",
      isHeading && " · in a heading",
      ` · ${(kind ?? "").replaceAll("_", " ")}`,
    ),
  ];
}

function showInText(at) {
  const show = () => {
    const mark = document.querySelector(`.text [data-quote="${at}"]`);
    mark?.scrollIntoView({ block: "center" });
    mark?.querySelector("button")?.focus({ preventScroll: true });
  };
  return tag.button(
    { type: "button", class: "quiet", onclick: show },
    "Show in the text",
    tag.span({ class: "hidden" }, ` quote ${at + 1}`),
  );
}

function namesPart(article, linkName, heading = "h4") {
  if (!article.e.length) return null;
  const kinds = Object.fromEntries(Object.keys(KIND_TITLES).map((kind) => [kind, new Map()]));
  for (const [, , , name, kind] of article.e) {
    kinds[kind].set(name, (kinds[kind].get(name) ?? 0) + 1);
  }
  const rows = Object.entries(kinds).map(([kind, names]) => [
    tag.span({ class: `name-mark ${kind}` }, KIND_TITLES[kind]),
    names.size > 0 &&
      commas(
        [...names]
          .sort((a, b) => b[1] - a[1])
          .map(([name, times]) => [linkName(name), times > 1 ? ` (${times})` : ""]),
      ),
  ]);
  return part("names-in-title", heading, "Names", factList(rows));
}

/** Lines that were taken out, with the rule that did. */
const removedList = (lines) =>
  tag.ul(
    { class: "removed" },
    lines.map(([rule, text]) => tag.li(tag.code(rule), " ", wordsOf(text))),
  );
