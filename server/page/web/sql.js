// SPDX-License-Identifier: Apache-2.0
// As much of SQL's text as an editor needs: tokens for colours, where statements end.
import {h} from "./dom.js";

const TOKEN = new RegExp([
  /(?<comment>--[^\n]*|\/\*[^]*?(?:\*\/|$))/,
  /(?<string>'(?:[^']|'')*(?:'|$))/,
  /(?<quoted>`(?:[^`]|``)*(?:`|$)|"(?:[^"]|"")*(?:"|$))/,
  /(?<variable>\$\{[^}]*\}?)/,
  /(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/,
  /(?<word>[A-Za-z_][A-Za-z0-9_@]*)/,
  /(?<space>\s+)/,
  /(?<end>;)/,
  /(?<other>[^])/,
].map(part => part.source).join("|"), "g");

/** Words with a colour; filled from the server: keywords and functions, in capitals. */
export const words = {keyword: new Set(), function: new Set()};

/** [{kind, text, at}]; the texts together are @p text. */
export function tokens(text) {
  const found = [];
  for (const match of text.matchAll(TOKEN)) {
    const kind = Object.keys(match.groups).find(name => match.groups[name] !== undefined);
    found.push({kind, text: match[0], at: match.index});
  }
  return found;
}

function kindOf(token, next) {
  if (token.kind !== "word")
    return token.kind;
  const name = token.text.toUpperCase();
  if (words.function.has(name) && next?.text === "(")
    return "function";
  return words.keyword.has(name) ? "keyword" : "word";
}

/** Spans with a class for each kind. */
export function coloured(text) {
  const all = tokens(text);
  return all.map((token, i) => {
    const kind = kindOf(token, all[i + 1]);
    return kind === "space" || kind === "word" || kind === "other" || kind === "end"
      ? document.createTextNode(token.text) : h(`span.sql-${kind}`, null, token.text);
  });
}

export function codeBlock(sql) {
  return h("pre.sql", {tabindex: "0", "aria-label": "SQL"}, coloured(sql));
}

/** The statements of a text: [{sql, at}]; what holds blanks and comments alone is none. */
export function statements(text) {
  const found = [];
  let start = -1, end = 0;
  const close = () => {
    if (start >= 0)
      found.push({sql: text.slice(start, end), at: start});
    start = -1;
  };
  for (const token of tokens(text)) {
    if (start < 0 && (token.kind === "space" || token.kind === "comment" || token.kind === "end"))
      continue;
    if (start < 0)
      start = token.at;
    if (token.kind !== "space" && token.kind !== "comment")
      end = token.at + token.text.length;
    if (token.kind === "end")
      close();
  }
  close();
  return found;
}

/** Position in a string of @p text for an offset in its UTF-8 bytes. */
export function position(text, byteOffset) {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, byteOffset)).length;
}
