// One article: its text, who said what, what was taken out, where it came from.

let opening = 0;

async function openArticle(index, before) {
  const panel = document.getElementById("article");
  opening += 1;
  const mine = opening;
  const article = index in articles.title ? await readText(index) : null;
  if (mine !== opening || route.key !== "article") return;
  panel.replaceChildren();
  panel.hidden = false;
  if (!article)
    add(panel, [
      articleBar(index),
      tag.h3({ id: "article-title", tabindex: "-1" }, "No such article in this report"),
    ]);
  else add(panel, articleParts(index, article));
  const title = document.getElementById("article-title");
  document.title = visible(`${title.textContent} · ${data.meta.title}`);
  panel.scrollTop = 0;
  if (before || document.activeElement === document.body) {
    title.focus({ preventScroll: true });
    // Beside the list the article stays in sight by itself, but the list has grown shorter.
    const row = document.querySelector("#results [aria-current]");
    if (row?.checkVisibility()) row.scrollIntoView({ block: "center" });
    else panel.scrollIntoView({ block: "start" });
  }
}

function articleBar(index) {
  const { filters } = route;
  const at = found.indexOf(index);
  const step = (to, label) =>
    to === undefined
      ? null
      : inward(
          address("article", to, filters),
          {
            onclick: (event) => {
              event.preventDefault();
              location.replace(address("article", to, filters)); // back leads to the list at once
            },
          },
          label,
        );
  return tag.div(
    { class: "bar" },
    tag.button({ type: "button", onclick: closeArticle, title: "Escape" }, "← Back"),
    tag.span(
      at > 0 && step(found[at - 1], "← Previous"),
      " ",
      at >= 0 && step(found[at + 1], "Next →"),
    ),
  );
}

function articleParts(index, article) {
  const url = articles.url[index];
  const language = articles.language[index];
  const authors = articles.authors[index];
  const body = tag.div({ class: "text", lang: language }, textLines(article));
  const title = articles.title[index];
  return [
    articleBar(index),
    tag.p(
      { class: "kicker muted" },
      articleOrigin(index),
      articles.section[index] && [" · ", wordsOf(articles.section[index])],
    ),
    tag.h3(
      { id: "article-title", tabindex: "-1", lang: language },
      title ? wordsOf(title) : "Without a title",
    ),
    tag.p(
      { class: "muted" },
      authors.length > 0 && ["By ", commas(authors.map((author) => wordsOf(author))), " · "],
      count(articles.words[index], "word"),
      url && [" · ", outward(url, "Read it at the source")],
    ),
    legend(article, body),
    body,
    quotesPart(article, language, speakerLink),
    statementsPart(article, language, speakerLink),
    namesPart(article, nameLink),
    storyPart(index),
    removedPart(article),
    factsPart(index, article.m ?? {}),
  ];
}

const nameLink = (name) =>
  inward(
    address("articles", null, namesByName.has(name) ? { name } : { q: `"${name}"` }),
    wordsOf(name),
  );

function storyPart(index) {
  const story = data.stories[articles.story[index] ?? -1];
  const others = story?.articles.filter((other) => other !== index) ?? [];
  if (!others.length) return null;
  return part(
    "story-title",
    "h4",
    "The same text elsewhere",
    growing(tag.ul({ class: "brief" }), others, articleItem, 10),
  );
}

function removedPart(article) {
  if (!article.r.length) return null;
  return tag.details(
    { class: "part" },
    tag.summary(`${count(article.r.length, "line")} taken out by cleaning`),
    removedList(article.r),
  );
}

function factsPart(index, more) {
  const published = articles.date[index];
  const url = articles.url[index];
  return tag.details(
    { class: "part" },
    tag.summary("About this article"),
    factList([
      ["Source", wordsOf(data.sources[articles.source[index]]?.id ?? "?")],
      [
        "Published",
        [instant(published), more.published_at_from && `, told by ${more.published_at_from}`],
      ],
      ["Modified", more.modified_at && instant(more.modified_at)],
      ["Fetched", more.fetched_at && instant(more.fetched_at)],
      ["Language", articles.language[index]],
      ["Section", articles.section[index] && wordsOf(articles.section[index])],
      ["Keywords", more.tags?.length > 0 && commas(more.tags.map((word) => wordsOf(word)))],
      ["Subscribers only", { true: "yes", false: "no" }[articles.paywalled[index]]],
      ["Revision", articles.revision[index]],
      ["Address", url && outward(url, wordsOf(url))],
      ["Picture", more.image_url && outward(more.image_url, wordsOf(more.image_url))],
      ["Read from", more.origin && wordsOf(more.origin)],
      ["Article id", more.id && tag.code(more.id)],
    ]),
  );
}
