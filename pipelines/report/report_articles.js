// The list of articles: search, filters, pages of fifty. What is chosen stands in the address.

const articles = data.articles; // a list a column
const articleCount = articles.title.length;
const PAGE = 50;
let shownList = null; // the filters, as an address, that the list shows
let found = [];
let searches = 0;

function drawArticles(section) {
  const { has_more: hasMore, shown, totals } = data.meta;
  const query = searchBox({ "data-filter": "q", "aria-describedby": "search-state" });
  add(section, [
    tag.div(
      { class: "browser" },
      tag.div(
        { class: "finder" },
        sectionHead("articles", "Articles"),
        hasMore &&
          tag.p(
            { class: "muted small" },
            `The newest ${number(shown)} of ${count(totals.articles, "article")}.`,
          ),
        tag.form(
          {
            id: "filters",
            role: "search",
            "aria-label": "Articles",
            oninput: changeFilter,
            onsubmit: (event) => event.preventDefault(),
          },
          field("search", "Search titles, names and texts", query),
          tag.p({ id: "search-state", class: "muted small" }),
          tag.details(
            { id: "more-filters", open: matchMedia("(min-width: 60rem)").matches },
            tag.summary("Filters"),
            tag.div({ class: "fields" }, filterFields()),
          ),
          tag.p({ id: "chosen" }),
        ),
        tag.p({ id: "result-count", role: "status", "aria-live": "polite" }),
        tag.ol({ id: "results", onkeydown: walkList }),
        tag.nav({ id: "pages", "aria-label": "Pages of results" }),
      ),
      tag.article({ id: "article", "aria-labelledby": "article-title", hidden: true }),
    ),
  ]);
  document.addEventListener("keydown", listKeys);
  idle().then(() => {
    haystacks ??= makeHaystacks();
  });
}

function filterFields() {
  const option = ([value, text]) => tag.option({ value }, text);
  const byName = ({ name }) => [name, name];
  const choose = (key, label, options) =>
    field(`by-${key}`, label, tag.select({ "data-filter": key }, options));
  const pick = (key, label) =>
    field(`by-${key}`, label, tag.input({ type: "date", "data-filter": key }));
  const names = Object.keys(KINDS).map((kind) =>
    tag.optgroup({ label: KINDS[kind] }, data[kind].map(byName).map(option)),
  );
  const stories = data.stories.map((story) => [
    story.story_id,
    `${storyTitle(story)} (${story.articles.length})`,
  ]);
  const orders = Object.entries(ORDERS).map(([key, [text]]) => [key === "newest" ? "" : key, text]);
  return [
    choose(
      "source",
      "Source",
      [["", "All sources"], ...data.sources.map(({ id }) => [id, id])].map(option),
    ),
    choose("name", "Person, organisation or place", [option(["", "Any name"]), ...names]),
    choose("speaker", "Speaker", [["", "Any speaker"], ...data.speakers.map(byName)].map(option)),
    choose("story", "Story", [["", "Any story"], ...stories].map(option)),
    pick("from", "From"),
    pick("to", "To"),
    choose("sort", "Order", orders.map(option)),
  ];
}

/** A story is called as the first article that told it. */
const storyTitle = ({ story_id: id, articles: members }) => articles.title[members.at(-1)] ?? id;

function changeFilter({ target }) {
  const filters = { ...route.filters, [target.dataset.filter]: target.value };
  delete filters.page;
  const place = address("articles", null, filters);
  if (target.id === "search") replaceRoute(place);
  else location.hash = place;
}

/** Bring list and article to what the address says. */
function showArticles(before) {
  const { page, ...filters } = route.filters;
  for (const control of document.querySelectorAll("#filters [data-filter]")) {
    const value = filters[control.dataset.filter] ?? "";
    if (control.value !== value) control.value = value;
  }
  const list = address("articles", null, filters);
  if (list !== shownList) {
    shownList = list;
    showChosen(filters);
    search(filters);
  } else if (page !== before?.filters.page) {
    showPage();
    if (before?.view === "articles" && before.key === route.key)
      document.querySelector("#results a")?.focus();
  }
  const isOpen = route.key === "article";
  document.querySelector(".browser").classList.toggle("reading", isOpen);
  markOpened();
  if (isOpen) openArticle(Number(route.value), before);
  else {
    document.getElementById("article").hidden = true;
    if (before?.key === "article" && !returnFocus(before)) {
      document.getElementById("articles-title").focus();
    }
  }
}

/** Mark the article that is open in the list. */
function markOpened() {
  for (const link of document.querySelectorAll("#results a")) {
    if (route.key === "article" && link.dataset.article === route.value) {
      link.setAttribute("aria-current", "true");
    } else link.removeAttribute("aria-current");
  }
}

function search(filters) {
  searches += 1;
  const mine = searches;
  const heads = searchHeads(filters);
  found = order(heads.found, filters.sort);
  showPage();
  showCount();
  const state = document.getElementById("search-state");
  setBusy(heads.tests.length > 0);
  if (!heads.tests.length) {
    state.textContent = "";
    return;
  }
  const isStale = () => mine !== searches;
  const inTexts = () =>
    searchTexts(heads.rest, heads.tests, isStale).then((more) => {
      if (!more) return;
      found = order(
        [...heads.found, ...more].sort((a, b) => a - b),
        filters.sort,
      );
      if (more.length) showPage();
      showCount(more.length);
      setBusy(false);
    });
  if (textsRead >= articleCount) {
    inTexts();
    return;
  }
  readTexts((read) => {
    state.textContent =
      read < articleCount ? `Reading texts: ${number(read)} of ${number(articleCount)}` : "";
  }).then(() => {
    state.textContent = "";
    if (!isStale()) inTexts();
  });
}

/** While texts are still asked, the count is not final and not read aloud. */
function setBusy(isBusy) {
  document.getElementById("result-count").setAttribute("aria-busy", String(isBusy));
}

function showCount(byText = 0) {
  document.getElementById("result-count").textContent =
    `${count(found.length, "article")}${byText ? `, ${number(byText)} of them by their text` : ""}`;
}

function showPage() {
  const last = Math.max(1, Math.ceil(found.length / PAGE));
  const page = Math.min(last, Math.max(1, Number.parseInt(route.filters.page ?? "1", 10) || 1));
  const { page: _, ...filters } = route.filters;
  const list = document.getElementById("results");
  const focused = list.contains(document.activeElement) && document.activeElement.dataset.article;
  const shown = found.slice((page - 1) * PAGE, page * PAGE);
  list.replaceChildren(...shown.map((index) => resultItem(index, route.filters)));
  list.start = (page - 1) * PAGE + 1;
  if (focused) list.querySelector(`a[data-article="${focused}"]`)?.focus({ preventScroll: true });
  markOpened();
  const at = (to) => address("articles", null, { ...filters, page: to > 1 ? String(to) : null });
  document
    .getElementById("pages")
    .replaceChildren(
      ...(last === 1
        ? []
        : [
            page > 1 ? inward(at(page - 1), { rel: "prev" }, "← Previous") : tag.span(),
            muted(`Page ${number(page)} of ${number(last)}`),
            page < last ? inward(at(page + 1), { rel: "next" }, "Next →") : tag.span(),
          ]),
    );
}

function resultItem(index, filters) {
  const link = articleLink(index, filters);
  link.classList.add("headline");
  const lead = articles.lead[index];
  const quotes = articles.quotes[index];
  const shortened = lead?.length > 220 ? `${lead.slice(0, 219).trimEnd()}…` : lead;
  return tag.li(
    link,
    tag.span(
      { class: "muted small" },
      articleOrigin(index),
      quotes > 0 && ` · ${count(quotes, "quote")}`,
      articles.paywalled[index] && " · subscribers",
      articles.story[index] !== null && " · in several papers",
    ),
    lead && tag.p({ class: "lead" }, wordsOf(shortened)),
  );
}

/** The filters that hold, each with a way to drop it (also those that the form hides). */
function showChosen(filters) {
  const chosen = ["source", "name", "speaker", "story", "from", "to"].filter((key) => filters[key]);
  const chips = chosen.map((key) => {
    const story = key === "story" && data.stories.find((one) => one.story_id === filters.story);
    const value = story ? storyTitle(story) : filters[key];
    return inward(
      address("articles", null, { ...filters, [key]: null }),
      { class: "chip", "aria-label": `Drop the filter ${key} ${value}` },
      `${key}: `,
      wordsOf(value),
      " ×",
    );
  });
  document.getElementById("chosen").replaceChildren();
  add(
    document.getElementById("chosen"),
    chips.map((chip) => [chip, " "]),
  );
}

/** Arrow keys walk the list. */
function walkList(event) {
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  const links = [...document.querySelectorAll("#results a")];
  const at = links.indexOf(document.activeElement);
  if (step === undefined || at < 0) return;
  event.preventDefault();
  links[Math.min(links.length - 1, Math.max(0, at + step))].focus();
}

/** "/" leads to the search, Escape out of an article. */
function listKeys(event) {
  if (route.view !== "articles" || event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches("input, select, textarea");
  if (event.key === "Escape" && route.key === "article" && !isTyping) {
    event.preventDefault();
    closeArticle();
  } else if (event.key === "/" && !isTyping) {
    event.preventDefault();
    document.getElementById("search").focus();
  }
}
