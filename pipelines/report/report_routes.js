// Where in the report one is stands in the address: #articles&q=…, #article=12, #speaker=….
// So the back button works, and a place can be kept or sent.

const FILTERS = ["q", "source", "name", "speaker", "story", "from", "to", "sort", "page"];
const VIEWS = {
  overview: { title: "Overview", draw: drawOverview },
  health: { title: "Health", draw: drawHealth },
  cleaning: { title: "Cleaning", draw: drawCleaning },
  names: { title: "Names", draw: drawNames },
  speakers: { title: "Speakers", draw: drawSpeakers },
  stories: { title: "Stories", draw: drawStories },
  articles: { title: "Articles", draw: drawArticles },
};
// Addresses that stand for something within a view.
const WITHIN = { article: "articles", speaker: "speakers" };

let route = null;
let openedFrom = null; // the route from which an article was opened
const drawn = new Map();

/** {key, value, view, filters} of an address' hash; a strange one leads to the overview. */
function readRoute(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const key = parameters.keys().next().value ?? "overview";
  const view = WITHIN[key] ?? key;
  if (!Object.hasOwn(VIEWS, view)) return readRoute("#overview");
  const filters = {};
  for (const name of FILTERS) if (parameters.get(name)) filters[name] = parameters.get(name);
  return { key, value: parameters.get(key), view, filters };
}

/** The hash of a place. Filters that are empty are left out. */
function address(key, value = null, filters = {}) {
  const parameters = new URLSearchParams();
  for (const name of FILTERS) if (filters[name]) parameters.set(name, filters[name]);
  const rest = parameters.toString();
  const head = value === null ? key : `${key}=${encodeURIComponent(value)}`;
  return `#${head}${rest ? `&${rest}` : ""}`;
}

/** A link within the report; attributes and children as of `tag`. */
function inward(hash, ...parts) {
  const link = tag.a(...parts);
  link.href = hash;
  return link;
}

const speakerLink = (name) =>
  speakersByName.has(name)
    ? inward(address("speaker", name), wordsOf(name))
    : inward(address("articles", null, { q: `"${name}"` }), wordsOf(name));

/** Change the place without a new step in the history (typing). */
function replaceRoute(hash) {
  if (hash === location.hash) return;
  history.replaceState(null, "", hash);
  go();
}

/** Show what the address says. */
function go() {
  const before = route;
  route = readRoute(location.hash);
  const isArticle = route.key === "article";
  if (isArticle && before && before.key !== "article") openedFrom = before;
  if (!isArticle) openedFrom = null;
  let section = drawn.get(route.view);
  if (!section) {
    section = tag.section({
      id: `view-${route.view}`,
      "aria-labelledby": `${route.view}-title`,
    });
    document.getElementById("main").append(section);
    drawn.set(route.view, section);
    VIEWS[route.view].draw(section);
  }
  for (const [view, other] of drawn) other.hidden = view !== route.view;
  for (const link of document.querySelectorAll("#sections a")) {
    if (link.hash === `#${route.view}`) {
      link.setAttribute("aria-current", "page");
      const list = link.closest("ul"); // on a phone it scrolls sideways
      list.scrollLeft = link.offsetLeft - (list.clientWidth - link.clientWidth) / 2;
    } else link.removeAttribute("aria-current");
  }
  document.title = visible(`${VIEWS[route.view].title} · ${data.meta.title}`);
  if (route.view === "articles") showArticles(before);
  if (route.view === "speakers") showSpeakers(before);
  if (before && before.view !== route.view && !isArticle && !returnFocus(before)) {
    window.scrollTo(0, 0);
    section.querySelector("h2").focus({ preventScroll: true });
  }
  drawCharts(section);
}

/** Back from an article: to the link that had opened it. */
function returnFocus(before) {
  if (before?.key !== "article") return false;
  const links = drawn.get(route.view).querySelectorAll(`a[data-article="${Number(before.value)}"]`);
  const link = [...links].find((one) => one.checkVisibility?.() ?? true);
  link?.focus();
  return Boolean(link);
}

/** Close the article: a step back where one led to it. */
function closeArticle() {
  if (openedFrom) history.back();
  else location.hash = address("articles", null, route.filters);
}

function start() {
  const { title, since, until, totals, version, window: shown, generated_at: made } = data.meta;
  const period = [...new Set([date(since), date(until)].filter(Boolean))];
  startFrame(
    title,
    `${period.join(" – ") || "No dates"} · ` +
      `${count(totals.articles, "article")} from ${count(totals.sources, "source")}` +
      (shown.since || shown.until
        ? ` · only${shown.since ? ` since ${date(shown.since)}` : ""}` +
          `${shown.until ? ` until ${date(shown.until)}` : ""}` +
          `; the lake has ${count(shown.rows, "revision")}`
        : ""),
    [version, ", ", instant(made)],
  );
  const links = Object.entries(VIEWS).map(([view, { title }]) => inward(`#${view}`, title));
  document
    .getElementById("main")
    .before(
      tag.nav(
        { id: "sections", "aria-label": "Sections" },
        tag.ul(links.map((link) => tag.li(link))),
      ),
    );
  document.getElementById("theme").addEventListener("click", redrawCharts);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawCharts);
  window.addEventListener("hashchange", go);
  go();
}

addEventListener("DOMContentLoaded", start);
