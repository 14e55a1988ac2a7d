// How feeds and sources are doing, what could not be read, what cleaning takes away.

/** Problems as they come, "silent: nothing new for 9 d": the word as a tag, the rest beside it. */
const problemTags = (problems) =>
  problems.length
    ? problems.map((problem) => {
        const [word, ...rest] = problem.split(": ");
        return tag.span(
          { class: "problems" },
          tag.span({ class: "problem" }, word),
          rest.length > 0 && [" ", wordsOf(rest.join(": "))],
        );
      })
    : tag.span({ class: "fine" }, "fine");

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
    tag.p({ class: "muted" }, wordsOf(data.health.check)),
    troubled.length > 0 && [
      tag.h3("Sources with a problem"),
      tag.ul(
        { class: "brief" },
        troubled.map(({ id, problems, last_article: last }) =>
          tag.li(
            tag.strong(wordsOf(id)),
            " ",
            problemTags(problems),
            muted("last article ", day(last)),
          ),
        ),
      ),
    ],
    chartFigure(data.charts.polls_per_day),
    feeds.length > 0 && [tag.h3("Feeds"), feedsTable(feeds)],
    chartFigure(data.charts.rejects_by_reason),
    tag.h3("Rejects"),
    rejects.length
      ? growing(tag.div({ class: "stack" }), rejects, rejectDetails, 30)
      : tag.p({ class: "muted" }, "Nothing was rejected."),
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
        tag.span({ class: "address" }, wordsOf(feed.feed)),
        wordsOf(feed.source),
        problemTags(feed.problems),
        [feed.outcome ?? "–", feed.status ? ` (${feed.status})` : ""],
        feed.new ?? 0,
        feed.failures ?? 0,
        instant(feed.last_poll),
        instant(feed.next_poll),
      ].map((cell) => (Array.isArray(cell) ? tag.span(cell) : cell)),
    ),
  );
}

function rejectDetails({ source, stage, reason, count: times, examples }) {
  return tag.details(
    tag.summary(tag.code(reason), ` ${number(times)} × at `, wordsOf(source), muted(` (${stage})`)),
    tag.ul(
      { class: "brief" },
      examples.map(({ origin, detail, rejected_at: at }) =>
        tag.li(
          wordsOf(detail ?? "", { class: "block" }),
          muted(
            tag.span({ class: "address" }, outward(origin, wordsOf(origin))),
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
      tag.h3("By source"),
      tag.div(
        { class: "stack wide" },
        [...sources].map(([source, rules], at) => sourceDetails(source, rules, at === 0)),
      ),
    ],
  ]);
}

/** What each rule takes from one source. */
function sourceDetails(source, rules, isOpen) {
  const struck = rules.reduce((sum, rule) => sum + rule.lines, 0);
  const summary = [
    wordsOf(source, { class: "headline" }),
    muted(` ${count(struck, "line")} by ${count(rules.length, "rule")}`),
  ];
  return unfolding({ open: isOpen }, summary, () =>
    table(
      `Lines taken out of ${source}`,
      ["rule", "lines", "articles", "share of its articles", "examples"],
      rules.map(({ rule, lines, articles: at, share, examples }) => [
        tag.code(rule),
        lines,
        at,
        tag.span(percent(share), meter(share)),
        tag.ul(examples.map((text) => tag.li(wordsOf(text)))),
      ]),
    ),
  );
}
