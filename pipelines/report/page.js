// The report's page: one file, no network. These files (page*.js) are put together in sorted
// order as one module; ours begins. Everything in the data was written by strangers: it reaches
// the page as text nodes alone, by `make`.

const data = JSON.parse(document.getElementById("report-data").textContent);
const articles = data.articles;
const articleCount = articles.title.length;

// Control, bidi and unseen characters would hide or reorder what stands there: they are shown
// instead, in the terminal's way (pipelines/terminal_text.py).
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** `text` with such characters as their code points, <U+202E>. */
function visible(text) {
  return String(text).replace(
    UNSEEN,
    (sign) => `<U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}

/** An element. Strings among `children` become text, null and false nothing. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : visible(value));
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : visible(child));
  }
}

/** A stranger's words: their direction stays their own affair. */
const wordsOf = (text, attributes = {}) => make("bdi", attributes, text);

/** A link out of the page, or plain text where the address is not one of the web. */
function outward(address, ...children) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    // no address at all: shown as text
  }
  if (!url || !["http:", "https:"].includes(url.protocol)) return make("span", {}, children);
  const link = make("a", { rel: "noopener noreferrer nofollow", target: "_blank" }, children);
  link.href = url.href;
  return link;
}

const NUMBER = new Intl.NumberFormat("en-GB");
const DAY = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const INSTANT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

const number = (value) => NUMBER.format(value ?? 0);
const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;
const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

function date(iso, style = DAY) {
  const instant = iso ? new Date(iso) : null;
  return instant && !Number.isNaN(instant.getTime()) ? style.format(instant) : null;
}

function instant(iso) {
  const text = date(iso, INSTANT);
  return text ? make("time", { datetime: iso }, `${text} UTC`) : "–";
}

const day = (iso) => (date(iso) ? make("time", { datetime: iso }, date(iso)) : "–");

/** Say it to those who listen to the page. */
function announce(text) {
  document.getElementById("said").textContent = visible(text);
}

/** A table that scrolls within itself. Cells are strings, numbers (set right) or nodes. */
function table(caption, columns, rows, most = 200) {
  const body = make("tbody");
  const fill = (from, to) =>
    body.append(
      ...rows.slice(from, to).map((row) =>
        make(
          "tr",
          {},
          row.map((cell, at) =>
            at === 0 && !(cell instanceof Array)
              ? make("th", { scope: "row" }, cell)
              : make(
                  "td",
                  { class: typeof cell === "number" ? "figure" : null },
                  typeof cell === "number" ? number(cell) : cell,
                ),
          ),
        ),
      ),
    );
  fill(0, most);
  const head = columns.map((name, at) =>
    make("th", { scope: "col", class: typeof rows[0]?.[at] === "number" ? "figure" : null }, name),
  );
  const box = make(
    "div",
    { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" },
    make(
      "table",
      {},
      make("caption", { class: "hidden" }, caption),
      make("thead", {}, make("tr", {}, head)),
      body,
    ),
  );
  if (rows.length <= most) return box;
  const more = make(
    "button",
    {
      type: "button",
      onclick: () => {
        fill(most);
        more.remove();
      },
    },
    `Show all ${number(rows.length)} rows`,
  );
  return make("div", {}, box, more);
}

/** A list of which `step` more items are made at a press of a button. */
function growing(list, items, makeItem, step) {
  let shown = 0;
  const more = make("button", { type: "button" });
  const grow = () => {
    const first = shown;
    list.append(...items.slice(shown, shown + step).map(makeItem));
    shown = Math.min(items.length, shown + step);
    more.textContent = `Show ${Math.min(step, items.length - shown)} more of ${number(items.length)}`;
    more.hidden = shown >= items.length;
    if (first) list.children[first]?.querySelector("a, button, summary")?.focus();
  };
  more.addEventListener("click", grow);
  grow();
  return make("div", {}, list, more);
}

const sectionHead = (id, title, text) => [
  make("h2", { id: `${id}-title`, tabindex: "-1" }, title),
  text ? make("p", { class: "lede" }, text) : null,
];
