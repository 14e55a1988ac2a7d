// One article: its text, who said what, what was taken out, where it came from.

let opening = 0;

async function openArticle(index, before) {
  const panel = document.getElementById("article");
  opening += 1;
  const mine = opening;
  const article = index in articles.title ? await readText(index) : null;
  if (mine !== opening || route.key !== "article") return;
  panel.replaceChildren();
  panel.hidden = false;
  if (!article)
    add(panel, [
      articleBar(index),
      make("h3", { id: "article-title", tabindex: "-1" }, "No such article in this report"),
    ]);
  else add(panel, articleParts(index, article));
  const title = document.getElementById("article-title");
  document.title = visible(`${title.textContent} · ${data.meta.title}`);
  panel.scrollTop = 0;
  if (before || document.activeElement === document.body) {
    title.focus({ preventScroll: true });
    // Beside the list the article stays in sight by itself, but the list has grown shorter.
    const row = document.querySelector("#results [aria-current]");
    if (row?.checkVisibility()) row.scrollIntoView({ block: "center" });
    else panel.scrollIntoView({ block: "start" });
  }
}

function articleBar(index) {
  const { filters } = route;
  const at = found.indexOf(index);
  const step = (to, label) =>
    to === undefined
      ? null
      : inward(
          address("article", to, filters),
          {
            onclick: (event) => {
              event.preventDefault();
              location.replace(address("article", to, filters)); // back leads to the list at once
            },
          },
          label,
        );
  return make(
    "div",
    { class: "bar" },
    make("button", { type: "button", onclick: closeArticle, title: "Escape" }, "← Back"),
    make(
      "span",
      {},
      at > 0 && step(found[at - 1], "← Previous"),
      " ",
      at >= 0 && step(found[at + 1], "Next →"),
    ),
  );
}

function articleParts(index, article) {
  const url = articles.url[index];
  const language = articles.language[index];
  const authors = articles.authors[index];
  const body = make("div", { class: "text", lang: language }, textLines(article));
  const title = articles.title[index];
  return [
    articleBar(index),
    make(
      "p",
      { class: "kicker muted" },
      articleOrigin(index),
      articles.section[index] ? [" · ", wordsOf(articles.section[index])] : null,
    ),
    make(
      "h3",
      { id: "article-title", tabindex: "-1", lang: language },
      title ? wordsOf(title) : "Without a title",
    ),
    make(
      "p",
      { class: "muted" },
      authors.length
        ? ["By ", authors.map((author, at) => [at ? ", " : "", wordsOf(author)]), " · "]
        : null,
      count(articles.words[index], "word"),
      url ? [" · ", outward(url, "Read it at the source")] : null,
    ),
    legend(article, body),
    body,
    quotesPart(article, language),
    namesPart(article),
    storyPart(index),
    removedPart(article),
    factsPart(index, article.m ?? {}),
  ];
}

function quotesPart(article, language) {
  if (!article.q.length) return null;
  return make(
    "section",
    { class: "part", "aria-labelledby": "quotes-title" },
    make("h4", { id: "quotes-title" }, count(article.q.length, "quote")),
    make(
      "ol",
      { class: "sayings" },
      article.q.map((quote, at) => {
        const [, , speaker, cue, kind, isHeading] = quote;
        return make(
          "li",
          { id: `quote-${at}`, tabindex: "-1" },
          make("blockquote", { lang: language }, wordsOf(spokenWords(article.t, quote))),
          make(
            "p",
            { class: "by" },
            speaker
              ? [make("strong", {}, speakerLink(speaker)), " "]
              : make("i", {}, "Speaker not known "),
            make(
              "span",
              { class: "muted" },
              cue ? ["by “", wordsOf(cue), "”"] : "without a reporting verb",
              isHeading ? " · in a heading" : "",
              ` · ${(kind ?? "").replaceAll("_", " ")} `,
            ),
            make(
              "button",
              {
                type: "button",
                class: "quiet",
                onclick: () => {
                  const mark = document.querySelector(`#article .text [data-quote="${at}"]`);
                  mark?.scrollIntoView({ block: "center" });
                  mark?.querySelector("button")?.focus({ preventScroll: true });
                },
              },
              "Show in the text",
              make("span", { class: "hidden" }, ` quote ${at + 1}`),
            ),
          ),
        );
      }),
    ),
  );
}

function namesPart(article) {
  const kinds = { person: new Map(), organisation: new Map(), place: new Map(), other: new Map() };
  for (const [, , label, name] of article.e) {
    const names = kinds[labelKind(label)];
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  if (!article.e.length) return null;
  const link = (name) =>
    namesByName.has(name)
      ? address("articles", null, { name })
      : address("articles", null, { q: `"${name}"` });
  return make(
    "section",
    { class: "part", "aria-labelledby": "names-in-title" },
    make("h4", { id: "names-in-title" }, "Names"),
    make(
      "dl",
      {},
      Object.entries(kinds)
        .filter(([, names]) => names.size)
        .map(([kind, names]) => [
          make("dt", {}, make("span", { class: `name-mark ${kind}` }, LABEL_TITLES[kind])),
          make(
            "dd",
            {},
            [...names]
              .sort((a, b) => b[1] - a[1])
              .map(([name, times], at) => [
                at ? ", " : "",
                inward(link(name), {}, wordsOf(name)),
                times > 1 ? ` (${times})` : "",
              ]),
          ),
        ]),
    ),
  );
}

function storyPart(index) {
  const story = data.stories[articles.story[index] ?? -1];
  const others = story?.articles.filter((other) => other !== index) ?? [];
  if (!others.length) return null;
  return make(
    "section",
    { class: "part", "aria-labelledby": "story-title" },
    make("h4", { id: "story-title" }, "The same text elsewhere"),
    growing(
      make("ul", { class: "brief" }),
      others,
      (other) =>
        make("li", {}, articleLink(other), make("span", { class: "muted" }, articleOrigin(other))),
      10,
    ),
  );
}

function removedPart(article) {
  if (!article.r.length) return null;
  return make(
    "details",
    { class: "part" },
    make("summary", {}, `${count(article.r.length, "line")} taken out by cleaning`),
    make(
      "ul",
      { class: "removed" },
      article.r.map(([rule, text]) => make("li", {}, make("code", {}, rule), " ", wordsOf(text))),
    ),
  );
}

function factsPart(index, more) {
  const published = articles.date[index];
  const rows = [
    ["Source", wordsOf(data.sources[articles.source[index]]?.id ?? "?")],
    [
      "Published",
      [instant(published), more.published_at_from ? `, told by ${more.published_at_from}` : ""],
    ],
    ["Modified", more.modified_at && instant(more.modified_at)],
    ["Fetched", more.fetched_at && instant(more.fetched_at)],
    ["Language", articles.language[index]],
    ["Section", articles.section[index] && wordsOf(articles.section[index])],
    ["Keywords", more.tags?.length && more.tags.map((tag, at) => [at ? ", " : "", wordsOf(tag)])],
    ["Subscribers only", { true: "yes", false: "no" }[articles.paywalled[index]]],
    ["Revision", articles.revision[index]],
    ["Address", articles.url[index] && outward(articles.url[index], wordsOf(articles.url[index]))],
    ["Picture", more.image_url && outward(more.image_url, wordsOf(more.image_url))],
    ["Read from", more.origin && wordsOf(more.origin)],
    ["Article id", more.id && make("code", {}, more.id)],
  ];
  return make(
    "details",
    { class: "part" },
    make("summary", {}, "About this article"),
    make(
      "dl",
      { class: "facts" },
      rows
        .filter(([, value]) => value)
        .map(([label, value]) => [
          make("dt", {}, label),
          make("dd", {}, String(value) === value ? value : [value]),
        ]),
    ),
  );
}
