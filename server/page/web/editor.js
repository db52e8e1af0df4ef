// SPDX-License-Identifier: Apache-2.0
// A text area with colours below it, a list of completions, and a mark on the line of an error.
//
// Tab leaves the editor, as on any page, unless completions are shown: then it takes one.
import {h} from "./dom.js";
import {coloured, tokens} from "./sql.js";

const SHOWN = 8;

/** onRun(): Ctrl-Enter. candidates(word, text): [{name, kind}], the best first; may be a promise. */
export class Editor {
  constructor({text, onRun, onChange, candidates}) {
    Object.assign(this, {onRun, onChange, candidates, items: [], chosen: 0, asked: 0});
    this.area = h("textarea", {
      "aria-label": "SQL", "aria-autocomplete": "list", "aria-controls": "completions", "aria-describedby": "editor-keys",
      spellcheck: "false", autocapitalize: "off", autocomplete: "off", rows: "8", placeholder: "SELECT * FROM ... EMIT CHANGES;",
      oninput: () => this.changed(true), onkeydown: e => this.key(e), onscroll: () => this.scrolled(),
      onblur: () => this.close(), onclick: () => this.close(),
    });
    this.back = h("pre", {"aria-hidden": "true"});
    this.list = h("ul.completions", {id: "completions", role: "listbox", "aria-label": "Completions", hidden: true});
    this.element = h("div.editor", null, this.back, this.area, this.list);
    this.area.value = text;
    this.changed(false);
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.changed(false);
  }

  /** The selected text, or all of it, and where it begins. */
  get wanted() {
    const {selectionStart: from, selectionEnd: to, value} = this.area;
    return from < to && value.slice(from, to).trim() ? {text: value.slice(from, to), at: from} : {text: value, at: 0};
  }

  changed(typed) {
    this.errorAt = -1;
    this.draw();
    this.onChange?.(this.text);
    if (typed)
      this.complete(2);
  }

  /** Marks the line that holds position @p at, and moves the caret there. */
  mark(at) {
    this.errorAt = at;
    this.draw();
    this.area.setSelectionRange(at, at);
  }

  /* Line by line, so that one of them can be marked. The last newline needs something after it. */
  draw() {
    const text = this.text;
    let at = 0;
    const rows = text.split("\n").map(line => {
      const wrong = this.errorAt >= at && this.errorAt <= at + line.length;
      at += line.length + 1;
      return wrong;
    });
    const spans = [[]];
    for (const node of coloured(text)) {
      const parts = node.textContent.split("\n");
      parts.forEach((part, i) => {
        if (i)
          spans.push([]);
        const copy = node.cloneNode(false);
        copy.textContent = part;
        spans.at(-1).push(copy);
      });
    }
    this.back.replaceChildren(...spans.map((nodes, i) => h(rows[i] ? "div.wrong" : "div", null, nodes, nodes.length ? null : "\u200b")));
    for (const line of this.back.children)
      if (!line.textContent)
        line.append("\u200b");
    this.scrolled();
  }

  scrolled() {
    this.back.scrollTop = this.area.scrollTop;
    this.back.scrollLeft = this.area.scrollLeft;
  }

  key(event) {
    const open = !this.list.hidden;
    const ctrl = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && ctrl) {
      event.preventDefault();
      this.close();
      this.onRun();
    } else if (event.key === " " && ctrl) {
      event.preventDefault();
      this.complete(0);
    } else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.choose(this.chosen + (event.key === "ArrowDown" ? 1 : this.items.length - 1));
    } else if (open && (event.key === "Tab" || (event.key === "Enter" && this.moved))) {
      event.preventDefault();
      this.take(this.items[this.chosen]);
    } else if (open && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (open && (event.key === "ArrowLeft" || event.key === "ArrowRight" || event.key === "Enter")) {
      this.close();
    }
  }

  /* The word before the caret; null inside of a text or a comment. */
  word() {
    const at = this.area.selectionStart;
    const token = tokens(this.text).find(t => t.at < at && at <= t.at + t.text.length);
    if (token && (token.kind === "string" || token.kind === "comment" || token.kind === "quoted" || token.kind === "number"))
      return null;
    return token?.kind === "word" ? this.text.slice(token.at, at) : "";
  }

  async complete(least) {
    const word = this.word();
    const asked = ++this.asked;
    if (word === null || word.length < least)
      return this.close();
    const found = (await this.candidates(word, this.text)).slice(0, SHOWN);
    if (asked !== this.asked)
      return undefined;
    if (!found.length || (found.length === 1 && found[0].name.toUpperCase() === word.toUpperCase()))
      return this.close();
    this.items = found;
    this.typed = word;
    this.moved = least === 0;
    this.list.replaceChildren(...found.map((item, i) => h("li", {
      role: "option", id: `completion-${i}`,
      onmousedown: e => {
        e.preventDefault();
        this.take(item);
      },
    }, h("span", null, item.name), h("small", null, item.kind))));
    this.list.hidden = false;
    this.place();
    this.choose(0, true);
    return undefined;
  }

  /* Below the caret: measured with the colours' text, which has the area's font and width. */
  place() {
    const before = this.text.slice(0, this.area.selectionStart - this.typed.length);
    const line = this.back.children[before.split("\n").length - 1];
    const column = before.length - before.lastIndexOf("\n") - 1;
    const range = document.createRange();
    let left = column;
    const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      if (left <= node.length) {
        range.setStart(node, left);
        break;
      }
      left -= node.length;
    }
    const caret = range.getClientRects()[0] || line.getBoundingClientRect();
    const box = this.element.getBoundingClientRect();
    const room = box.width - this.list.offsetWidth - 8;
    this.list.style.left = `${Math.max(8, Math.min(caret.left - box.left - 8, room))}px`;
    this.list.style.top = `${caret.bottom - box.top + 4}px`;
  }

  choose(i, first = false) {
    this.moved ||= !first;
    this.chosen = i % this.items.length;
    [...this.list.children].forEach((li, k) => li.setAttribute("aria-selected", String(k === this.chosen)));
    this.area.setAttribute("aria-activedescendant", `completion-${this.chosen}`);
  }

  /* execCommand keeps the browser's undo, which setting the value would throw away. */
  take(item) {
    const at = this.area.selectionStart;
    this.close();
    this.area.focus();
    this.area.setSelectionRange(at - this.typed.length, at);
    document.execCommand("insertText", false, item.name);
    this.close();
  }

  close() {
    this.asked++;
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }
}
