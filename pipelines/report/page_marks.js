// An article's text with its names and quotes marked.

// The entity models' labels, as four kinds. GPE_ORG: a place that acts.
const LABEL_KINDS = {
  PER: "person",
  PERSON: "person",
  PERS: "person",
  PRS: "person",
  persName: "person",
  ORG: "organisation",
  GPE_ORG: "organisation",
  LOC: "place",
  GPE: "place",
  GPE_LOC: "place",
  FAC: "place",
};
const LABEL_TITLES = {
  person: "People",
  organisation: "Organisations",
  place: "Places",
  other: "Other names",
};
const labelKind = (label) => LABEL_KINDS[label] ?? "other";

/** What the marks mean, with a way to hide them. */
function legend(article, body) {
  const kinds = Object.keys(LABEL_TITLES).filter((kind) =>
    article.e.some(([, , label]) => labelKind(label) === kind),
  );
  const toggle = (name, label) => {
    const box = make("input", {
      type: "checkbox",
      onchange: () => body.classList.toggle(`no-${name}`, !box.checked),
    });
    box.checked = true;
    return make("label", {}, box, " ", label);
  };
  if (!kinds.length && !article.q.length) return null;
  return make(
    "div",
    { class: "legend", role: "group", "aria-label": "Marks in the text" },
    kinds.length > 0 && [
      toggle("names", "Names"),
      make(
        "ul",
        {},
        kinds.map((kind) =>
          make("li", {}, make("span", { class: `name-mark ${kind}` }, LABEL_TITLES[kind])),
        ),
      ),
    ],
    article.q.length > 0 && toggle("quotes", make("span", { class: "quote" }, "Quotes")),
  );
}

/** The lines of the text as paragraphs and headings with names and quotes marked. */
function textLines(article) {
  const headings = new Set(article.h.map(([start]) => start));
  const spoken = article.q.flatMap(([start, end, , , , , segments], at) =>
    (segments?.length ? segments : [[start, end]]).map(([from, to]) => ({ from, to, at })),
  );
  const first = new Set();
  const lines = [];
  let start = 0;
  for (const line of article.t.split("\n")) {
    const end = start + line.length;
    const element = make(headings.has(start) ? "h4" : "p");
    const within = (from, to) => to > start && from < end;
    const names = article.e.filter(([from, to]) => within(from, to));
    const quotes = spoken.filter(({ from, to }) => within(from, to));
    const cuts = [
      start,
      end,
      ...names.flatMap(([from, to]) => [from, to]),
      ...quotes.flatMap(({ from, to }) => [from, to]),
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
      add(target, [name ? nameMark(name, piece) : piece]);
    });
    lines.push(element);
    start = end + 1;
  }
  return lines;
}

function nameMark([, , label, name], text) {
  const kind = labelKind(label);
  return make("mark", { class: `name-mark ${kind}`, title: `${name} (${label})` }, text);
}

function quoteMark([, , speaker], at, isFirst) {
  const mark = make("span", {
    class: "quote",
    "data-quote": at,
    title: speaker ? `Said by ${speaker}` : "Quote",
  });
  if (isFirst) {
    mark.append(
      make(
        "button",
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
