#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asserts, comments and tests by folder: a table, and floors that only rise.

asserts   WR_ASSERT per 1,000 lines of code; the goal is 12, 15 in runtime
comments  lines with a comment on them, in percent of all lines; the goal is 20
tests     lines below tests/ (not lint/) per line of the program, over all; the goal is 0.6

density.txt holds `folder measure floor`; `density.py --update` raises floors to what is reached and
adds folders that have none. A folder without a floor is shown, not checked.
"""
import re
import sys
from pathlib import Path

import ratchet
from sources import FOLDERS, TOKEN, files, read, report, strip

LIST = Path(__file__).parent / "density.txt"
# Folders whose comments are held to a floor; asserts are, everywhere.
COMMENTED = ["engine/plan", "engine/functions", "runtime/statement", "runtime/api",
             "runtime/instance", "runtime/query"]
TEST_SUFFIXES = (".c", ".h", ".cpp", ".py", ".sql")
COMMENT = "\x01"  # stands for a letter of a comment: no source has it


def count(text):
    """(code lines, lines with a comment, lines, asserts) of C text."""
    def mark(match):
        token = match.group()
        return " " if token[0] in "\"'" else re.sub(r"[^\n]", COMMENT, token)

    lines = TOKEN.sub(mark, text).splitlines()
    stripped = strip(text)
    code = sum(1 for line in stripped.splitlines() if line.strip())
    return code, sum(COMMENT in line for line in lines), len(lines), stripped.count("WR_ASSERT(")


def down(value, digits):
    """Rounded down, so that a floor is never above what it was taken from."""
    scale = 10 ** digits
    return int(value * scale) / scale


def shares(code, comments, lines, asserts):
    return {"asserts": down(1000 * asserts / max(code, 1), 1),
            "comments": down(100 * comments / max(lines, 1), 1)}


def measure(texts, test_lines):
    """{(folder, measure): value} over {path: text}; the folder `all` is the program."""
    sums, total = {}, [0, 0, 0, 0]
    for path, text in texts.items():
        folder = sums.setdefault(str(Path(path).parent), [0, 0, 0, 0])
        for i, n in enumerate(count(text)):
            folder[i] += n
            total[i] += n
    sums["all"] = total
    values = {(folder, what): value for folder, counts in sums.items()
              for what, value in shares(*counts).items()}
    values["all", "tests"] = down(test_lines / max(total[2], 1), 2)
    return values


def is_held(key):
    folder, what = key
    return folder not in ("include", "cli") and (what != "comments" or folder in COMMENTED)


def problems_of(values, floors):
    problems = []
    for key, floor in sorted(floors.items()):
        if key not in values:
            problems.append(f"density.txt: {' '.join(key)} is not measured: remove the line")
        elif values[key] < floor:
            problems.append(f"{key[0]}: {key[1]} {values[key]} is below its floor {floor}")
    return problems


def print_table(values, floors):
    print(f"{'folder':20} {'asserts':>8} {'floor':>6} {'comments':>9} {'floor':>6}")
    for folder in sorted({folder for folder, _ in values}):
        row = [f"{folder:20}"]
        for what, width in (("asserts", 8), ("comments", 9)):
            row.append(f"{values[folder, what]:{width}.1f}")
            row.append(f"{floors.get((folder, what), '-'):>6}")
        print(" ".join(row))
    print(f"tests per line: {values['all', 'tests']} (floor {floors.get(('all', 'tests'), '-')})")


def update(path, values, floors):
    lines = [line for line in path.read_text().splitlines() if line.startswith("#")]
    for key, value in sorted(values.items()):
        if is_held(key):
            lines.append(" ".join([*key, str(max(value, floors.get(key, 0.0)))]))
    path.write_text("\n".join(lines) + "\n")


def main():
    texts = {str(path): read(path) for path in files(*FOLDERS)}
    tests = [p for p in files("tests", suffixes=TEST_SUFFIXES) if p.parts[1] != "lint"]
    values = measure(texts, sum(read(path).count("\n") for path in tests))
    if "--update" in sys.argv:
        update(LIST, values, ratchet.read_list(LIST))
    floors = ratchet.read_list(LIST)
    print_table(values, floors)
    report("density", problems_of(values, floors), len(texts))


if __name__ == "__main__":
    main()
