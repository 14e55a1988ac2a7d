// The texts: gzip in base64, some hundred articles a chunk, opened when they are wanted.

const chunkElements = [...document.querySelectorAll("script.texts")].sort(
  (a, b) => a.dataset.chunk - b.dataset.chunk,
);
let chunkSize = 0; // all chunks but the last are as long as the first
const recentChunks = new Map(); // the few last opened
const RECENT = 4;
const texts = []; // by article, for the search
let textsRead = 0;
let reading = null;

/** The articles of a chunk, as a promise. */
function openChunk(at) {
  let chunk = recentChunks.get(at);
  if (!chunk) {
    chunk = unpackChunk(chunkElements[at].textContent.trim());
    recentChunks.set(at, chunk);
    if (recentChunks.size > RECENT) recentChunks.delete(recentChunks.keys().next().value);
  }
  return chunk;
}

async function unpackChunk(base64) {
  const packed = atob(base64);
  const bytes = new Uint8Array(packed.length);
  for (let index = 0; index < packed.length; index += 1) bytes[index] = packed.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** The text of an article with all that was found in it; null where the file holds none. */
async function readText(index) {
  if (!chunkSize && chunkElements.length) chunkSize = (await openChunk(0)).length;
  const at = chunkSize ? Math.floor(index / chunkSize) : -1;
  return chunkElements[at] ? ((await openChunk(at))[index - at * chunkSize] ?? null) : null;
}

const idle = () =>
  new Promise((resume) =>
    window.requestIdleCallback
      ? requestIdleCallback(resume, { timeout: 200 })
      : setTimeout(resume, 20),
  );

/** Read all texts for the search, while nothing else is to be done; tells how far it is. */
function readTexts(progress) {
  reading ??= (async () => {
    for (let at = 0; at < chunkElements.length; at += 1) {
      await idle();
      for (const { t } of await openChunk(at)) texts.push(t);
      textsRead = texts.length;
      progress(textsRead);
    }
  })();
  return reading;
}
