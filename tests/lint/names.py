#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The base name of a source file is unique in the program: `query.c` says which file is meant.

Tests and benchmarks are left out: they are named after what they test. names.txt holds the names
that stand several times, with how often; it may only shrink.
"""
import sys
from collections import defaultdict
from pathlib import Path

import ratchet
from sources import FOLDERS, files, report

LIST = Path(__file__).parent / "names.txt"


def repeated(paths):
    """{base name: paths} of the names that stand more than once."""
    held = defaultdict(list)
    for path in paths:
        held[Path(path).name].append(str(path))
    return {name: where for name, where in held.items() if len(where) > 1}


def main():
    paths = files(*FOLDERS)
    places = repeated(paths)
    counts = {(name,): len(where) for name, where in places.items()}
    if "--update" in sys.argv:
        ratchet.update(LIST, counts)
    report("names", ratchet.at_most(LIST, counts, lambda key, n: f"{key[0]} stands {n} times: "
                                    + ", ".join(places[key[0]])), len(paths))


if __name__ == "__main__":
    main()
