#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Long functions, tangled functions, long files: a report, and a ratchet that stops growth.

Limits: 60 lines and complexity 25 a function, 800 lines a file. Complexity is 1 + branches, where a
`switch` is one branch however many cases it has: a flat table of cases is long, not tangled. What
is over a limit stands in long.txt with its numbers, and may shrink but not grow; a line that is no
longer needed must go. `size.py --update` writes smaller numbers and drops lines; it never adds one.
`size.py --report` prints the longest functions and those of complexity over 15.
"""
import re
import sys
from pathlib import Path

import c_functions
from sources import FOLDERS, ROOT, files, read, report

LINES_MAX = 60
COMPLEXITY_MAX = 25
COMPLEXITY_REPORTED = 15
FILE_MAX = 800
BRANCH = re.compile(r"\b(?:if|for|while|switch)\b|&&|\|\||\?")


def functions(text):
    """[(name, first line, lines, complexity)] of the functions defined in C text."""
    return [(f.name, f.first, f.body.count("\n") + 1, 1 + len(BRANCH.findall(f.body)))
            for f in c_functions.functions(text)]


def measure():
    """{(path, name): (lines, complexity)} of what is over a limit; a file's name is "-"."""
    over, checked, every = {}, 0, []
    for path in files(*[f for f in FOLDERS if (ROOT / f).is_dir()]):
        checked += 1
        text = read(path)
        lines = text.count("\n")
        if lines > FILE_MAX:
            over[str(path), "-"] = (lines, 0)
        for name, first, length, complexity in functions(text):
            every.append((length, complexity, f"{path}:{first}", name))
            if length > LINES_MAX or complexity > COMPLEXITY_MAX:
                known = over.get((str(path), name), (0, 0))
                over[str(path), name] = (max(length, known[0]), max(complexity, known[1]))
    return over, checked, every


def read_list(path):
    entries = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            file, name, lines, complexity = line.split()
            entries[file, name] = (int(lines), int(complexity))
    return entries


def compare(over, listed):
    problems = []
    for key, (lines, complexity) in sorted(over.items()):
        path, name = key
        what = f"{path}: {name if name != '-' else 'the file'}"
        numbers = f"{lines} lines" + (f", complexity {complexity}" if complexity else "")
        if key not in listed:
            problems.append(f"{what} has {numbers}: split it by noun")
        elif lines > listed[key][0] or complexity > listed[key][1]:
            problems.append(f"{what} has grown to {numbers}, listed with {listed[key]}")
    for key in sorted(set(listed) - set(over)):
        problems.append(f"long.txt: {key[0]} {key[1]} is within the limits now: remove the line")
    return problems


def update(path, over, listed):
    lines = [line for line in path.read_text().splitlines() if line.startswith("#")]
    for key in sorted(set(listed) & set(over)):
        numbers = (min(a, b) for a, b in zip(listed[key], over[key]))
        lines.append(" ".join([*key, *map(str, numbers)]))
    path.write_text("\n".join(lines) + "\n")


def main():
    path = Path(__file__).parent / "long.txt"
    over, checked, every = measure()
    if "--report" in sys.argv:
        longest = sorted(every, reverse=True)
        tangled = [f for f in longest[40:] if f[1] > COMPLEXITY_REPORTED]
        for length, complexity, place, name in longest[:40] + tangled:
            print(f"{length:4d} lines  complexity {complexity:3d}  {place} {name}")
    if "--update" in sys.argv:
        update(path, over, read_list(path))
    report("size", compare(over, read_list(path)), checked)


if __name__ == "__main__":
    main()
