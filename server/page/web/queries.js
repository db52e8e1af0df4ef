// SPDX-License-Identifier: Apache-2.0
// Queries with their rates and lag, and one query with its operators.
import {bytes, confirmed, count, empty, failure, h, rate} from "./dom.js";
import {graph} from "./graph.js";
import {ask, metrics} from "./server.js";
import {codeBlock, coloured} from "./sql.js";

const POLL_MS = 2000;

/* ---- figures ---- */

let last = null; // {at, in: Map, out: Map}: rates are between two looks

/** Figures of each query: Map of id to {state, lag, errors, late, deadLetters, memory, inRate, outRate}. */
async function figures() {
  const samples = await metrics();
  const now = {at: performance.now(), in: new Map(), out: new Map()};
  const found = new Map();
  const of = id => {
    if (!found.has(id))
      found.set(id, {state: "", lag: null});
    return found.get(id);
  };
  const plain = {
    weir_query_lag_records: "lag", weir_query_errors_total: "errors", weir_query_late_rows_total: "late",
    weir_query_dead_letters_total: "deadLetters", weir_query_state_memory_bytes: "memory",
  };
  for (const {name, labels, value} of samples) {
    const id = labels.query;
    if (id === undefined)
      continue;
    if (name === "weir_query_state" && value === 1)
      of(id).state = labels.state;
    else if (name === "weir_query_in_records_total")
      now.in.set(id, (now.in.get(id) || 0) + value);
    else if (name === "weir_query_out_records_total")
      now.out.set(id, value);
    else if (plain[name])
      of(id)[plain[name]] = value;
  }
  const seconds = last ? (now.at - last.at) / 1000 : 0;
  const speed = (kind, id) => (last?.[kind].has(id) && seconds > 0 ? Math.max(0, (now[kind].get(id) - last[kind].get(id)) / seconds) : null);
  for (const [id, f] of found)
    Object.assign(f, {inRate: speed("in", id), outRate: speed("out", id), in: now.in.get(id), out: now.out.get(id)});
  last = now;
  return found;
}

const CHIP = {RUNNING: "live", PAUSED: "paused", ERROR: "failed", STOPPED: "stopped"};

function chip(state) {
  return h(`span.chip.${CHIP[state] || "done"}`, null, (state || "unknown").toLowerCase());
}

/* ---- what can be done with one ---- */

async function act(id, word, again) {
  if (word === "TERMINATE" && !(await confirmed(`Terminate ${id}?`, "Its state and its place in its topics are thrown away. The stream or table that it writes stays.", "Terminate")))
    return;
  try {
    await ask(`${word} ${id};`);
    again();
  } catch (error) {
    await confirmed(`${word} failed`, `${error.message} ${error.hint || ""}`, "OK");
  }
}

function actions(id, state, again) {
  const button = (word, text, kind = "") => h(`button${kind}`, {"aria-label": `${text} ${id}`, onclick: () => act(id, word, again)}, text);
  return h("div.buttons", null, state === "PAUSED" ? button("RESUME", "Resume") : button("PAUSE", "Pause"), button("TERMINATE", "Terminate", ".danger"));
}

/** Calls @p look now and every two seconds, while the page is seen, until the view ends. */
function poll(look) {
  let timer = 0, ended = false;
  const next = async () => {
    clearTimeout(timer);
    if (!document.hidden)
      await look();
    if (!ended)
      timer = setTimeout(next, POLL_MS);
  };
  next();
  return {
    again: next,
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}

/* Rebuilt at each look: who was at a button is put back to it. */
function replace(box, ...content) {
  const label = box.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  const open = [...box.querySelectorAll("details")].map(d => d.open);
  const scrolled = [...box.querySelectorAll(".scroll")].map(s => [s.scrollLeft, s.scrollTop]);
  box.replaceChildren(...content);
  box.querySelectorAll("details").forEach((d, i) => (d.open = open[i] ?? false));
  box.querySelectorAll(".scroll").forEach((s, i) => scrolled[i] && ([s.scrollLeft, s.scrollTop] = scrolled[i]));
  if (label)
    [...box.querySelectorAll("[aria-label]")].find(e => e.getAttribute("aria-label") === label)?.focus({preventScroll: true});
}

/* ---- views ---- */

export function queriesView() {
  const box = h("div", null, empty("Loading…"));
  const looking = poll(async () => {
    try {
      const [{rows}, all] = await Promise.all([ask("SHOW QUERIES;"), figures()]);
      replace(box, rows.length ? list(rows, all, () => looking.again()) : empty("No queries. A ", h("code", null, "CREATE ... AS SELECT"), " makes one, and a push query is one while it runs."));
    } catch (error) {
      replace(box, failure(error));
    }
  });
  return {title: "Queries", element: h("div", null, h("h1", null, "Queries"), box), end: looking.end};
}

function list(rows, all, again) {
  const heads = ["Query", "State", "In/s", "Out/s", "Lag", "Errors", "Late", "State size", ""];
  const number = text => h("td.number", null, text);
  return h("div.scroll", null, h("table.queries", null,
    h("thead", null, h("tr", null, heads.map((text, i) => h(i > 1 && i < 8 ? "th.number" : "th", {scope: "col"}, text)))),
    h("tbody", null, rows.map(row => {
      const id = row["Query ID"], persistent = row["Query Type"] === "PERSISTENT";
      const f = all.get(id) || {state: Object.keys(row.Status || {})[0]};
      return h("tr", null,
        h("td", null, persistent ? h("a", {href: `#/queries/${encodeURIComponent(id)}`, "aria-label": `Details of ${id}`}, id) : id,
          h("div.second.sql", {title: row["Query String"]}, coloured(row["Query String"]))),
        h("td", null, chip(f.state)), number(rate(f.inRate)), number(rate(f.outRate)), number(count(f.lag)),
        number(f.errors ? h("span.bad", null, count(f.errors)) : count(f.errors)), number(count(f.late)), number(bytes(f.memory)),
        h("td", null, persistent ? actions(id, f.state, again) : null));
    }))));
}

export function queryView(id) {
  const box = h("div", null, empty("Loading…"));
  const looking = poll(async () => {
    try {
      const [{section}, analysis, all] = await Promise.all([ask(`EXPLAIN ${id};`), ask(`EXPLAIN ANALYZE ${id};`), figures()]);
      const query = section("query")[0] || {};
      const f = all.get(id) || {state: query.STATUS};
      const fact = (name, value) => h("div", null, h("dt", null, name), h("dd", null, value));
      replace(box,
        h("div.row", null, chip(f.state), actions(id, f.state, () => looking.again())),
        query.ERROR ? failure({message: query.ERROR}) : "",
        h("dl.figures", null, fact("Records in", count(query.RECORDS_IN)), fact("In", `${rate(f.inRate)}/s`), fact("Records out", count(query.RECORDS_OUT)), fact("Out", `${rate(f.outRate)}/s`),
          fact("Lag", count(query.LAG)), fact("Errors", count(query.ERRORS)), fact("Late rows", count(query.LATE)), fact("Dead letters", count(f.deadLetters)), fact("Tasks", query.TASKS || "–")),
        codeBlock(query.SQL || ""), h("h2", null, "Operators"), graph(analysis.rows));
    } catch (error) {
      replace(box, failure(error));
    }
  });
  return {title: id, element: h("div", null, h("p.crumbs", null, h("a", {href: "#/queries"}, "Queries")), h("h1", null, id), box), end: looking.end};
}
