// SPDX-License-Identifier: Apache-2.0
// Elements. Text is always put in as text: nothing on this page is ever parsed as HTML.

/** h("div.card", {onclick: f, "aria-label": "x"}, child, "text", null): an element. */
export function h(selector, props, ...children) {
  const [tag, ...classes] = selector.split(".");
  return fill(document.createElement(tag || "div"), classes, props, children);
}

/** The same of SVG; all properties are attributes. */
export function svg(selector, props, ...children) {
  const [tag, ...classes] = selector.split(".");
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), classes, props, children);
}

function fill(element, classes, props, children) {
  if (classes.length)
    element.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(props || {})) {
    if (name.startsWith("on"))
      element.addEventListener(name.slice(2), value);
    else if (value === true || value === false)
      element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined)
      element.setAttribute(name, value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

const counts = new Intl.NumberFormat("en-US");

/** 12345 -> "12,345"; NULL is a dash. */
export function count(n) {
  return n === null || n === undefined ? "–" : counts.format(n);
}

/** A rate a second: three digits are enough. */
export function rate(n) {
  return n === null || n === undefined ? "–" : counts.format(n < 10 ? Math.round(n * 10) / 10 : Math.round(n));
}

export function bytes(n) {
  if (n === null || n === undefined)
    return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; n >= 1000 && at < units.length - 1; at++)
    n /= 1000;
  return `${at && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[at]}`;
}

export function duration(ns) {
  if (ns === null || ns === undefined)
    return "–";
  if (ns < 1e6)
    return `${Math.round(ns / 1e3)} µs`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(1)} ms` : `${(ns / 1e9).toFixed(1)} s`;
}

/** A place where there is nothing: says what would be here. */
export function empty(text, ...more) {
  return h("p.empty", null, text, ...more);
}

/** An error of the server, or any other. */
export function failure(error) {
  return h("div.error", {role: "alert"}, h("p", null, error.message), error.hint ? h("p.hint", null, error.hint) : null);
}

/** Asks; resolves to whether it was confirmed. Escape and Cancel say no. */
export function confirmed(title, text, action) {
  return new Promise(resolve => {
    const dialog = h("dialog", {"aria-label": title},
      h("h2", null, title), h("p", null, text),
      h("div.buttons", null,
        h("button", {onclick: () => dialog.close("no"), autofocus: true}, "Cancel"),
        h("button.danger", {onclick: () => dialog.close("yes")}, action)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A table of texts; a cell may be an element. numeric[i]: column i is set right. */
export function table(heads, rows, numeric = [], label = "") {
  const side = i => (numeric[i] ? {class: "number"} : null);
  return h("div.scroll", {tabindex: "0", role: "region", "aria-label": label || heads.join(", ")},
    h("table", null,
      h("thead", null, h("tr", null, heads.map((head, i) => h("th", {scope: "col", ...side(i)}, head)))),
      h("tbody", null, rows.map(row => h("tr", null, row.map((cell, i) => h("td", side(i), cell)))))));
}

/** Kept in this browser; a full or forbidden storage keeps nothing. */
export const kept = {
  get(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`weir.${name}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`weir.${name}`, JSON.stringify(value));
    } catch {
      /* The page works without. */
    }
  },
};
