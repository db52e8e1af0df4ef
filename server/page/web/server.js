// SPDX-License-Identifier: Apache-2.0
// The server: statements, their rows as they come, metrics. Paths are relative to the page's.

/** What a statement failed with. line and column count from 1 and offset from 0, in the statement's
 *  text and in its UTF-8 bytes; 0 and -1: it has no place. */
export class StatementError extends Error {
  constructor({message, hint = "", line = 0, column = 0, offset = -1}) {
    super(message);
    Object.assign(this, {hint, line, column, offset});
  }
}

const unreachable = () => new StatementError({message: "The server does not answer", hint: "Is weir server running?"});

/** Integers that a double cannot hold become texts, so that they are shown as they are. */
export function parse(line) {
  const exact = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const long = /\d{16}/.test(line);
  return JSON.parse(long ? line.replace(exact, m => (/^-?\d{16,}$/.test(m) ? `"${m}"` : m)) : line);
}

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const {value, done} = await reader.read();
    const all = (rest + (value || "")).split("\n");
    rest = done ? "" : all.pop();
    for (const line of all)
      if (line)
        yield line;
    if (done)
      return;
  }
}

/**
 * Runs one statement. on.head(head) once, on.row(row) for each; resolves to its last line, {message}.
 * Reads no faster than `on` returns, so a page that is slow holds the server back.
 * @throws StatementError; AbortError when @p signal ended it, which also ends a query at the server.
 */
export async function run(sql, {settings = {}, signal, head, row} = {}) {
  let end = null, headed = false;
  try {
    const response = await fetch("../weir/v1/statement", {
      method: "POST", signal, headers: {"Content-Type": "application/json"}, body: JSON.stringify({sql, settings}),
    });
    for await (const line of lines(response.body)) {
      const answer = parse(line);
      if (answer.error)
        throw new StatementError(answer.error);
      if (!headed && (headed = true))
        head?.(answer);
      else if (answer.row)
        row?.(answer);
      else
        end = answer;
    }
    if (!response.ok)
      throw new StatementError({message: `The server answered ${response.status}`});
  } catch (error) {
    if (error instanceof StatementError || error.name === "AbortError")
      throw error;
    throw unreachable();
  }
  if (!end)
    throw new StatementError({message: "The server ended the statement", hint: "It may be stopping."});
  return end;
}

/** A statement with a few rows, whole: {rows: [{column: value}], section(name): the same}. */
export async function ask(sql, options = {}) {
  let header;
  const rows = [];
  const named = (columns, {row}) => Object.fromEntries(columns.map((c, i) => [c.name, row[i]]));
  await run(sql, {...options, head: answer => (header = answer), row: r => rows.push(named(header.columns, r))});
  const section = name => {
    const found = header.sections.find(s => s.name === name);
    return found ? found.rows.map(r => named(found.columns, r)) : [];
  };
  return {rows, section};
}

/** Names that may follow: keywords, functions, sources, columns. */
export async function names() {
  const response = await fetch("../weir/v1/complete?prefix=");
  return response.ok ? response.json() : [];
}

/** Prometheus' text as [{name, labels, value}]. */
export function parseMetrics(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match)
      continue;
    const labels = {};
    for (const [, name, value] of (match[2] || "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
      labels[name] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    samples.push({name: match[1], labels, value: Number(match[3])});
  }
  return samples;
}

export async function metrics() {
  let response;
  try {
    response = await fetch("../metrics");
  } catch {
    throw unreachable();
  }
  if (!response.ok)
    throw new StatementError({message: `/metrics: the server answered ${response.status}`});
  return parseMetrics(await response.text());
}

/** A name between backticks where it needs them. */
export function quoted(name) {
  return /^[A-Z_][A-Z0-9_]*$/.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

/** A text of SQL. */
export function literal(text) {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The last records of a topic, newest first: {partition, offset, timestamp, key, value, headers}. */
export async function records(topic, last) {
  const response = await fetch(`../weir/v1/records?topic=${encodeURIComponent(topic)}&last=${last}`).catch(() => {
    throw unreachable();
  });
  const answer = parse(await response.text());
  if (answer.error)
    throw new StatementError(answer.error);
  return answer.records;
}
