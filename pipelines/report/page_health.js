// How feeds and sources are doing, what could not be read, what cleaning takes away.

/** Problems as they come, "silent: nothing new for 9 d": the word as a tag, the rest beside it. */
const problemTags = (problems) =>
  problems.length
    ? problems.map((problem) => {
        const [word, ...rest] = problem.split(": ");
        return make(
          "span",
          { class: "problems" },
          make("span", { class: "problem" }, word),
          rest.length ? [" ", wordsOf(rest.join(": "))] : null,
        );
      })
    : make("span", { class: "fine" }, "fine");

function drawHealth(section) {
  const { feeds, sources, rejects } = data.health;
  const troubled = sources.filter(({ problems }) => problems.length);
  const failing = feeds.filter(({ problems }) => problems.length);
  const summary = [
    feeds.length
      ? `${number(feeds.length - failing.length)} of ${count(feeds.length, "feed")} are fine`
      : "No feeds were polled",
    sources.length && `${count(troubled.length, "source")} with a problem`,
    `${count(data.meta.totals.rejects, "item")} rejected`,
  ].filter(Boolean);
  add(section, [
    sectionHead("health", "Health", `${summary.join(" · ")}.`),
    troubled.length > 0 && [
      make("h3", {}, "Sources with a problem"),
      make(
        "ul",
        { class: "brief" },
        troubled.map(({ id, problems, last_article: last }) =>
          make(
            "li",
            {},
            make("strong", {}, wordsOf(id)),
            " ",
            problemTags(problems),
            make("span", { class: "muted" }, "last article ", day(last)),
          ),
        ),
      ),
    ],
    chartFigure(data.charts.polls_per_day),
    feeds.length > 0 && [make("h3", {}, "Feeds"), feedsTable(feeds)],
    chartFigure(data.charts.rejects_by_reason),
    make("h3", {}, "Rejects"),
    rejects.length
      ? growing(make("div", { class: "stack" }), rejects, rejectDetails, 30)
      : make("p", { class: "muted" }, "Nothing was rejected."),
  ]);
}

function feedsTable(feeds) {
  const worst = [...feeds].sort((a, b) => b.problems.length - a.problems.length);
  return table(
    "Feeds",
    [
      "feed",
      "source",
      "state",
      "last outcome",
      "new at last poll",
      "failures in a row",
      "last poll",
      "next poll",
    ],
    worst.map((feed) =>
      [
        make("span", { class: "address" }, wordsOf(feed.feed)),
        wordsOf(feed.source),
        problemTags(feed.problems),
        [feed.outcome ?? "–", feed.status ? ` (${feed.status})` : ""],
        feed.new ?? 0,
        feed.failures ?? 0,
        instant(feed.last_poll),
        instant(feed.next_poll),
      ].map((cell) => (Array.isArray(cell) ? make("span", {}, cell) : cell)),
    ),
  );
}

function rejectDetails({ source, stage, reason, count: times, examples }) {
  return make(
    "details",
    {},
    make(
      "summary",
      {},
      make("code", {}, reason),
      ` ${number(times)} × at `,
      wordsOf(source),
      make("span", { class: "muted" }, ` (${stage})`),
    ),
    make(
      "ul",
      { class: "brief" },
      examples.map(({ origin, detail, rejected_at: at }) =>
        make(
          "li",
          {},
          wordsOf(detail ?? "", { class: "block" }),
          make(
            "span",
            { class: "muted" },
            make("span", { class: "address" }, outward(origin, wordsOf(origin))),
            " · ",
            instant(at),
          ),
        ),
      ),
    ),
  );
}

function drawCleaning(section) {
  const rows = data.cleaning;
  const lines = rows.reduce((sum, row) => sum + row.lines, 0);
  const sources = new Map();
  for (const row of rows) sources.set(row.source, [...(sources.get(row.source) ?? []), row]);
  add(section, [
    sectionHead(
      "cleaning",
      "Cleaning",
      rows.length
        ? `${count(lines, "line")} taken out by ${count(new Set(rows.map(({ rule }) => rule)).size, "rule")}. ` +
            "The share tells in how many of a source's articles a rule found something."
        : "Nothing was taken out.",
    ),
    chartFigure(data.charts.removed_by_source),
    rows.length > 0 && [
      make("h3", {}, "By source"),
      make(
        "div",
        { class: "stack wide" },
        [...sources].map(([source, rules], at) => sourceDetails(source, rules, at === 0)),
      ),
    ],
  ]);
}

/** What each rule takes from one source. */
function sourceDetails(source, rules, isOpen) {
  const struck = rules.reduce((sum, rule) => sum + rule.lines, 0);
  const box = make(
    "details",
    { open: isOpen, ontoggle: () => fill() },
    make(
      "summary",
      {},
      wordsOf(source, { class: "headline" }),
      make(
        "span",
        { class: "muted" },
        ` ${count(struck, "line")} by ${count(rules.length, "rule")}`,
      ),
    ),
  );
  const fill = () => {
    if (!box.open || box.children.length > 1) return;
    box.append(
      table(
        `Lines taken out of ${source}`,
        ["rule", "lines", "articles", "share of its articles", "examples"],
        rules.map(({ rule, lines, articles: at, share, examples }) => [
          make("code", {}, rule),
          lines,
          at,
          make("span", {}, percent(share), meter(share)),
          make(
            "ul",
            {},
            examples.map((text) => make("li", {}, wordsOf(text))),
          ),
        ]),
      ),
    );
  };
  fill();
  return box;
}
