// The list of articles: search, filters, pages of fifty. What is chosen stands in the address.

const PAGE = 50;
let shownList = null; // the filters, as an address, that the list shows
let found = [];
let searches = 0;

function drawArticles(section) {
  const field = (id, label, control) => {
    control.id = id;
    return make("div", { class: "field" }, make("label", { for: id }, label), control);
  };
  const choose = (id, label, options) =>
    field(
      id,
      label,
      make(
        "select",
        { "data-filter": id.replace("by-", "") },
        options.map(([value, text]) => make("option", { value }, text)),
      ),
    );
  const people = (kind) => data[kind].map(({ name }) => [name, name]);
  const name = make(
    "select",
    { "data-filter": "name" },
    make("option", { value: "" }, "Any name"),
    Object.keys(KINDS).map((kind) => {
      const group = make("optgroup", { label: KINDS[kind] });
      group.append(...people(kind).map(([value, text]) => make("option", { value }, text)));
      return group;
    }),
  );
  const query = make("input", {
    type: "search",
    autocomplete: "off",
    spellcheck: "false",
    "data-filter": "q",
    "aria-describedby": "search-state",
  });
  const stories = data.stories.map(({ story_id: id, articles: members }) => [
    id,
    `${articles.title[members[members.length - 1]] ?? id} (${members.length})`,
  ]);
  add(section, [
    make(
      "div",
      { class: "browser" },
      make(
        "div",
        { class: "finder" },
        sectionHead("articles", "Articles"),
        make(
          "form",
          {
            id: "filters",
            role: "search",
            "aria-label": "Articles",
            onsubmit: (event) => event.preventDefault(),
          },
          field("search", "Search titles, names and texts", query),
          make("p", { id: "search-state", class: "muted small" }),
          make(
            "details",
            { id: "more-filters" },
            make("summary", {}, "Filters"),
            make(
              "div",
              { class: "fields" },
              choose("by-source", "Source", [
                ["", "All sources"],
                ...data.sources.map(({ id }) => [id, id]),
              ]),
              field("by-name", "Person, organisation or place", name),
              choose("by-speaker", "Speaker", [
                ["", "Any speaker"],
                ...data.speakers.map((one) => [one.name, one.name]),
              ]),
              choose("by-story", "Story", [["", "Any story"], ...stories]),
              field("by-from", "From", make("input", { type: "date", "data-filter": "from" })),
              field("by-to", "To", make("input", { type: "date", "data-filter": "to" })),
              choose(
                "by-sort",
                "Order",
                Object.entries(ORDERS).map(([key, [text]]) => [key === "newest" ? "" : key, text]),
              ),
            ),
          ),
          make("p", { id: "chosen" }),
        ),
        make("p", { id: "result-count", role: "status", "aria-live": "polite" }),
        make("ol", { id: "results", onkeydown: walkList }),
        make("nav", { id: "pages", "aria-label": "Pages of results" }),
      ),
      make("article", { id: "article", "aria-labelledby": "article-title", hidden: true }),
    ),
  ]);
  if (data.meta.has_more) {
    document
      .getElementById("filters")
      .before(
        make(
          "p",
          { class: "muted small" },
          `The newest ${number(data.meta.shown)} of ${count(data.meta.totals.articles, "article")}.`,
        ),
      );
  }
  if (matchMedia("(min-width: 60rem)").matches) document.getElementById("more-filters").open = true;
  const form = document.getElementById("filters");
  form.addEventListener("input", (event) => {
    const filters = { ...route.filters, [event.target.dataset.filter]: event.target.value };
    delete filters.page;
    if (event.target === query) replaceRoute(address("articles", null, filters));
    else location.hash = address("articles", null, filters);
  });
  document.addEventListener("keydown", listKeys);
  idle().then(() => {
    haystacks ??= makeHaystacks();
  });
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
            page > 1 ? inward(at(page - 1), { rel: "prev" }, "← Previous") : make("span"),
            make("span", { class: "muted" }, `Page ${number(page)} of ${number(last)}`),
            page < last ? inward(at(page + 1), { rel: "next" }, "Next →") : make("span"),
          ]),
    );
}

function resultItem(index, filters) {
  const link = articleLink(index, filters);
  link.classList.add("headline");
  const lead = articles.lead[index];
  const facts = [
    ...articleOrigin(index),
    articles.quotes[index] ? ` · ${count(articles.quotes[index], "quote")}` : null,
    articles.paywalled[index] ? " · subscribers" : null,
    articles.story[index] !== null ? " · in several papers" : null,
  ];
  return make(
    "li",
    {},
    link,
    make("span", { class: "muted small" }, facts),
    lead
      ? make(
          "p",
          { class: "lead" },
          wordsOf(lead.length > 220 ? `${lead.slice(0, 219).trimEnd()}…` : lead),
        )
      : null,
  );
}

/** The filters that hold, each with a way to drop it (also those that the form hides). */
function showChosen(filters) {
  const labels = {
    source: "source",
    name: "name",
    speaker: "speaker",
    story: "story",
    from: "from",
    to: "to",
  };
  const drop = Object.entries(labels)
    .filter(([key]) => filters[key])
    .map(([key, label]) => {
      const story = key === "story" && data.stories.find((one) => one.story_id === filters.story);
      const value = story
        ? (articles.title[story.articles.at(-1)] ?? story.story_id)
        : filters[key];
      return [
        inward(
          address("articles", null, { ...filters, [key]: null }),
          { class: "chip", "aria-label": `Drop the filter ${label} ${value}` },
          `${label}: `,
          wordsOf(value),
          " ×",
        ),
        " ",
      ];
    });
  document.getElementById("chosen").replaceChildren();
  add(document.getElementById("chosen"), drop);
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
