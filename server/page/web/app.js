// SPDX-License-Identifier: Apache-2.0
// What is shown is in the address: #/queries/ID and the like. A view is {title, element, end}.
import {deadLettersView, sourcesView, topicsView} from "./browse.js";
import {consoleView} from "./console.js";
import {h, kept} from "./dom.js";
import {queriesView, queryView} from "./queries.js";
import {metrics} from "./server.js";

const views = {
  console: () => consoleView(),
  queries: id => (id ? queryView(id) : queriesView()),
  sources: name => sourcesView(name),
  topics: name => topicsView(name),
  "dead-letters": name => deadLettersView(name),
};
const main = document.getElementById("main");
let current = null;

function show() {
  const [, name = "", argument] = location.hash.split("/");
  const view = Object.hasOwn(views, name) ? name : "console";
  const focused = document.activeElement?.closest("nav");
  current?.end?.();
  current = views[view](argument === undefined ? undefined : decodeURIComponent(argument));
  main.replaceChildren(current.element);
  document.title = `${current.title} – Weir`;
  for (const link of document.querySelectorAll("header nav a"))
    link.toggleAttribute("aria-current", link.hash === `#/${view}`);
  if (!focused && view !== "console")
    main.focus({preventScroll: true});
  scrollTo(0, 0);
}

/* ---- light and dark ---- */

const themeButton = document.getElementById("theme");
const THEMES = {auto: "Auto", light: "Light", dark: "Dark"};

function setTheme(theme) {
  kept.set("theme", theme);
  if (theme === "auto")
    delete document.documentElement.dataset.theme;
  else
    document.documentElement.dataset.theme = theme;
  themeButton.textContent = THEMES[theme];
  themeButton.setAttribute("aria-label", `Theme: ${theme}`);
}

const saved = kept.get("theme", "auto");
setTheme(Object.hasOwn(THEMES, saved) ? saved : "auto");
themeButton.addEventListener("click", () => {
  const all = Object.keys(THEMES);
  setTheme(all[(all.indexOf(kept.get("theme", "auto")) + 1) % all.length]);
});

/* ---- keys ---- */

const KEYS = [["Ctrl-Enter", "run the statements, or those selected"], ["Ctrl-Space", "complete"], ["1 … 5", "go to a view"], ["e", "go to the editor"], ["t", "theme"], ["?", "this help"], ["Esc", "leave the editor, close"]];

function help() {
  const dialog = h("dialog", {"aria-label": "Keyboard shortcuts", onclose: () => dialog.remove()}, h("h2", null, "Keyboard shortcuts"),
    h("dl.keys-list", null, KEYS.map(([key, text]) => [h("dt", null, h("kbd", null, key)), h("dd", null, text)]).flat()),
    h("div.buttons", null, h("button", {onclick: () => dialog.close()}, "Close")));
  document.body.append(dialog);
  dialog.showModal();
}

document.getElementById("help").addEventListener("click", help);
document.addEventListener("keydown", event => {
  const typing = event.target.closest("input, textarea, select, dialog");
  if (event.key === "Escape" && event.target.tagName === "TEXTAREA")
    event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey)
    return;
  const index = "12345".indexOf(event.key);
  if (index >= 0)
    location.hash = `#/${Object.keys(views)[index]}`;
  else if (event.key === "e")
    (location.hash.startsWith("#/console") || !location.hash ? document.querySelector("textarea")?.focus() : (location.hash = "#/console"));
  else if (event.key === "t")
    themeButton.click();
  else if (event.key === "?")
    help();
  else
    return;
  event.preventDefault();
});

/* ---- is the server there? ---- */

const status = document.getElementById("server");

async function look() {
  let text, there = true;
  try {
    const info = (await metrics()).find(s => s.name === "weir_build_info");
    text = info?.labels.version ? `weir ${info.labels.version}` : "connected";
  } catch (error) {
    there = false;
    text = error.message;
  }
  if (status.textContent !== text)
    status.textContent = text;
  status.className = there ? "there" : "away";
}

addEventListener("hashchange", show);
show();
look();
setInterval(() => document.hidden || look(), 10000);
