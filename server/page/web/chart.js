// SPDX-License-Identifier: Apache-2.0
// Rows as lines over time or as bars, chosen from the types of their columns.
import {h, svg} from "./dom.js";

const SERIES = 8, BARS = 24, WIDTH = 720, HEIGHT = 260;
const EDGE = {left: 64, right: 12, top: 12, bottom: 28};

const isNumber = type => /^(INTEGER|BIGINT|DOUBLE|DECIMAL)/.test(type);
const isTime = c => /^(TIMESTAMP|DATE)/.test(c.type) || ["WINDOWSTART", "WINDOWEND", "ROWTIME"].includes(c.name);
const isName = type => /^(STRING|VARCHAR|BOOLEAN)/.test(type);

/** What of the columns can be drawn: {values, groups, time, kind}, indices; null: nothing. */
export function plan(columns) {
  const indices = test => columns.map((c, i) => (test(c) ? i : -1)).filter(i => i >= 0);
  const time = indices(isTime)[0] ?? -1;
  const values = indices(c => isNumber(c.type) && !isTime(c));
  if (!values.length)
    return null;
  const named = indices(c => isName(c.type));
  const keys = named.filter(i => columns[i].key);
  const groups = [...keys, ...named.filter(i => !keys.includes(i))];
  const plainValues = values.filter(i => !columns[i].key);
  return {values: plainValues.length ? plainValues : values, groups, time, kind: time < 0 && keys.length ? "bars" : "lines"};
}

const asTime = v => (typeof v === "number" ? v : /^\d+$/.test(v) ? Number(v) : Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(v) ? v : `${v}Z`));

/* Round steps, so that labels are numbers that people would write. */
function ticks(low, high, wanted) {
  const raw = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= raw);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step)
    found.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  return found;
}

const short = new Intl.NumberFormat("en-US", {notation: "compact", maximumFractionDigits: 2});
const clock = (ms, span) => {
  const text = new Date(ms).toISOString();
  return span > 2 * 864e5 ? text.slice(5, 10) : span > 6e5 ? text.slice(11, 16) : text.slice(11, 19);
};

/** Draws rows into its element. */
export class Chart {
  constructor(columns) {
    this.columns = columns;
    this.plan = plan(columns);
    this.value = this.plan.values[0];
    this.group = this.plan.groups[0] ?? -1;
    this.kind = this.plan.kind;
    const pick = (label, value, options, set) => h("label", null, label, h("select", {
      onchange: e => {
        set(e.target.value);
        this.draw(this.rows || []);
      },
    }, options.map(([v, text]) => h("option", {value: v, selected: String(v) === String(value)}, text))));
    const names = list => list.map(i => [i, columns[i].name]);
    this.picture = svg("svg.chart", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img"});
    this.legend = h("div.legend");
    this.element = h("div.chart-box", null,
      h("div.chart-tools", null,
        pick("Chart", this.kind, [["lines", "Lines"], ["bars", "Bars"]], v => (this.kind = v)),
        pick("of", this.value, names(this.plan.values), v => (this.value = Number(v))),
        pick("by", this.group, [...names(this.plan.groups), [-1, "nothing"]], v => (this.group = Number(v)))),
      this.picture, this.legend);
  }

  /** @p rows: [{row, at, tombstone}], the oldest first. */
  draw(rows) {
    this.rows = rows;
    const series = this.collect(rows);
    this.legend.replaceChildren(...(this.kind === "lines" && this.group >= 0
      ? [...series.keys()].map((name, i) => h("span", null, h(`i.series-${i}`), name)) : []));
    const parts = !series.size ? [svg("text.note", {x: WIDTH / 2, y: HEIGHT / 2, "text-anchor": "middle"}, "No rows yet")]
      : this.kind === "lines" ? this.lines(series) : this.bars(series);
    this.picture.setAttribute("aria-label", `${this.columns[this.value].name}, ${series.size} ${this.kind === "lines" ? "lines" : "bars"}`);
    this.picture.replaceChildren(...parts);
  }

  /* name -> [[x, y]] with one y for each x, the last; names that are written last stay. */
  collect(rows) {
    const all = new Map();
    for (const {row, at, tombstone} of rows) {
      const name = this.group < 0 ? this.columns[this.value].name : String(row[this.group]);
      if (this.kind === "bars" && tombstone) {
        all.delete(name);
        continue;
      }
      const y = row[this.value] === null ? NaN : Number(row[this.value]);
      const x = this.plan.time >= 0 ? asTime(row[this.plan.time]) : at;
      if (!Number.isFinite(y) || !Number.isFinite(x))
        continue;
      if (!all.has(name))
        all.set(name, new Map());
      all.get(name).set(x, y);
    }
    const points = [...all].map(([name, values]) => [name, [...values].sort((a, b) => a[0] - b[0])]);
    const last = p => p[1].at(-1)[1];
    const most = this.kind === "bars" ? BARS : SERIES;
    const kept = points.length > most ? points.sort((a, b) => last(b) - last(a)).slice(0, most) : points;
    return new Map(kept.sort((a, b) => (a[0] < b[0] ? -1 : 1)));
  }

  /* The axis of values and its lines; @return y of a value. */
  frame(parts, low, high) {
    const span = high - low || Math.abs(high) || 1;
    const bottom = low >= 0 && low < span * 2 ? 0 : low - span * 0.05;
    const top = high + span * 0.05;
    const y = v => HEIGHT - EDGE.bottom - ((v - bottom) / (top - bottom)) * (HEIGHT - EDGE.top - EDGE.bottom);
    for (const tick of ticks(bottom, top, 4))
      parts.push(svg("line.grid", {x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(tick), y2: y(tick)}),
        svg("text", {x: EDGE.left - 8, y: y(tick) + 4, "text-anchor": "end"}, short.format(tick)));
    return y;
  }

  lines(series) {
    const parts = [], all = [...series.values()].flat();
    const xs = all.map(p => p[0]), ys = all.map(p => p[1]);
    const from = Math.min(...xs), to = Math.max(...xs), span = to - from || 1;
    const y = this.frame(parts, Math.min(...ys), Math.max(...ys));
    const x = v => EDGE.left + (to === from ? 0.5 : (v - from) / span) * (WIDTH - EDGE.left - EDGE.right);
    for (let i = 0; i < 5 && (to > from || i === 0); i++) {
      const at = from + (span * i) / 4;
      parts.push(svg("text", {x: x(at), y: HEIGHT - 8, "text-anchor": to === from ? "middle" : ["start", "middle", "middle", "middle", "end"][i]}, clock(at, span)));
    }
    [...series.values()].forEach((points, i) => {
      const d = points.map(([px, py], k) => `${k ? "L" : "M"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join("");
      parts.push(svg(`path.series-${i}`, {d}));
      const [px, py] = points.at(-1);
      parts.push(svg(`circle.series-${i}`, {cx: x(px), cy: y(py), r: 3}));
    });
    return parts;
  }

  bars(series) {
    const parts = [], rows = [...series].map(([name, points]) => [name, points.at(-1)[1]]);
    const values = rows.map(r => r[1]);
    const y = this.frame(parts, Math.min(0, ...values), Math.max(0, ...values));
    const width = (WIDTH - EDGE.left - EDGE.right) / rows.length;
    rows.forEach(([name, value], i) => {
      const left = EDGE.left + i * width, thick = Math.min(width * 0.7, 64);
      const letters = Math.max(1, Math.floor(width / 7));
      parts.push(svg("rect.bar", {x: left + (width - thick) / 2, width: thick, y: Math.min(y(0), y(value)), height: Math.max(1, Math.abs(y(value) - y(0))), rx: 2},
        svg("title", null, `${name}: ${value}`)));
      parts.push(svg("text", {x: left + width / 2, y: HEIGHT - 8, "text-anchor": "middle"}, name.length > letters ? `${name.slice(0, Math.max(1, letters - 1))}…` : name));
    });
    return parts;
  }
}
