// What came in, and what is in it, at a glance.

function drawOverview(section) {
  const { totals } = data.meta;
  const tiles = [
    ["articles", totals.articles, address("articles")],
    ["sources", totals.sources, null],
    ["words", totals.words, null],
    ["quotes", totals.quotes, address("speakers")],
    ["names found", totals.entities, address("names")],
    ["stories in several papers", totals.stories, address("stories")],
    ["rejects", totals.rejects, address("health")],
  ].filter(([, value]) => value !== undefined);
  add(section, [
    sectionHead("overview", "Overview"),
    make(
      "ul",
      { class: "tiles" },
      tiles.map(([label, value, to]) => {
        const inside = [make("b", {}, number(value)), make("span", {}, label)];
        return make("li", {}, to ? inward(to, {}, inside) : make("div", {}, inside));
      }),
    ),
    chartFigure(data.charts.articles_per_day),
    make(
      "div",
      { class: "columns" },
      make(
        "div",
        {},
        make("h3", {}, "Newest articles"),
        newestArticles(),
        make("p", {}, inward(address("articles"), {}, "All articles")),
      ),
      make(
        "div",
        {},
        make("h3", {}, "Most quoted"),
        mostQuoted(),
        make("p", {}, inward(address("speakers"), {}, "All speakers")),
      ),
    ),
    make("h3", {}, "Sources"),
    sourcesTable(),
  ]);
}

function newestArticles() {
  if (!articleCount) return make("p", { class: "muted" }, "No articles yet.");
  const indices = Array.from({ length: Math.min(8, articleCount) }, (_, index) => index);
  return make(
    "ul",
    { class: "brief" },
    indices.map((index) =>
      make("li", {}, articleLink(index), make("span", { class: "muted" }, articleOrigin(index))),
    ),
  );
}

function mostQuoted() {
  const most = data.speakers.slice(0, 8);
  if (!most.length) return make("p", { class: "muted" }, "Nobody is quoted yet.");
  return make(
    "ol",
    { class: "brief ranked" },
    most.map((speaker) =>
      make(
        "li",
        {},
        speakerLink(speaker.name),
        make("span", { class: "muted" }, count(speaker.quotes, "quote")),
        meter(speaker.quotes / most[0].quotes),
      ),
    ),
  );
}

/** A bar beside a number that says the same. */
function meter(share) {
  const bar = make("span", { class: "meter", "aria-hidden": "true" });
  bar.style.setProperty("--share", Math.max(0, Math.min(1, share || 0)));
  return bar;
}

function sourcesTable() {
  const rows = data.sources.map((source) => [
    inward(address("articles", null, { source: source.id }), {}, wordsOf(source.id)),
    source.articles,
    source.words,
    Math.round(source.median_words),
    source.quotes,
    day(source.first),
    day(source.last),
  ]);
  return table(
    "Sources",
    ["source", "articles", "words", "median words", "quotes", "first", "last"],
    rows,
  );
}

/** The link to an article, kept apart by its index for the way back. */
function articleLink(index, filters = {}) {
  const title = articles.title[index];
  return inward(
    address("article", index, filters),
    { "data-article": index },
    title ? wordsOf(title) : make("i", {}, "Without a title"),
  );
}

function articleOrigin(index) {
  const source = wordsOf(data.sources[articles.source[index]]?.id ?? "?");
  return articles.date[index] ? [source, " · ", day(articles.date[index])] : [source];
}
