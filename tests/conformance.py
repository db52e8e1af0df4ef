#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs ksqlDB's public cases, where they are, and holds the result against the floor.

    conformance.py WEIR [--report FILE] [--show N]

The cases are no part of this project: they are looked for in ../shared/conformance, or in the
folder that WEIR_CONFORMANCE names. Without them, or without a program, the exit status is 77
("skipped"). tests/conformance-floor holds the numbers of cases that passed before; fewer is a
failure, more is a reason to raise them.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOOR = ROOT / "tests" / "conformance-floor"
NAMES = {"no-error": "where no error is expected", "error": "where an error is expected"}


def read_floor():
    lines = [line.split("#")[0].split() for line in FLOOR.read_text().splitlines()]
    return {words[0]: int(words[1]) for words in lines if words}


def read_counts(report):
    """{"no-error": [passed, total], "error": [passed, total]} from run.py's report."""
    counts = {name: [0, 0] for name in NAMES}
    for kind, (passed, total) in json.loads(report.read_text())["kinds"].items():
        row = counts["error" if kind.endswith("an error is expected") else "no-error"]
        row[0] += passed
        row[1] += total
    return counts


def cases_folder(weir):
    """Where the public cases are; ends the program as "skipped" without them or the binary."""
    folder = Path(os.environ.get("WEIR_CONFORMANCE") or ROOT.parent / "shared" / "conformance")
    if not (folder / "run.py").is_file():
        print(f"skipped: no conformance cases in {folder}")
        sys.exit(77)
    if not weir.is_file():
        print(f"skipped: {weir} is not built")
        sys.exit(77)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weir", type=Path)
    parser.add_argument("--report", type=Path, default=ROOT / "build" / "conformance.json")
    parser.add_argument("--show", default="20")
    options = parser.parse_args()
    folder = cases_folder(options.weir)
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.unlink(missing_ok=True)
    subprocess.run([sys.executable, folder / "run.py", "--weir", options.weir, "--report",
                    options.report, "--show", options.show, "--jobs", str(os.cpu_count())])
    if not options.report.is_file():
        print("run.py wrote no report")
        sys.exit(1)
    floor, status = read_floor(), 0
    print()
    for name, (passed, total) in read_counts(options.report).items():
        verdict = "ok"
        if passed < floor[name]:
            verdict, status = "BELOW THE FLOOR", 1
        elif passed > floor[name]:
            verdict = f"above the floor: raise it in {FLOOR.relative_to(ROOT)}"
        print(f"conformance, {NAMES[name]}: {passed} of {total}, floor {floor[name]}: {verdict}")
    sys.exit(status)


if __name__ == "__main__":
    main()
