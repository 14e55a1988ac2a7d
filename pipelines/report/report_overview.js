// What came in, and what is in it, at a glance.

function drawOverview(section) {
  const { totals } = data.meta;
  const tiles = [
    [["article", "articles"], totals.articles, address("articles")],
    [["source", "sources"], totals.sources, null],
    [["word", "words"], totals.words, null],
    [["quote", "quotes"], totals.quotes, address("speakers")],
    [["name found", "names found"], totals.entities, address("names")],
    [["story in several papers", "stories in several papers"], totals.stories, address("stories")],
    [["reject", "rejects"], totals.rejects, address("health")],
  ].filter(([, value]) => value !== undefined);
  add(section, [
    sectionHead("overview", "Overview"),
    tag.ul(
      { class: "tiles" },
      tiles.map(([[one, many], value, to]) => {
        const inside = [tag.b(number(value)), tag.span(value === 1 ? one : many)];
        return tag.li(to ? inward(to, inside) : tag.div(inside));
      }),
    ),
    healthNotice(),
    chartFigure(data.charts.articles_per_day),
    tag.div(
      { class: "columns" },
      tag.div(
        tag.h3("Newest articles"),
        newestArticles(),
        tag.p(inward(address("articles"), "All articles")),
      ),
      tag.div(
        tag.h3("Most quoted"),
        mostQuoted(),
        tag.p(inward(address("speakers"), "All speakers")),
      ),
    ),
    tag.h3("Sources"),
    sourcesTable(),
  ]);
}

/** How many feeds and sources are in trouble, and in which; nothing where all is well. */
function healthNotice() {
  const { feeds, sources, serious } = data.health;
  const words = (problems) => problems.map((problem) => problem.split(":")[0]);
  const isSerious = (problem) => serious.includes(problem);
  const troubled = feeds.filter(({ problems }) => words(problems).some(isSerious));
  const others = sources.filter(({ problems }) => words(problems).some(isSerious));
  if (!troubled.length && !others.length) return null;
  const kinds = new Set([...troubled, ...others].flatMap(({ problems }) => words(problems)));
  const found = serious.filter((problem) => kinds.has(problem)).join(", ");
  const told = [
    troubled.length && `${number(troubled.length)} of ${count(feeds.length, "feed")}`,
    others.length && `${number(others.length)} of ${count(sources.length, "source")}`,
  ].filter(Boolean);
  return tag.p(
    { class: "notice" },
    tag.span({ class: "problem" }, "in trouble"),
    ` ${told.join(" and ")}: ${found}. `,
    inward(address("health"), "See Health"),
  );
}

function newestArticles() {
  if (!articleCount) return tag.p({ class: "muted" }, "No articles yet.");
  // A wire story stands once, by the article that told it last.
  const told = new Set();
  const newest = [];
  for (const index of articles.title.keys()) {
    const story = articles.story[index];
    if (story !== null && told.has(story)) continue;
    if (story !== null) told.add(story);
    if (newest.push(index) === 8) break;
  }
  return tag.ul({ class: "brief" }, newest.map(articleItem));
}

function mostQuoted() {
  const most = data.speakers.slice(0, 8);
  if (!most.length) return tag.p({ class: "muted" }, "Nobody is quoted yet.");
  const items = most.map(({ name, quotes }) =>
    rankedItem(speakerLink(name), count(quotes, "quote"), quotes / most[0].quotes),
  );
  return tag.ol({ class: "brief ranked" }, items);
}

/** Somebody or something in a list by number; the bar is as long as its share of the first. */
const rankedItem = (link, words, share) => tag.li(link, muted(words), meter(share));

/** A bar beside a number that says the same. */
function meter(share) {
  const bar = tag.span({ class: "meter", "aria-hidden": "true" });
  bar.style.setProperty("--share", Math.max(0, Math.min(1, share || 0)));
  return bar;
}

function sourcesTable() {
  const rows = data.sources.map((source) => [
    inward(address("articles", null, { source: source.id }), wordsOf(sourceName(source))),
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

/** What people call a source: its name, else its id. */
const sourceName = (source) => source?.name ?? source?.id ?? "?";

/** The link to an article, kept apart by its index for the way back. */
function articleLink(index, filters = {}) {
  const title = articles.title[index];
  return inward(
    address("article", index, filters),
    { "data-article": index },
    title ? wordsOf(title) : tag.i("Without a title"),
  );
}

function articleOrigin(index) {
  const source = wordsOf(sourceName(data.sources[articles.source[index]]));
  return articles.date[index] ? [source, " · ", day(articles.date[index])] : [source];
}

/** An article in a short list. */
const articleItem = (index) => tag.li(articleLink(index), muted(articleOrigin(index)));
