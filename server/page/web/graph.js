// SPDX-License-Identifier: Apache-2.0
// The operators of a query as EXPLAIN ANALYZE counts them: sources on top, the output at the bottom.
import {bytes, count, duration, h, svg, table} from "./dom.js";

const BOX = {width: 236, height: 92, across: 28, down: 40};

/** Rows of EXPLAIN ANALYZE as a tree: {row, children, stores}; what is no operator is in `others`. */
export function tree(rows) {
  const root = {row: null, children: [], stores: [], depth: 0};
  const path = [root], others = [];
  let query = null;
  for (const row of rows) {
    if (row.KIND === "QUERY")
      query = row;
    else if (row.KIND !== "OPERATOR" && row.KIND !== "STORE")
      others.push(row);
    if (row.KIND !== "OPERATOR" && row.KIND !== "STORE")
      continue;
    while (path.at(-1).depth >= row.DEPTH)
      path.pop();
    if (row.KIND === "STORE") {
      path.at(-1).stores.push(row);
      continue;
    }
    const node = {row, children: [], stores: [], depth: row.DEPTH};
    path.at(-1).children.push(node);
    path.push(node);
  }
  return {query, others, roots: root.children};
}

/* Leaves get columns from left to right, and others stand between their children. */
function place(roots) {
  const all = [], edges = [];
  let column = 0;
  const visit = (node, level) => {
    node.level = level;
    for (const child of node.children) {
      visit(child, level + 1);
      edges.push([child, node]);
    }
    node.column = node.children.length ? (node.children[0].column + node.children.at(-1).column) / 2 : column++;
    all.push(node);
  };
  roots.forEach(root => visit(root, 0));
  const levels = Math.max(...all.map(n => n.level)) + 1;
  for (const node of all) {
    node.x = node.column * (BOX.width + BOX.across) + 4;
    node.y = (levels - 1 - node.level) * (BOX.height + BOX.down) + 4;
  }
  return {all, edges, width: column * (BOX.width + BOX.across) - BOX.across + 8, height: levels * (BOX.height + BOX.down) - BOX.down + 8};
}

const cut = (text, n) => (text && text.length > n ? `${text.slice(0, n - 1)}…` : text || "");

function box(node) {
  const {row, x, y, stores} = node;
  const inside = x + 12;
  const share = Math.min(100, row.SHARE || 0);
  const store = stores[0];
  const size = store ? `${cut(store.NAME, 16)}: ${bytes((store.MEMORY_BYTES || 0) + (store.DISK_BYTES || 0))}, ${count(store.CHANGES)} changes`
    : row.BYTES_IN !== null || row.BYTES_OUT !== null ? bytes((row.BYTES_IN || 0) + (row.BYTES_OUT || 0)) : "";
  return svg("g.node", {tabindex: "0", role: "img", "aria-label": `${row.NAME} ${row.DETAIL || ""}: ${count(row.ROWS_IN)} rows in, ${count(row.ROWS_OUT)} out, ${share.toFixed(1)} % of the time`},
    svg("title", null, `${row.NAME}\n${row.DETAIL || ""}`),
    svg("rect.box", {x, y, width: BOX.width, height: BOX.height, rx: 8}),
    svg("text.name", {x: inside, y: y + 22}, row.NAME),
    svg("text.detail", {x: inside, y: y + 39}, cut(row.DETAIL, 34)),
    svg("text.figures", {x: inside, y: y + 58}, `${count(row.ROWS_IN)} → ${count(row.ROWS_OUT)} rows`),
    svg("text.figures", {x: x + BOX.width - 12, y: y + 58, "text-anchor": "end"}, duration(row.TIME_NS)),
    svg("text.detail", {x: inside, y: y + 75}, cut(size, 36)),
    svg("rect.track", {x: inside, y: y + 82, width: BOX.width - 24, height: 3, rx: 1.5}),
    svg("rect.share", {x: inside, y: y + 82, width: ((BOX.width - 24) * share) / 100, height: 3, rx: 1.5}));
}

/** The picture, and the same as a table. */
export function graph(rows) {
  const {others, roots} = tree(rows);
  if (!roots.length)
    return h("p.empty", null, "No operators have run yet.");
  const {all, edges, width, height} = place(roots);
  const lines = edges.map(([from, to]) => {
    const x1 = from.x + BOX.width / 2, y1 = from.y + BOX.height, x2 = to.x + BOX.width / 2, y2 = to.y, half = (y1 + y2) / 2;
    const thick = 1.5 + Math.min(4, Math.log10(1 + (from.row.ROWS_OUT || 0)) / 2);
    return svg("path.edge", {d: `M${x1} ${y1}C${x1} ${half} ${x2} ${half} ${x2} ${y2}`, "stroke-width": thick.toFixed(1)});
  });
  const picture = svg("svg.graph", {viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Operators"}, lines, all.map(box));
  const cells = row => [`${"\u2003".repeat(Math.max(0, row.DEPTH - 1))}${row.NAME}`, row.DETAIL || "", count(row.ROWS_IN), count(row.ROWS_OUT), duration(row.TIME_NS), row.SHARE === null ? "–" : `${row.SHARE.toFixed(1)} %`, bytes(row.BYTES_IN), bytes(row.BYTES_OUT), bytes(row.MEMORY_BYTES), bytes(row.DISK_BYTES)];
  return h("div", null,
    h("p.facts", null, others.map(o => h("span", null, h("b", null, o.NAME), ` ${duration(o.TIME_NS)}`))),
    h("div.scroll.graph-box", {tabindex: "0", role: "region", "aria-label": "Operator graph"}, picture),
    h("details", null, h("summary", null, "As a table"),
      table(["Operator", "Detail", "Rows in", "Rows out", "Time", "Share", "Bytes in", "Bytes out", "Memory", "Disk"],
        rows.filter(r => r.KIND !== "QUERY").map(cells), [0, 0, 1, 1, 1, 1, 1, 1, 1, 1], "Operators")));
}
