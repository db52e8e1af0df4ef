#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs ksqlDB's public cases, where they are, and holds the results against the floors.

    conformance.py WEIR [--only FOLDER,...] [--report FILE] [--show N]

Folders: `cases` has ksqlDB's own tests, the others (`oracle`, ...) have statements of ours with
the answers of a real ksqlDB engine. They are no part of this project: they are looked for in
../shared/conformance, or in the folder that WEIR_CONFORMANCE names. Without them, or without a
program, the exit status is 77 ("skipped").

tests/conformance-floor holds the numbers of cases that passed before; fewer is a failure, more is a
reason to raise them. tests/oracle-not-followed.txt lists what is different on purpose: such a case
is counted apart where it fails.
"""
import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOOR = ROOT / "tests" / "conformance-floor"
NOT_FOLLOWED = ROOT / "tests" / "oracle-not-followed.txt"
FOLDERS = ("cases", "oracle", "oracle-streams", "oracle-formats")


def read_floor():
    lines = [line.split("#")[0].split() for line in FLOOR.read_text().splitlines()]
    return {words[0]: int(words[1]) for words in lines if words}


def read_not_followed():
    """[(accepts, pattern of ids)]: lines of `answers` or `accepts`, a pattern and a reason."""
    rows = []
    for number, line in enumerate(NOT_FOLLOWED.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or fields[0] not in ("answers", "accepts") or not fields[2].strip():
            sys.exit(f"{NOT_FOLLOWED.name}:{number}: answers or accepts, a pattern and a reason")
        rows.append((fields[0] == "accepts", re.compile(fields[1])))
    return rows


def is_apart(case, not_followed):
    accepted = (case["reason"] or "").startswith("expected an error")
    return not case["passed"] and any(
        accepts == accepted and pattern.search(case["id"]) for accepts, pattern in not_followed)


def counts_of(folder, report, not_followed):
    """{name of a floor: [passed, apart, total]} of one folder's report."""
    counts = {}
    for kind, (passed, total) in report["kinds"].items():
        error = kind.endswith("an error is expected")
        name = folder if folder != "cases" else "error" if error else "no-error"
        row = counts.setdefault(name, [0, 0, 0])
        row[0] += passed
        row[2] += total
    if folder != "cases":
        counts[folder][1] = sum(is_apart(case, not_followed) for case in report["cases"])
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


def run(shared, folder, options, report):
    """The report of run.py over one folder, or None."""
    report.unlink(missing_ok=True)
    command = [sys.executable, shared / "run.py", "--weir", options.weir, "--report", report,
               "--show", options.show, "--jobs", str(os.cpu_count())]
    if folder != "cases":
        command += ["--cases", shared / folder]
    subprocess.run(command)
    return json.loads(report.read_text()) if report.is_file() else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weir", type=Path)
    parser.add_argument("--only", default=",".join(FOLDERS))
    parser.add_argument("--report", type=Path, default=ROOT / "build" / "conformance.json")
    parser.add_argument("--show", default="20")
    options = parser.parse_args()
    wanted = options.only.split(",")
    unknown = set(wanted) - set(FOLDERS)
    if unknown:
        parser.error(f"no such folder: {', '.join(sorted(unknown))}")
    shared = cases_folder(options.weir)
    folders = [f for f in wanted if f == "cases" or (shared / f).is_dir()]
    if not folders:
        print(f"skipped: no such folder in {shared}")
        sys.exit(77)
    options.report.parent.mkdir(parents=True, exist_ok=True)
    not_followed, floor, counts = read_not_followed(), read_floor(), {}
    for folder in folders:
        report = options.report if folder == "cases" else \
            options.report.with_name(f"{options.report.stem}-{folder}.json")
        result = run(shared, folder, options, report)
        if result is None:
            sys.exit("run.py wrote no report")
        counts.update(counts_of(folder, result, not_followed))
    status = 0
    print()
    for name, (passed, apart, total) in counts.items():
        verdict = "ok"
        if passed < floor[name]:
            verdict, status = "BELOW THE FLOOR", 1
        elif passed > floor[name]:
            verdict = f"above the floor: raise it in {FLOOR.relative_to(ROOT)}"
        left = f", {apart} not followed" if apart else ""
        print(f"conformance, {name}: {passed} of {total}{left}, floor {floor[name]}: {verdict}")
    sys.exit(status)


if __name__ == "__main__":
    main()
