// Which articles answer to a search and filters. Titles, speakers and names are searched at once;
// the texts, which lie compressed in the page, as soon as they are read.

const speakersByName = new Map(data.speakers.map((speaker) => [speaker.name, speaker]));
const KINDS = { people: "People", organisations: "Organisations", places: "Places" };
// Of a name that stands for two kinds (a place that acts), all articles.
const namesByName = new Map();
for (const kind of Object.keys(KINDS)) {
  for (const { name, shown } of data[kind]) {
    namesByName.set(name, [...(namesByName.get(name) ?? []), ...shown]);
  }
}

// What is searched of each article before its text is there, made at the first search.
let haystacks = null;

function makeHaystacks() {
  const extra = Array.from({ length: articleCount }, () => []);
  for (const { name, articles: at } of data.speakers)
    for (const index of at) extra[index]?.push(name);
  for (const [name, shown] of namesByName) for (const index of shown) extra[index]?.push(name);
  return extra.map((names, index) =>
    [
      articles.title[index],
      articles.lead[index],
      articles.section[index],
      data.sources[articles.source[index]]?.id,
      ...articles.authors[index],
      ...names,
    ].join("\n"),
  );
}

/** Tests for the words of `query`, "…" being one; all must hold. */
function makeTests(query) {
  const words = [...(query ?? "").matchAll(/"([^"]+)"?|[^\s"]+/g)].map(
    (found) => found[1] ?? found[0],
  );
  return words
    .filter((word) => word.trim())
    .map((word) => new RegExp(word.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i"));
}

/** The articles (ascending indices) that the filters other than the search leave. */
function filterArticles(filters) {
  let found = null;
  const keep = (indices) => {
    const set = new Set(indices ?? []);
    found = found ? found.filter((index) => set.has(index)) : [...set].sort((a, b) => a - b);
  };
  if (filters.speaker) keep(speakersByName.get(filters.speaker)?.articles);
  if (filters.name) keep(namesByName.get(filters.name));
  if (filters.story) keep(data.stories.find((story) => story.story_id === filters.story)?.articles);
  found ??= Array.from({ length: articleCount }, (_, index) => index);
  if (filters.source) {
    const source = data.sources.findIndex(({ id }) => id === filters.source);
    found = found.filter((index) => articles.source[index] === source);
  }
  if (filters.from) found = found.filter((index) => (articles.date[index] ?? "") >= filters.from);
  if (filters.to) {
    // ISO instants sort as text; "~" comes after every one of that day.
    found = found.filter(
      (index) => articles.date[index] && articles.date[index] <= `${filters.to}~`,
    );
  }
  return found;
}

const ORDERS = {
  newest: ["Newest first", null],
  oldest: ["Oldest first", (a, b) => b - a],
  quotes: ["Most quotes", (a, b) => articles.quotes[b] - articles.quotes[a] || a - b],
  words: ["Longest", (a, b) => articles.words[b] - articles.words[a] || a - b],
};

const order = (found, sort) => (ORDERS[sort]?.[1] ? [...found].sort(ORDERS[sort][1]) : found);

/**
 * What is found at once: `found` (by title, speakers, names and what else stands in the list) and
 * `rest`, whose texts are still to be asked.
 */
function searchHeads(filters) {
  const candidates = filterArticles(filters);
  const tests = makeTests(filters.q);
  if (!tests.length) return { found: candidates, rest: [], tests };
  haystacks ??= makeHaystacks();
  const found = [];
  const rest = [];
  for (const index of candidates) {
    (tests.every((test) => test.test(haystacks[index])) ? found : rest).push(index);
  }
  return { found, rest, tests };
}

/**
 * Those of `rest` whose text (with its head) answers to all `tests`; in slices, so that typing
 * goes on meanwhile. Null where `isStale` became true.
 */
async function searchTexts(rest, tests, isStale) {
  await new Promise((resume) => setTimeout(resume, 150)); // who types goes first
  if (isStale()) return null;
  const found = [];
  let began = performance.now();
  for (const index of rest) {
    const text = texts[index];
    if (
      text !== undefined &&
      tests.every((test) => test.test(text) || test.test(haystacks[index]))
    ) {
      found.push(index);
    }
    if (performance.now() - began > 12) {
      await new Promise((resume) => setTimeout(resume));
      if (isStale()) return null;
      began = performance.now();
    }
  }
  return isStale() ? null : found;
}
