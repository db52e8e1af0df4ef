// SPDX-License-Identifier: Apache-2.0
// Streams and tables with their columns, topics with their last records, dead letters.
import {count, empty, failure, h, table} from "./dom.js";
import {toConsole} from "./console.js";
import {ask, literal, quoted, records} from "./server.js";
import {codeBlock} from "./sql.js";

const LAST = 50, LAST_LETTERS = 100;

/* Fills an element when the answer comes. */
function later(promise, show) {
  const box = h("div", null, empty("Loading…"));
  promise.then(value => box.replaceChildren(...[show(value)].flat()), error => box.replaceChildren(failure(error)));
  return box;
}

/* A list at the left, what was chosen at the right; on a phone one below the other. */
function masterDetail(title, path, loaded, chosen, detail, none) {
  return {
    title: chosen || title,
    element: h("div", null, h("h1", null, title), later(loaded, items => (items.length ? h("div.split", null,
      h("nav.list", {"aria-label": title}, items.map(item => h("a", {
        href: `#/${path}/${encodeURIComponent(item.name)}`, "aria-current": item.name === chosen ? "true" : null,
      }, h("span", null, item.name), h("small", null, item.note)))),
      h("div.detail", null, chosen ? detail(chosen) : empty("Choose one."))) : none))),
  };
}

/* ---- sources ---- */

async function sources() {
  const [streams, tables] = await Promise.all([ask("SHOW STREAMS;"), ask("SHOW TABLES;")]);
  return [...streams.rows.map(r => ({name: r["Stream Name"], note: "stream"})), ...tables.rows.map(r => ({name: r["Table Name"], note: r.Windowed ? "windowed table" : "table"}))];
}

export function sourcesView(chosen) {
  return masterDetail("Sources", "sources", sources(), chosen, source, empty("No streams or tables. ", h("code", null, "CREATE STREAM"), " makes one over a topic."));
}

function source(name) {
  return later(ask(`DESCRIBE ${quoted(name)} EXTENDED;`), ({rows, section}) => {
    const about = section("source")[0], topic = section("topic")[0], statistics = section("statistics")[0];
    const fact = (what, value) => h("div", null, h("dt", null, what), h("dd", null, value ?? "–"));
    const readers = topic?.READERS || [], writers = topic?.WRITERS || [];
    const links = ids => (ids.length ? ids.map((id, i) => [i ? ", " : "", h("a", {href: `#/queries/${encodeURIComponent(id)}`}, id)]).flat() : ["none"]);
    return [
      h("div.row", null, h("h2", null, name), h("div.buttons", null,
        h("button", {onclick: () => toConsole(`SELECT * FROM ${quoted(name)} EMIT CHANGES;`)}, "Watch"),
        about.TYPE === "TABLE" && writers.length ? h("button", {onclick: () => toConsole(`SELECT * FROM ${quoted(name)};`)}, "Look up") : null)),
      h("dl.figures", null, fact("Kind", about.TYPE.toLowerCase()), fact("Topic", topic ? h("a", {href: `#/topics/${encodeURIComponent(topic.TOPIC)}`}, topic.TOPIC) : null),
        fact("Partitions", count(topic?.PARTITIONS)), fact("Key format", about.KEY_FORMAT), fact("Value format", about.VALUE_FORMAT), fact("Timestamp", about.TIMESTAMP),
        statistics ? fact("Messages", count(statistics.TOTAL_MESSAGES)) : null, statistics ? fact("Failed", count(statistics.FAILED_MESSAGES)) : null),
      table(["Column", "Type", "Role"], rows.map(r => [h("code", null, r.Field), h("code", null, r.Type), (r.Role || "").toLowerCase()]), [], "Columns"),
      h("p", null, "Read by: ", links(readers), h("br"), "Written by: ", links(writers)),
      codeBlock(about.STATEMENT || ""),
    ];
  });
}

/* ---- topics ---- */

export function topicsView(chosen) {
  const topics = ask("SHOW TOPICS;").then(({rows}) => rows.map(r => ({name: r["Kafka Topic"], note: `${r.Partitions} ${r.Partitions === 1 ? "partition" : "partitions"}`})));
  return masterDetail("Topics", "topics", topics, chosen, topic, empty("No topics."));
}

const when = ms => h("time", {datetime: new Date(ms).toISOString()}, new Date(ms).toISOString().replace("T", " ").replace("Z", ""));
const text = value => (value === null ? h("span.null", null, "NULL") : h("code.value", null, value));

function topic(name) {
  return later(records(name, LAST), list => [
    h("div.row", null, h("h2", null, name), h("div.buttons", null, h("button", {onclick: () => toConsole(`PRINT ${literal(name)} FROM BEGINNING;`)}, "Print"))),
    list.length ? h("p.second", null, `The last ${count(list.length)} records, newest first. Times are UTC.`) : null,
    list.length ? table(["Time", "Part.", "Offset", "Key", "Value", "Headers"], list.map(r => [when(r.timestamp), count(r.partition), count(r.offset), text(r.key), text(r.value),
      r.headers.length ? h("details", null, h("summary", null, count(r.headers.length)), headers(r.headers)) : ""]), [0, 1, 1], "Records") : empty("The topic is empty."),
  ].filter(Boolean));
}

function headers(list) {
  return h("dl.headers", null, list.map(([name, value]) => [h("dt", null, name), h("dd", null, value === null ? "NULL" : value)]).flat());
}

/* ---- dead letters ---- */

/* A topic whose last record has the headers of a letter; those that are named as the queries' own come first. */
async function letterTopics() {
  const {rows} = await ask("SHOW TOPICS;");
  const all = rows.map(r => r["Kafka Topic"]);
  const found = await Promise.all(all.map(async name => {
    const [last] = await records(name, 1).catch(() => []);
    return last?.headers.some(([h]) => h === "__weir.errors.code") ? {name, note: ""} : null;
  }));
  return found.filter(Boolean);
}

export function deadLettersView(chosen) {
  return masterDetail("Dead letters", "dead-letters", letterTopics(), chosen, letters,
    empty("No dead letters. Records that cannot be used go to a topic of these where ", h("code", null, "weir.on.error = 'dead-letter'"), " or ON_ERROR of a stream or table say so."));
}

function letters(name) {
  return later(records(name, LAST_LETTERS), list => {
    const named = list.map(r => ({...r, by: Object.fromEntries(r.headers)}));
    return [h("h2", null, name), h("p.second", null, `The last ${count(list.length)} letters, newest first. Times are the records', in UTC.`),
      h("div.letters", null, named.map(r => h("article.card", null,
        h("div.card-head", null, h("span.chip.failed", null, r.by["__weir.errors.code"] || "?"), h("code", null, `${r.by["__streams.errors.topic"]} [${r.by["__streams.errors.partition"]}] @ ${r.by["__streams.errors.offset"]}`), h("span.counter", null, when(r.timestamp))),
        h("div.card-body", null, h("p", null, r.by["__streams.errors.message"]),
          h("p.second", null, "Query ", r.by["__weir.errors.query"] || "–", ", step ", r.by["__weir.errors.step"] || "–", ", stage ", r.by["__weir.errors.stage"] || "–"),
          h("dl.headers", null, h("dt", null, "Key"), h("dd", null, text(r.key)), h("dt", null, "Value"), h("dd", null, text(r.value))),
          h("details", null, h("summary", null, "All headers"), headers(r.headers))))))];
  });
}
