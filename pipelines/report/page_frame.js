// What stands around a page: its title, the colour scheme, who made it.

const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
  document.documentElement.style.colorScheme = theme === "auto" ? "light dark" : theme;
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  button.textContent = { auto: "Colours: system", light: "Colours: light", dark: "Colours: dark" }[
    theme
  ];
}

function readTheme() {
  try {
    const theme = localStorage.getItem("newsbeam-theme");
    return THEMES.includes(theme) ? theme : "auto";
  } catch {
    return "auto"; // a browser that keeps nothing for files
  }
}

function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % 3];
  setTheme(theme);
  try {
    localStorage.setItem("newsbeam-theme", theme);
  } catch {
    // it holds until the page is left
  }
}

/** Fill the frame; `made` is the version that made the page, and when. */
function startFrame(title, below, made) {
  document.getElementById("title").append(wordsOf(title));
  add(document.getElementById("below-title"), [below]);
  add(document.getElementById("made"), [
    "Made by newsbeam ",
    made,
    ". One file: it asks no network, and nothing leaves your browser.",
  ]);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the report's hash is its route
    document.getElementById("main").focus();
  });
  document.getElementById("theme").addEventListener("click", nextTheme);
  setTheme(readTheme());
}
