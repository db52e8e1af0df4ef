#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The way of a record, as docs/architecture.md tells it, is a way that can be walked.

The section names source files in back quotes, by their path from the root. Each is named once and
exists. A folder is entered at most twice, on the way in and on the way out: who follows a record
does not go back and forth. Skipped (77) while the section is absent or names no file.
"""
import re
import sys
from pathlib import Path

from sources import ROOT, read, report

DOCUMENT = "docs/architecture.md"
TITLE = "The way of a record"
NAMED = re.compile(r"`([\w./-]+\.(?:c|h|cpp))`")


def section(text):
    """The text under the title up to the next title of its level or a higher one; "" if absent."""
    match = re.search(rf"^(#+) {re.escape(TITLE)}[ \t]*$\n", text, re.M)
    if not match:
        return ""
    rest = text[match.end():]
    end = re.search(rf"^#{{1,{len(match.group(1))}}} ", rest, re.M)
    return rest[:end.start()] if end else rest


def check(names, exists):
    problems, runs = [], []
    for i, name in enumerate(names):
        if "/" not in name:
            problems.append(f"{name}: write its path from the root")
        elif not exists(name):
            problems.append(f"{name} is no file")
        if name in names[:i]:
            problems.append(f"{name} is named twice")
        folder = str(Path(name).parent)
        if not runs or runs[-1] != folder:
            runs.append(folder)
            if runs.count(folder) == 3:
                problems.append(f"{name}: the way enters {folder} a third time")
    return problems


def main():
    names = NAMED.findall(section(read(DOCUMENT)))
    if not names:
        print(f"record_way: no section \"{TITLE}\" with files in {DOCUMENT}")
        sys.exit(77)
    report("record_way", [f"{DOCUMENT}: {p}" for p in check(names, lambda n: (ROOT / n).is_file())],
           len(names), "files on the way")


if __name__ == "__main__":
    main()
