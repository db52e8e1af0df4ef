# SPDX-License-Identifier: Apache-2.0
"""The chart: CPU seconds per million records as bars on a logarithmic axis, in plain SVG."""
import html
import math

from harness.engines import ENGINES, FLOOR
from harness.results import summary
from harness.workloads import WORKLOADS

COLOURS = {"raw-consume": "#9aa5b1", "raw-copy": "#c3cad2", "weir": "#0b7285", "weir-2": "#22a6b8",
           "weir-default": "#0b7285", "ks": "#d9480f", "ks-2": "#f08c4a", "ks-eos": "#a83232"}
OTHER = "#666666"
LEFT, BARS, RIGHT = 205, 520, 150
BAR, GAP, GROUP_GAP, TOP, BOTTOM = 13, 3, 30, 78, 44


def text(x, y, content, size=12, anchor="start", colour="#1f2933", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}" font-weight="{weight}">{html.escape(content)}</text>')


def axis_ends(values):
    """Powers of ten around the values; a bar's length is the distance from the lower one."""
    low = 10.0 ** math.floor(math.log10(min(values)))
    if low > min(values) * 0.6:  # leave the shortest bar a length
        low /= 10
    return low, 10.0 ** math.ceil(math.log10(max(values) * 1.05))


def ticks(low, high):
    at = low
    while at <= high * 1.001:
        for factor in (1, 2, 5):
            if at * factor <= high * 1.001:
                yield at * factor
        at *= 10


def bar(y, row, engine, x_of, low):
    x, value = x_of(low), row["cpu_per_million"]
    width = x_of(value) - x
    label = f"{value:.2f}" if value < 10 else f"{value:.1f}"
    if engine != FLOOR and "to_floor" in row:
        label += f"  ({row['to_floor']:.1f} x)"
    title = ENGINES[engine].title if engine in ENGINES else engine
    return [f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BAR}" rx="1.5" '
            f'fill="{COLOURS.get(engine, OTHER)}"/>',
            text(LEFT - 8, y + BAR - 2.5, title, 11, "end", "#52606d"),
            text(x + width + 5, y + BAR - 2.5, label, 11)]


def svg(results):
    shown = {w: {e: row for e, row in rows.items() if row["good"]}
             for w, rows in summary(results).items()}
    shown = {w: rows for w, rows in shown.items() if rows}
    values = [row["cpu_per_million"] for rows in shown.values() for row in rows.values()]
    if not values:
        raise ValueError("no run counts, so there is nothing to draw")
    low, high = axis_ends(values)

    def x_of(value):
        return LEFT + BARS * math.log(value / low) / math.log(high / low)

    body, y = [], TOP
    for workload, rows in shown.items():
        known = WORKLOADS.get(workload)
        body.append(text(LEFT, y - 5, workload + (f": {known.title}" if known else ""), 13,
                         weight="bold"))
        for engine, row in rows.items():
            body += bar(y, row, engine, x_of, low)
            y += BAR + GAP
        y += GROUP_GAP
    bottom = y - GROUP_GAP + 8
    grid = []
    for value in ticks(low, high):
        x = x_of(value)
        grid.append(f'<line x1="{x:.1f}" y1="{TOP - 22}" x2="{x:.1f}" y2="{bottom:.1f}" '
                    'stroke="#e4e7eb"/>')
        grid.append(text(x, bottom + 15, f"{value:g}", 11, "middle", "#52606d"))
    machine = next((r for r in results if r["kind"] == "machine"), {})
    below = (f"{machine.get('records', 0):,} records, {machine.get('cores')} cores "
             f"({machine.get('cpu')}); medians; log scale; in brackets: times bare consume")
    width, height = LEFT + BARS + RIGHT, bottom + BOTTOM
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
        f'viewBox="0 0 {width} {height:.0f}" font-family="system-ui, sans-serif">',
        f'<rect width="{width}" height="{height:.0f}" fill="#ffffff"/>',
        text(16, 26, "CPU seconds per million records, user + system, measured from outside", 15,
             weight="bold"),
        text(16, 44, "Shorter is better", 12, colour="#52606d"),
        *grid, *body, text(16, height - 8, below, 11, colour="#52606d"), "</svg>", ""])
