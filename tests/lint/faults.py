#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of fault points (common/fault.h) and the sources agree: each point is at one place.

A point that is nowhere is found by no kill. At two places nobody could say what was tried. That a
name in the sources is in the table, the compiler sees.
"""
import re

from sources import FOLDERS, files, read, report, strip

TABLE = "common/fault.h"
ROW = re.compile(r'^ *POINT\((\w+), "([a-z.]+)", "[^"]+"\)', re.M)
USE = re.compile(r"\bWR_FAULT_([A-Z_]+)\b")


def check(table, uses):
    """@p uses: place -> ids there. The problems."""
    rows = ROW.findall(table)
    problems = [] if rows else [f"{TABLE}: no table of points is found"]
    names = [name for _, name in rows]
    problems += [f"{TABLE}: '{name}' stands twice" for name in sorted({n for n in names
                                                                      if names.count(n) > 1})]
    for point, name in rows:
        places = [place for place, ids in uses.items() for i in ids if i == point]
        if not places:
            problems.append(f"{TABLE}: {name} is nowhere in the sources")
        elif len(places) > 1:
            problems.append(f"{TABLE}: {name} is at several places: {', '.join(places)}")
    return problems


def main():
    paths = [p for p in files(*FOLDERS) if str(p) not in (TABLE, "common/fault.c")]
    uses = {str(p): USE.findall(strip(read(p))) for p in paths}
    report("fault points", check(read(TABLE), uses), len(paths))


if __name__ == "__main__":
    main()
