// Who and what is named, who is quoted, and which stories run in several papers.

function drawNames(section) {
  add(section, [
    sectionHead("names", "Names", "Whom and what the articles name; a name leads to its articles."),
    chartFigure(data.charts.entities_top),
    make(
      "div",
      { class: "columns three" },
      Object.entries(KINDS).map(([kind, title]) =>
        make("div", {}, make("h3", {}, title), namesList(kind)),
      ),
    ),
  ]);
}

function namesList(kind) {
  const entries = data[kind];
  if (!entries.length) return make("p", { class: "muted" }, "None yet.");
  return growing(
    make("ol", { class: `brief ranked ${kind}` }),
    entries,
    (entry) =>
      make(
        "li",
        {},
        inward(address("articles", null, { name: entry.name }), {}, wordsOf(entry.name)),
        make(
          "span",
          { class: "muted" },
          `${count(entry.articles, "article")}, ${count(entry.mentions, "mention")}`,
        ),
        meter(entry.articles / entries[0].articles),
      ),
    25,
  );
}

function drawSpeakers(section) {
  const find = make("input", {
    type: "search",
    id: "find-speaker",
    autocomplete: "off",
    spellcheck: "false",
  });
  const list = make("div");
  const one = make("div", { id: "one-speaker" });
  const all = make(
    "div",
    { id: "all-speakers" },
    chartFigure(data.charts.speakers_over_time),
    make("h3", {}, "Speakers"),
    make("div", { class: "field" }, make("label", { for: "find-speaker" }, "Find a speaker"), find),
    list,
  );
  const fill = () => {
    const wanted = find.value.trim().toLowerCase();
    const found = data.speakers.filter(({ name }) => name.toLowerCase().includes(wanted));
    list.replaceChildren(
      found.length
        ? growing(make("ol", { class: "brief ranked" }), found, speakerItem, 50)
        : make("p", { class: "muted" }, "Nobody of that name is quoted."),
    );
    if (wanted) announce(count(found.length, "speaker"));
  };
  find.addEventListener("input", fill);
  fill();
  add(section, [
    sectionHead(
      "speakers",
      "Speakers",
      "Who is quoted most. A name leads to what was said, over time.",
    ),
    one,
    all,
  ]);
}

function speakerItem(speaker) {
  return make(
    "li",
    {},
    speakerLink(speaker.name),
    make(
      "span",
      { class: "muted" },
      `${count(speaker.quotes, "quote")} in ${count(speaker.articles.length, "article")}, `,
      day(speaker.first),
      " – ",
      day(speaker.last),
    ),
    meter(speaker.quotes / data.speakers[0].quotes),
  );
}

/** One speaker where the address names one, else all. */
function showSpeakers(before) {
  const one = document.getElementById("one-speaker");
  const speaker = route.key === "speaker" ? speakersByName.get(route.value) : null;
  document.getElementById("all-speakers").hidden = Boolean(speaker);
  one.replaceChildren();
  if (!speaker) {
    if (route.key === "speaker")
      one.append(make("p", {}, "Nobody of that name is quoted in this report."));
    else if (before?.key === "speaker") {
      const links = document.querySelectorAll("#all-speakers a");
      const link = [...links].find(({ hash }) => hash === address("speaker", before.value));
      (link ?? document.getElementById("speakers-title")).focus();
    }
    return;
  }
  document.title = visible(`${speaker.name} · ${data.meta.title}`);
  const head = make("h3", { tabindex: "-1", class: "name" }, wordsOf(speaker.name));
  const list = make("ol", { class: "sayings" });
  add(one, [
    make("p", {}, inward("#speakers", {}, "← All speakers")),
    head,
    make(
      "p",
      { class: "lede" },
      `${count(speaker.quotes, "quote")} in `,
      inward(
        address("articles", null, { speaker: speaker.name }),
        {},
        count(speaker.articles.length, "article"),
      ),
      ", ",
      day(speaker.first),
      " – ",
      day(speaker.last),
      ".",
    ),
    speaker.periods.length > 1
      ? chartFigure(periodsChart("Quotes over time", speaker.periods), "h4")
      : null,
    make("h4", {}, "What was said, newest first"),
    growing(list, speaker.articles, (index) => sayingsItem(index, speaker.name), 15),
  ]);
  if (before && before.key !== "article") {
    window.scrollTo(0, 0);
    head.focus({ preventScroll: true });
  }
}

/** The quotes of a speaker in one article; they come when its chunk is opened. */
function sayingsItem(index, name) {
  const item = make(
    "li",
    {},
    make("p", { class: "muted" }, articleOrigin(index), " · ", articleLink(index)),
  );
  readText(index).then((article) => {
    const said = (article?.q ?? []).filter(
      ([, , speaker, , , isHeading]) => speaker === name && !isHeading,
    );
    item.prepend(
      ...said.map((quote) =>
        make(
          "blockquote",
          { lang: articles.language[index] },
          wordsOf(spokenWords(article.t, quote)),
        ),
      ),
    );
  });
  return item;
}

/** The words of a quote, without the reporting clause that interrupts them. */
function spokenWords(text, [start, end, , , , , segments]) {
  return segments?.length
    ? segments.map(([from, to]) => text.slice(from, to)).join(" … ")
    : text.slice(start, end);
}

function drawStories(section) {
  const { stories } = data;
  add(section, [
    sectionHead(
      "stories",
      "Stories",
      stories.length
        ? "The same text in several places: wire copy, and what papers take from one another."
        : "No text was found in more than one place.",
    ),
    stories.length > 0 && growing(make("ol", { class: "stack" }), stories, storyItem, 25),
  ]);
}

function storyItem({ story_id: id, articles: members }) {
  const sources = new Set(members.map((index) => articles.source[index]));
  const oldest = members[members.length - 1];
  return make(
    "li",
    {},
    make(
      "details",
      {},
      make(
        "summary",
        {},
        wordsOf(articles.title[oldest] ?? "Without a title", { class: "headline" }),
        make(
          "span",
          { class: "muted" },
          ` ${count(members.length, "article")} at ${count(sources.size, "source")}, `,
          day(articles.date[oldest]),
        ),
      ),
      growing(
        make("ul", { class: "brief" }),
        members,
        (index) =>
          make(
            "li",
            {},
            articleLink(index),
            make("span", { class: "muted" }, articleOrigin(index)),
          ),
        20,
      ),
      make(
        "p",
        {},
        inward(address("articles", null, { story: id }), {}, "Show them among the articles"),
      ),
    ),
  );
}
