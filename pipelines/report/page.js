// What every page is made with: the report's, and a preview's. A page is one file without network;
// these files (page*.js, then report*.js or preview.js) are put together in sorted order as one
// module. Everything in the data was written by strangers: it reaches the page as text nodes alone,
// by `tag`.

const data = JSON.parse(document.getElementById("page-data").textContent);

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

/**
 * An element: `tag.p({ class: "muted" }, "said by ", node)`. Attributes come first or not at all;
 * strings among the children become text, null and false nothing.
 */
const tag = new Proxy(
  {},
  {
    get:
      (_, name) =>
      (...parts) => {
        const element = document.createElement(name);
        const attributes = parts[0]?.constructor === Object ? parts.shift() : {};
        for (const [key, value] of Object.entries(attributes)) {
          if (value === null || value === undefined || value === false) continue;
          if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
          else element.setAttribute(key, value === true ? "" : visible(value));
        }
        add(element, parts);
        return element;
      },
  },
);

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : visible(child));
  }
}

/** A stranger's words: their direction stays their own affair. */
const wordsOf = (text, attributes = {}) => tag.bdi(attributes, text);

/** What stands beside something else, and is read after it. */
const muted = (...children) => tag.span({ class: "muted" }, children);

/** A link out of the page, or plain text where the address is not one of the web. */
function outward(address, ...children) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    // no address at all: shown as text
  }
  if (!url || !["http:", "https:"].includes(url.protocol)) return tag.span(children);
  const link = tag.a({ rel: "noopener noreferrer nofollow", target: "_blank" }, children);
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
  return text ? tag.time({ datetime: iso }, `${text} UTC`) : "–";
}

const day = (iso) => (date(iso) ? tag.time({ datetime: iso }, date(iso)) : "–");
/** From one day to another; one day alone where they are the same. */
const days = (first, last) =>
  date(first) === date(last) ? [day(first)] : [day(first), " – ", day(last)];

/** Say it to those who listen to the page. */
function announce(text) {
  document.getElementById("said").textContent = visible(text);
}

/** A table that scrolls within itself. Cells are strings, numbers (set right) or nodes. */
function table(caption, columns, rows) {
  const figure = (cell) => ({ class: typeof cell === "number" && "figure" });
  const makeRow = ([first, ...others]) =>
    tag.tr(
      tag.th({ scope: "row" }, first),
      others.map((cell) => tag.td(figure(cell), typeof cell === "number" ? number(cell) : cell)),
    );
  const head = columns.map((name, at) => tag.th({ scope: "col", ...figure(rows[0]?.[at]) }, name));
  const body = tag.tbody();
  const box = tag.div(
    { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" },
    tag.table(tag.caption({ class: "hidden" }, caption), tag.thead(tag.tr(head)), body),
  );
  return growing(body, rows, makeRow, 200, box);
}

/** A list, in its `box`, of which `step` more items are made at a press of a button. */
function growing(list, items, makeItem, step, box = list) {
  let shown = 0;
  const more = tag.button({ type: "button" });
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
  return tag.div(box, more);
}

/** A control with its label. */
function field(id, label, control) {
  control.id = id;
  return tag.div({ class: "field" }, tag.label({ for: id }, label), control);
}

const searchBox = (attributes = {}) =>
  tag.input({ type: "search", autocomplete: "off", spellcheck: "false", ...attributes });

/** Details whose body is made when they are first opened. */
function unfolding(attributes, summary, makeBody) {
  const fill = () => {
    if (box.open && box.children.length === 1) box.append(makeBody());
  };
  const box = tag.details({ ...attributes, ontoggle: fill }, tag.summary(summary));
  fill();
  return box;
}

/** A list of facts, rows of a label and what stands beside it; those without a value are left out. */
const factList = (rows) =>
  tag.dl(rows.filter(([, value]) => value).map(([label, value]) => [tag.dt(label), tag.dd(value)]));

/** Things with commas between them. */
const commas = (items) => items.map((item, at) => [at ? ", " : "", item]);

const sectionHead = (id, title, text) => [
  tag.h2({ id: `${id}-title`, tabindex: "-1" }, title),
  text && tag.p({ class: "lede" }, text),
];
