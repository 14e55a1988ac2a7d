// An article's text with its names, quotes and statements marked. `article` is what report/marks.py packs.

const KIND_TITLES = {
  person: "People",
  organisation: "Organisations",
  place: "Places",
  other: "Other names",
};

/** What the marks mean, with a way to hide them. */
function legend(article, body) {
  const present = new Set(article.e.map(([, , , , kind]) => kind));
  const kinds = Object.keys(KIND_TITLES).filter((kind) => present.has(kind));
  const toggle = (name, label) => {
    const box = tag.input({
      type: "checkbox",
      onchange: () => body.classList.toggle(`no-${name}`, !box.checked),
    });
    box.checked = true;
    return tag.label(box, " ", label);
  };
  if (!kinds.length && !article.q.length && !article.s.length) return null;
  return tag.div(
    { class: "legend", role: "group", "aria-label": "Marks in the text" },
    kinds.length > 0 && [
      toggle("names", "Names"),
      tag.ul(
        kinds.map((kind) => tag.li(tag.span({ class: `name-mark ${kind}` }, KIND_TITLES[kind]))),
      ),
    ],
    article.q.length > 0 && toggle("quotes", tag.span({ class: "quote" }, "Quotes")),
    article.s.length > 0 &&
      toggle("statements", tag.span({ class: "statement" }, "Reported statements")),
  );
}

/** The stretches of what is said, without the clauses that interrupt it. */
const stretches = (said, segmentsOf) =>
  said.flatMap((one, at) => {
    const segments = segmentsOf(one);
    const pieces = segments?.length ? segments : [one];
    return pieces.map(([from, to]) => ({ from, to, at }));
  });

/** The lines of the text as paragraphs and headings with names and what is said marked. */
function textLines(article, heading = "h4") {
  const headings = new Set(article.h.map(([start]) => start));
  const spoken = stretches(article.q, ([, , , , , , segments]) => segments);
  const reported = stretches(article.s, ([, , , , , segments]) => segments);
  const first = new Set();
  const lines = [];
  let start = 0;
  for (const line of article.t.split("\n")) {
    const end = start + line.length;
    const element = tag[headings.has(start) ? heading : "p"]();
    const within = (from, to) => to > start && from < end;
    const names = article.e.filter(([from, to]) => within(from, to));
    const quotes = spoken.filter(({ from, to }) => within(from, to));
    const statements = reported.filter(({ from, to }) => within(from, to));
    const cuts = [
      start,
      end,
      ...names.flatMap(([from, to]) => [from, to]),
      ...[...quotes, ...statements].flatMap(({ from, to }) => [from, to]),
    ].filter((at) => at >= start && at <= end);
    const edges = [...new Set(cuts)].sort((a, b) => a - b);
    let target = element;
    let current = null;
    edges.slice(0, -1).forEach((from, step) => {
      const piece = article.t.slice(from, edges[step + 1]);
      const quote = quotes.find((one) => one.from <= from && from < one.to) ?? null;
      if (quote !== current) {
        current = quote;
        target = element;
        if (quote) {
          target = quoteMark(article.q[quote.at], quote.at, !first.has(quote.at));
          first.add(quote.at);
          element.append(target);
        }
      }
      const name = names.find(([a, b]) => a <= from && from < b);
      const shown = name ? nameMark(name, piece) : piece;
      const said = quote ? null : statements.findLast((one) => one.from <= from && from < one.to);
      add(target, [said ? statementMark(article.s[said.at], shown) : shown]);
    });
    lines.push(element);
    start = end + 1;
  }
  return lines;
}

function nameMark([, , label, name, kind], text) {
  return tag.mark(
    { class: `name-mark ${kind}`, title: `${name} (${label})`, "data-label": label },
    text,
  );
}

function statementMark([, , speaker], shown) {
  const title = `Reported${speaker ? ` of ${speaker}` : ""}, in the paper's own words`;
  return tag.span({ class: "statement", title }, shown);
}

function quoteMark([, , speaker], at, isFirst) {
  const mark = tag.span({
    class: "quote",
    "data-quote": at,
    title: speaker ? `Said by ${speaker}` : "Quote",
  });
  if (isFirst) {
    mark.append(
      tag.button(
        {
          type: "button",
          class: "reference",
          "aria-label": `Quote ${at + 1}: ${speaker ?? "speaker not known"}`,
          onclick: () => document.getElementById(`quote-${at}`).focus(),
        },
        at + 1,
      ),
    );
  }
  return mark;
}
