// The page of `newsbeam preview`: one article, with the lines that are taken out where they stood.

/** All lines in order; those that are kept come with their marks. */
function previewLines() {
  const kept = textLines(data.article, "h3");
  return data.lines.map(([rule, text, kind]) => {
    if (rule) {
      return tag.p({ class: "struck" }, tag.code(`removed: ${rule}`), " ", tag.del(wordsOf(text)));
    }
    const line = kept.shift();
    line.classList.add(kind);
    return line;
  });
}

function drawPreview() {
  const { article, fields, language, rejection, structure, summary, title } = data;
  const body = tag.div({ class: "text labels", lang: language }, previewLines());
  const facts = fields.map(([name, value, origin]) => [
    name,
    [outward(value, wordsOf(value)), origin && muted(` (${origin})`)],
  ]);
  startFrame(title, "Preview: what a run would make of this article", data.version);
  add(document.getElementById("main"), [
    rejection &&
      tag.div(
        { class: "rejected", role: "alert" },
        tag.strong(`Rejected in the stage ${rejection.stage}: ${rejection.reason}`),
        tag.p(wordsOf(rejection.detail)),
      ),
    tag.div(
      { class: "columns" },
      data.lines.length > 0 &&
        tag.div(
          part(
            "text-title",
            "h2",
            "Text",
            tag.p({ class: "muted" }, summary),
            legend(article, body),
            body,
          ),
        ),
      tag.div(
        part("facts-title", "h2", "What is known of it", factList(facts)),
        quotesPart(article, language, wordsOf, "h2"),
        statementsPart(article, language, wordsOf, "h2"),
        namesPart(article, wordsOf, "h2"),
        structure.length > 0 &&
          part(
            "structure-title",
            "h2",
            "Taken out by the page's structure",
            tag.p({ class: "muted" }, "Where these stood is not told."),
            removedList(structure),
          ),
      ),
    ),
  ]);
}

addEventListener("DOMContentLoaded", drawPreview);
