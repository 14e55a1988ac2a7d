// Who and what is named, who is quoted, and which stories run in several papers.

function drawNames(section) {
  add(section, [
    sectionHead("names", "Names", "Whom and what the articles name; a name leads to its articles."),
    chartFigure(data.charts.entities_top),
    tag.div(
      { class: "columns three" },
      Object.entries(KINDS).map(([kind, title]) => tag.div(tag.h3(title), namesList(kind))),
    ),
  ]);
}

function namesList(kind) {
  const entries = data[kind];
  if (!entries.length) return tag.p({ class: "muted" }, "None yet.");
  const makeItem = ({ name, articles: times, mentions }) =>
    rankedItem(
      inward(address("articles", null, { name }), wordsOf(name)),
      `${count(times, "article")}, ${count(mentions, "mention")}`,
      times / entries[0].articles,
    );
  return growing(tag.ol({ class: `brief ranked ${kind}` }), entries, makeItem, 25);
}

function drawSpeakers(section) {
  const find = searchBox({ oninput: () => fill() });
  const list = tag.div();
  const fill = () => {
    const wanted = find.value.trim().toLowerCase();
    const found = data.speakers.filter(({ name }) => name.toLowerCase().includes(wanted));
    list.replaceChildren(
      found.length
        ? growing(tag.ol({ class: "brief ranked" }), found, speakerItem, 50)
        : tag.p({ class: "muted" }, "Nobody of that name is quoted."),
    );
    if (wanted) announce(count(found.length, "speaker"));
  };
  fill();
  const lede =
    "Who is quoted most, and how many of them are women. A name leads to what was said, over time.";
  add(section, [
    sectionHead("speakers", "Speakers", lede),
    tag.div({ id: "one-speaker" }),
    tag.div(
      { id: "all-speakers" },
      chartFigure(data.charts.speakers_over_time),
      chartFigure(data.charts.voices_by_gender),
      chartFigure(data.charts.voices_by_role),
      tag.h3("Speakers"),
      field("find-speaker", "Find a speaker", find),
      list,
    ),
  ]);
}

const speakerItem = ({ name, quotes, articles: at, first, last }) =>
  rankedItem(
    speakerLink(name),
    [`${count(quotes, "quote")} in ${count(at.length, "article")}, `, ...days(first, last)],
    quotes / data.speakers[0].quotes,
  );

/** One speaker where the address names one, else all. */
function showSpeakers(before) {
  const one = document.getElementById("one-speaker");
  const speaker = route.key === "speaker" ? speakersByName.get(route.value) : null;
  document.getElementById("all-speakers").hidden = Boolean(speaker);
  one.replaceChildren();
  if (!speaker) {
    if (route.key === "speaker") one.append(tag.p("Nobody of that name is quoted in this report."));
    else if (before?.key === "speaker") {
      const links = document.querySelectorAll("#all-speakers a");
      const link = [...links].find(({ hash }) => hash === address("speaker", before.value));
      (link ?? document.getElementById("speakers-title")).focus();
    }
    return;
  }
  document.title = visible(`${speaker.name} · ${data.meta.title}`);
  const head = tag.h3({ tabindex: "-1", class: "name" }, wordsOf(speaker.name));
  const list = tag.ol({ class: "sayings" });
  add(one, [
    tag.p(inward("#speakers", "← All speakers")),
    head,
    tag.p(
      { class: "lede" },
      `${count(speaker.quotes, "quote")} in `,
      inward(
        address("articles", null, { speaker: speaker.name }),
        count(speaker.articles.length, "article"),
      ),
      ", ",
      ...days(speaker.first, speaker.last),
      ".",
    ),
    speaker.periods.length > 1 &&
      chartFigure(periodsChart("Quotes over time", speaker.periods), "h4"),
    tag.h4("What was said, newest first"),
    growing(list, speaker.articles, (index) => sayingsItem(index, speaker.name), 15),
  ]);
  if (before && before.key !== "article") {
    window.scrollTo(0, 0);
    head.focus({ preventScroll: true });
  }
}

/** The quotes of a speaker in one article; they come when its chunk is opened. */
function sayingsItem(index, name) {
  const item = tag.li(tag.p({ class: "muted" }, articleOrigin(index), " · ", articleLink(index)));
  readText(index).then((article) => {
    const said = (article?.q ?? []).filter(
      ([, , speaker, , , isHeading]) => speaker === name && !isHeading,
    );
    item.prepend(
      ...said.map((quote) =>
        tag.blockquote({ lang: articles.language[index] }, wordsOf(spokenWords(article.t, quote))),
      ),
    );
  });
  return item;
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
    stories.length > 0 && growing(tag.ol({ class: "stack" }), stories, storyItem, 25),
  ]);
}

function storyItem({ story_id: id, articles: members }) {
  const sources = new Set(members.map((index) => articles.source[index]));
  const oldest = members[members.length - 1];
  return tag.li(
    tag.details(
      tag.summary(
        wordsOf(articles.title[oldest] ?? "Without a title", { class: "headline" }),
        muted(
          ` ${count(members.length, "article")} at ${count(sources.size, "source")}, `,
          day(articles.date[oldest]),
        ),
      ),
      growing(tag.ul({ class: "brief" }), members, articleItem, 20),
      tag.p(inward(address("articles", null, { story: id }), "Show them among the articles")),
    ),
  );
}
