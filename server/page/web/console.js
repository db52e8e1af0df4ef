// SPDX-License-Identifier: Apache-2.0
// The console: an editor, and below it what its statements gave, the newest first.
import {count, empty, failure, h, kept, rate, table} from "./dom.js";
import {Chart, plan} from "./chart.js";
import {Editor} from "./editor.js";
import {StatementError, ask, names, quoted, run} from "./server.js";
import {codeBlock, position, statements, words} from "./sql.js";

const RING = 1000;   // rows of a push query that are kept: the last
const FULL = 5000;   // rows of other statements: the first, then it is ended
const DRAWN = 200;   // rows in a table at a time
const DRAW_MS = 200;
const CARDS = 20;
const HISTORY = 100;

/* ---- names for completion ---- */

const catalog = {sources: [], columns: new Map()};

async function learnWords() {
  const [all, functions] = await Promise.all([names(), ask("SHOW FUNCTIONS;")]);
  words.function = new Set(functions.rows.map(row => row["Function Name"]));
  const taken = new Set(catalog.sources);
  for (const columns of catalog.columns.values())
    columns.forEach(c => taken.add(c));
  words.keyword = new Set(all.filter(n => !words.function.has(n) && !taken.has(n) && /^[A-Z]+$/.test(n)));
}

async function learnSources() {
  const [streams, tables] = await Promise.all([ask("SHOW STREAMS;"), ask("SHOW TABLES;")]);
  catalog.sources = [...streams.rows.map(r => r["Stream Name"]), ...tables.rows.map(r => r["Table Name"])];
  catalog.columns.clear();
}

async function columnsOf(source) {
  if (!catalog.columns.has(source)) {
    const {rows} = await ask(`DESCRIBE ${quoted(source)};`).catch(() => ({rows: []}));
    catalog.columns.set(source, rows.map(r => r.Field));
  }
  return catalog.columns.get(source);
}

/* Columns of the sources that the text names come first, then sources. */
async function candidates(word, text) {
  const begins = word.toUpperCase();
  const named = catalog.sources.filter(s => new RegExp(`(^|[^\\w])${s.replace(/[^\w]/g, "\\$&")}([^\\w]|$)`, "i").test(text));
  const columns = (await Promise.all(named.map(columnsOf))).flat();
  const offered = (list, kind) => [...list].filter(n => n.toUpperCase().startsWith(begins)).map(name => ({name: kind === "keyword" || kind === "function" ? name : quoted(name), kind}));
  const all = [...offered(new Set(columns), "column"), ...offered(catalog.sources, "source"), ...offered(words.keyword, "keyword"), ...offered(words.function, "function")];
  const seen = new Set();
  return all.filter(c => !seen.has(c.name) && seen.add(c.name));
}

/* ---- one statement's result ---- */

const shown = (answer, i) => {
  const value = answer.row[i];
  if (value === null)
    return h("span.null", null, "NULL");
  return answer.text?.[i] ?? (typeof value === "object" ? JSON.stringify(value) : String(value));
};
const isNumeric = c => /^(INTEGER|BIGINT|DOUBLE|DECIMAL)/.test(c.type);

class Card {
  constructor(sql) {
    this.sql = sql;
    this.rows = [];
    this.total = 0;
    this.control = new AbortController();
    this.state = h("span.chip", {role: "status"}, "running");
    this.counter = h("span.counter");
    this.tools = h("div.buttons");
    this.body = h("div.card-body");
    this.element = h("section.card", {"aria-label": "Result"},
      h("div.card-head", null, this.state, h("code", {title: sql}, sql.replace(/\s+/g, " ")), this.counter, this.tools), this.body);
    this.stopButton = h("button", {onclick: () => this.stop()}, "Stop");
    this.tools.append(this.stopButton);
  }

  chip(text, kind) {
    this.state.textContent = text;
    this.state.className = `chip ${kind}`;
  }

  async run(settings) {
    try {
      const end = await run(this.sql, {settings, signal: this.control.signal, head: head => this.head(head), row: row => this.row(row)});
      this.finish(end.message || (this.columns?.length ? "" : "Done"), "done");
    } catch (error) {
      if (error.name === "AbortError")
        return this.finish(this.full ? `The first ${count(FULL)} rows; there are more` : "", this.full ? "done" : "stopped");
      this.finish("", "failed");
      this.body.prepend(failure(error));
      throw error;
    }
    return undefined;
  }

  stop() {
    this.control.abort();
  }

  finish(message, kind) {
    this.over = true;
    this.chip(kind, kind);
    this.stopButton.remove();
    this.pauseButton?.remove();
    this.paused = false;
    this.draw();
    if (message)
      this.body.prepend(h("p.message", null, message));
  }

  head(head) {
    this.columns = head.columns;
    this.live = head.kind === "push" || head.kind === "print";
    this.kind = head.kind;
    for (const section of head.sections)
      this.body.append(h("h3", null, section.name),
        table(section.columns.map(c => c.name), section.rows.map(r => section.columns.map((_, i) => shown(r, i))), section.columns.map(isNumeric)));
    this.grid = h("tbody");
    if (this.columns.length)
      this.body.append(this.gridBox = h("div.scroll.grid", {tabindex: "0", role: "region", "aria-label": "Rows"},
        h("table", null, h("thead", null, h("tr", null, this.columns.map(c => h("th", {scope: "col", title: c.type, class: isNumeric(c) ? "number" : null}, c.name, c.key ? h("small", null, " key") : null)))), this.grid)));
    if (!this.live)
      return;
    this.chip("live", "live");
    this.since = performance.now();
    this.pauseButton = h("button", {onclick: () => this.pause(), "aria-pressed": "false"}, "Pause");
    this.tools.prepend(this.pauseButton);
    if (this.kind === "push" && plan(this.columns))
      this.addChart();
  }

  addChart() {
    this.chart = new Chart(this.columns);
    this.chart.element.hidden = true;
    this.body.prepend(this.chart.element);
    const button = h("button", {
      "aria-pressed": "false",
      onclick: () => {
        this.chart.element.hidden = !this.chart.element.hidden;
        button.setAttribute("aria-pressed", String(!this.chart.element.hidden));
        this.draw();
      },
    }, "Chart");
    this.tools.prepend(button);
  }

  pause() {
    this.paused = !this.paused;
    this.pauseButton.textContent = this.paused ? "Resume" : "Pause";
    this.pauseButton.setAttribute("aria-pressed", String(this.paused));
    this.chip(this.paused ? "paused" : "live", this.paused ? "paused" : "live");
    this.draw();
  }

  row(answer) {
    answer.at = Date.now();
    this.total++;
    this.rows.push(answer);
    if (this.live && this.rows.length > 2 * RING)
      this.rows.splice(0, this.rows.length - RING);
    if (!this.live && this.rows.length >= FULL) {
      this.full = true;
      this.control.abort();
    }
    if (!this.drawing && !this.paused)
      this.drawing = setTimeout(() => this.draw(), DRAW_MS);
  }

  draw() {
    clearTimeout(this.drawing);
    this.drawing = 0;
    if (!this.columns || this.paused)
      return;
    const seconds = (performance.now() - this.since) / 1000;
    const speed = this.live && !this.over && seconds > 1 ? `, ${rate(this.total / seconds)}/s` : "";
    if (this.columns.length)
      this.counter.textContent = `${count(this.total)} ${this.total === 1 ? "row" : "rows"}${speed}`;
    const kept = this.live ? this.rows.slice(-RING) : this.rows;
    const seen = this.live ? kept.slice(-DRAWN).reverse() : kept.slice(0, DRAWN);
    this.grid?.replaceChildren(...seen.map(r => h(r.tombstone ? "tr.tombstone" : "tr", null, this.columns.map((c, i) => h("td", isNumeric(c) ? {class: "number"} : null, shown(r, i))))));
    if (this.chart && !this.chart.element.hidden)
      this.chart.draw(kept);
    if (!this.live && kept.length > DRAWN && !this.more && this.over)
      this.body.append(this.more = h("button", {
        onclick: () => {
          this.grid.replaceChildren(...kept.map(r => h("tr", null, this.columns.map((c, i) => h("td", isNumeric(c) ? {class: "number"} : null, shown(r, i))))));
          this.more.remove();
        },
      }, `Show all ${count(kept.length)} rows`));
  }
}

/* ---- the view ---- */

let results = null;         // kept while other views are shown: queries go on
const cards = [];
const settings = kept.get("settings", {"auto.offset.reset": "earliest"});

/* SET and UNSET last for one request at the server, so the page keeps them, once the server has
 * taken them. @return true: it was one of these. */
async function setting(sql) {
  const set = /^\s*SET\s+'((?:[^']|'')*)'\s*=\s*'((?:[^']|'')*)'\s*;?\s*$/i.exec(sql);
  const unset = /^\s*UNSET\s+'((?:[^']|'')*)'\s*;?\s*$/i.exec(sql);
  if (/^\s*(DEFINE|UNDEFINE)\b/i.test(sql))
    throw new StatementError({message: "Variables are the prompt's: DEFINE does nothing on this page", hint: "Write the value itself"});
  if (!set && !unset)
    return false;
  const plain = text => text.replaceAll("''", "'");
  if (set)
    settings[plain(set[1])] = plain(set[2]);
  else
    delete settings[plain(unset[1])];
  kept.set("settings", settings);
  return true;
}

function remember(text) {
  const old = kept.get("history", []).filter(t => t !== text);
  kept.set("history", [text, ...old].slice(0, HISTORY));
}

export function consoleView() {
  const note = h("div", {"aria-live": "assertive"});
  const from = h("select", {
    "aria-label": "Where push queries begin",
    onchange: e => {
      settings["auto.offset.reset"] = e.target.value;
      kept.set("settings", settings);
    },
  }, [["earliest", "from the beginning"], ["latest", "from now on"]].map(([v, t]) => h("option", {value: v, selected: settings["auto.offset.reset"] === v}, t)));
  const runButton = h("button.primary", {onclick: () => runAll(), title: "Ctrl-Enter"}, "Run");
  const editor = new Editor({
    text: kept.get("text", "SHOW STREAMS;"), onRun: () => runAll(), onChange: text => kept.set("text", text), candidates,
  });
  const history = h("button", {onclick: () => showHistory(editor), "aria-haspopup": "dialog"}, "History");
  results ||= h("div.results", {"aria-label": "Results"}, empty("Results of statements are shown here."));

  async function runAll() {
    const {text, at} = editor.wanted;
    const list = statements(text);
    note.replaceChildren();
    editor.changed(false);
    if (!list.length)
      return;
    remember(text.trim());
    runButton.disabled = true;
    try {
      for (const statement of list)
        if (!(await runOne(statement, at)))
          break;
    } finally {
      runButton.disabled = false;
    }
    learnSources().catch(() => {});
  }

  /* A push query goes on by itself; the next statement waits for all others. @return false: it failed, and those after it are not run. */
  async function runOne({sql, at}, base) {
    const card = new Card(sql);
    if (results.querySelector(".empty"))
      results.replaceChildren();
    results.prepend(card.element);
    cards.unshift(card);
    while (cards.length > CARDS) {
      const old = cards.pop();
      old.stop();
      old.element.remove();
    }
    const before = {...settings};
    const shownPlace = error => {
      const place = error.offset >= 0 && error.line > 0 ? base + at + position(sql, error.offset) : -1;
      if (place < 0)
        return;
      editor.mark(place);
      const start = editor.text.slice(0, place);
      const line = start.split("\n").length, column = place - start.lastIndexOf("\n");
      note.replaceChildren(h("p.error-line", null, `Line ${line}, column ${column}: ${error.message.replace(/^line \d+:\d+: /, "")}`));
    };
    try {
      if (await setting(sql)) {
        await card.run(settings).catch(error => {
          for (const name of Object.keys(settings))
            delete settings[name];
          Object.assign(settings, before);
          kept.set("settings", settings);
          throw error;
        });
        from.value = settings["auto.offset.reset"] || "latest";
        return true;
      }
    } catch (error) {
      if (!card.over) {
        card.finish("", "failed");
        card.body.prepend(failure(error));
      }
      shownPlace(error);
      return false;
    }
    const ended = card.run(settings).then(() => true, error => {
      shownPlace(error);
      return false;
    });
    const started = new Promise(resolve => {
      const head = card.head.bind(card);
      card.head = answer => {
        head(answer);
        if (card.live)
          resolve(true);
      };
    });
    return Promise.race([ended, started]);
  }

  learnSources().then(learnWords).then(() => editor.draw()).catch(() => {});
  setTimeout(() => editor.area.focus({preventScroll: true}));
  return {
    title: "Console",
    element: h("div", null, h("h1.hidden", null, "Console"),
      h("div.console", null, editor.element,
        h("div.toolbar", null, runButton, history, h("label", null, "Push queries", from), h("span.keys", {id: "editor-keys"}, "Ctrl-Enter runs, Ctrl-Space completes"))),
      note, results),
  };
}

function showHistory(editor) {
  const list = kept.get("history", []);
  const dialog = h("dialog.wide", {"aria-label": "History", onclose: () => dialog.remove()},
    h("h2", null, "History"),
    list.length ? h("ul.history", null, list.map(text => h("li", null, h("button.quiet", {
      onclick: () => {
        editor.text = text;
        dialog.close();
        editor.area.focus();
      },
    }, codeBlock(text))))) : empty("No statements yet."),
    h("div.buttons", null,
      list.length ? h("button", {
        onclick: () => {
          kept.set("history", []);
          dialog.close();
        },
      }, "Forget all") : null,
      h("button", {onclick: () => dialog.close()}, "Close")));
  document.body.append(dialog);
  dialog.showModal();
}

/** Puts a statement into the console. */
export function toConsole(sql) {
  kept.set("text", sql);
  location.hash = "#/console";
}
