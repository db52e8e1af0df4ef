# SPDX-License-Identifier: Apache-2.0
"""Results: lines of JSON, one for the machine and one for each run; and the table made of them."""
import json
import os
import platform
import re
import statistics
import subprocess
import time

from harness.build import ROOT
from harness.engines import FLOOR, PEER


def first_line(command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd=ROOT)
    except OSError:
        return None
    return (done.stdout.splitlines() or [None])[0] if done.returncode == 0 else None


def machine(options, built):
    """What a figure depends on."""
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "kind": "machine", "time": int(time.time()), "cpu": models[0] if models else None,
        "cores": os.cpu_count(), "memory_gib": round(memory / (1 << 30), 1),
        "system": platform.platform(), "commit": first_line(["git", "describe", "--always", "--dirty"]),
        "weir": first_line([str(built.weir), "version"]), "java": first_line(["java", "-version"]),
        "records": options.records, "seed": options.seed, "command": options.command,
    }


class Writer:
    """Appends to a file of JSON lines, so that an interrupted benchmark keeps what it has."""

    def __init__(self, path):
        self.path, self.all = path, []

    def __call__(self, result):
        self.all.append(result)
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a") as file:
                file.write(json.dumps(result) + "\n")


def read(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def summary(results):
    """{workload: {engine: medians}} of the runs that were right; ratios are of medians."""
    groups = {}
    for r in results:
        if r["kind"] == "run":
            groups.setdefault(r["workload"], {}).setdefault(r["engine"], []).append(r)
    table = {}
    for workload, engines in groups.items():
        rows = table[workload] = {}
        for engine, runs in engines.items():
            good = [r for r in runs if r["ok"]]
            row = rows[engine] = {"runs": len(runs), "good": len(good)}
            if not good:
                row["why"] = runs[-1]["check"]
                continue
            for name in ("cpu_per_million", "records_per_s", "wall_s", "rss_mib",
                         "broker_cpu_per_million", "other_cores"):
                row[name] = statistics.median(r[name] for r in good)
            row["spread"] = (min(r["cpu_per_million"] for r in good),
                             max(r["cpu_per_million"] for r in good))
            first = [r["first_output_s"] for r in good if r["first_output_s"] is not None]
            row["first_output_s"] = statistics.median(first) if first else None
        for row in rows.values():
            for name, other, turned in (("to_floor", FLOOR, False), ("to_peer", PEER, True)):
                base = rows.get(other, {}).get("cpu_per_million")
                own = row.get("cpu_per_million")
                if base and own:
                    row[name] = base / own if turned else own / base
    return table


HEADER = ("| workload | engine | CPU s/M | (min-max) | x bare consume | x less than KS | k rec/s |"
          " RSS MiB | first output s | broker s/M | others |\n"
          "|---|---|--:|---|--:|--:|--:|--:|--:|--:|--:|")


def number(row, name, digits, scale=1.0):
    value = row.get(name)
    return "-" if value is None else f"{value * scale:.{digits}f}"


def table(results):
    """The table as Markdown, which is as readable on a terminal."""
    lines = [HEADER]
    for workload, rows in summary(results).items():
        for engine, row in rows.items():
            if not row["good"]:
                lines.append(f"| {workload} | {engine} | failed: {row['why'][:90]} |" + " |" * 8)
                continue
            low, high = row["spread"]
            lines.append(
                f"| {workload} | {engine} | {number(row, 'cpu_per_million', 2)}"
                f" | {low:.2f}-{high:.2f} | {number(row, 'to_floor', 2)}"
                f" | {number(row, 'to_peer', 1)} | {number(row, 'records_per_s', 0, 1e-3)}"
                f" | {number(row, 'rss_mib', 0)} | {number(row, 'first_output_s', 2)}"
                f" | {number(row, 'broker_cpu_per_million', 2)} | {number(row, 'other_cores', 2)} |"
                + (f" {row['runs'] - row['good']} failed" if row["good"] < row["runs"] else ""))
    return "\n".join(aligned(lines))


def aligned(lines):
    """Markdown rows with their columns under each other."""
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in "\n".join(lines).split("\n")]
    widths = [max((len(row[i]) for row in cells if i < len(row)), default=0)
              for i in range(max(map(len, cells)))]
    out = []
    for row in cells:
        if set("".join(row)) <= set("-: "):
            row = [(":" if c.startswith(":") else "-") + "-" * (w - 2)
                   + (":" if c.endswith(":") else "-") for c, w in zip(row, widths)]
        out.append("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |")
    return out


PUBLISHED = re.compile("(<!-- begin: results -->\n).*(<!-- end: results -->)", re.S)


def published(page, results_):
    """The page of docs/ with these results between its two marks."""
    machine_ = next(r for r in results_ if r["kind"] == "machine")
    runs = [r for r in results_ if r["kind"] == "run"]
    each = max(s["runs"] for rows in summary(results_).values() for s in rows.values())
    date = time.strftime("%Y-%m-%d", time.gmtime(machine_["time"]))
    text = (f"![CPU seconds per million records](benchmarks.svg)\n\n{date}, {machine_['weir']}"
            f" ({machine_['commit']}), `{machine_['command']}`: {machine_['records']:,} records,"
            f" {each} runs each, {len(runs)} in all. {machine_['cores']} cores ({machine_['cpu']}),"
            f" {machine_['memory_gib']} GiB, broker on the same machine; {machine_['java']}.\n\n"
            f"{table(results_)}\n\n")
    changed, n = PUBLISHED.subn(lambda m: m.group(1) + text + m.group(2), page)
    if n != 1:
        raise ValueError("docs/benchmarks.md has not its two marks")
    return changed
