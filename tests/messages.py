#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the words of refusals with ksqlDB's, over its public cases, where they are.

    messages.py WEIR [--all] [--filter REGEX]

Programs look for ksqlDB's words in messages, and people search for them, so Weir begins with the
same words and adds place and hint after them. Each public case that expects an error has the
engine's words. This prints the two texts of every case where they differ (with --all: of every
case), then the share that agrees, and fails where that is below `messages-percent` of
tests/conformance-floor. The cases are looked for as by conformance.py; without them, or without a
program, the exit status is 77 ("skipped").

Two texts agree where ksqlDB's, blanks aside, occurs in Weir's, or where both begin with the same
LEADING words. ksqlDB's own framing ("Could not determine output schema for query due to error:",
"line 1:7:", "Statement: ...", in whose place Weir shows the line with a caret) is no part of the
words. A case that Weir accepts has no message and is not counted:
conformance.py counts it.
"""
import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from conformance import cases_folder, read_floor

LEADING = 6
# What either side may put before its words; each is taken off as often as it stands there.
FRAMING = (r"Could not determine output schema for query due to error: ",
           r"(line |)\d+:\d+: ", r"Line: \d+, Col: \d+: ", r"Exception while preparing statement: ",
           r"Failed to prepare statement: ", r"Test failed: ", r"[\w.]+: [^:]*: (?=Test failed: )",
           r"[\w.]+\.sql(:\d+:\d+)?: ")
CASE_FIELDS = ("properties", "topics", "statements", "inputs", "inputs_after_first_query")


def read_cases(folder):
    """The cases that expect an error and hold its words."""
    cases = []
    for path in sorted(folder.glob("cases/*/*.json")):
        for case in json.loads(path.read_text())["cases"]:
            if (case.get("expected_error") or {}).get("message") and case["kind"] != "runner":
                cases.append(case)
    return cases


def answers(weir, cases):
    """Weir's message for each case of `cases`, None where it accepts it."""
    with tempfile.TemporaryDirectory(prefix="weir-messages-") as name:
        path = Path(name) / "cases.jsonl"
        lines = [json.dumps({"id": str(i)} | {f: case[f] for f in CASE_FIELDS if f in case})
                 for i, case in enumerate(cases)]
        path.write_text("".join(line + "\n" for line in lines))
        done = subprocess.run([weir, "test", "--cases", path], stdout=subprocess.PIPE, check=True)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    if len(results) != len(cases):
        raise SystemExit(f"{len(results)} results for {len(cases)} cases")
    return [(result.get("error") or {}).get("message") for result in results]


def answer_of_script(weir, case):
    """The same for a case in the form of a file with ASSERT statements."""
    with tempfile.TemporaryDirectory(prefix="weir-messages-") as name:
        path = Path(name) / "case.sql"
        path.write_text("--@test: case\n" + "\n".join(case["statements"]) + "\n")
        done = subprocess.run([weir, "test", path], cwd=name, capture_output=True, check=False)
    return None if done.returncode == 0 else (done.stdout + done.stderr).decode(errors="replace")


def words(text):
    text = re.split(r"\n+Statement: (?=[A-Z]{4})", text)[0]
    text = " ".join(text.split())
    while True:
        rest = next((text[m.end():] for m in (re.match(f, text) for f in FRAMING) if m), None)
        if rest is None:
            return text.split()
        text = rest


def agree(expected, actual):
    left, right = words(expected), words(actual)
    return " ".join(left) in " ".join(right) or left[:LEADING] == right[:LEADING]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weir", type=lambda name: Path(name).absolute())
    parser.add_argument("--all", action="store_true", help="also show the texts that agree")
    parser.add_argument("--filter", default="", metavar="REGEX", help="only cases with such an id")
    options = parser.parse_args()
    folder = cases_folder(options.weir)
    cases = [case for case in read_cases(folder) if re.search(options.filter, case["id"])]
    scripts = [case for case in cases if case["kind"] == "sql"]
    cases = [case for case in cases if case["kind"] != "sql"]
    found = list(zip(cases, answers(options.weir, cases)))
    found += [(case, answer_of_script(options.weir, case)) for case in scripts]
    refused = agreed = 0
    for case, actual in found:
        if actual is None:
            print(f"accepted: {case['id']}\n")
            continue
        expected = case["expected_error"]["message"]
        refused += 1
        agreed += (same := agree(expected, actual))
        if options.all or not same:
            print(f"{'' if same else 'differs: '}{case['id']}\n  ksqlDB: {expected}\n"
                  f"  Weir:   {actual}\n")
    if not refused:
        raise SystemExit("no case is left to compare")
    percent, floor = 100 * agreed / refused, read_floor()["messages-percent"]
    print(f"messages: {agreed} of {refused} agree with ksqlDB's words, {percent:.1f} %; "
          f"floor {floor} %")
    sys.exit(0 if percent >= floor or options.filter else 1)


if __name__ == "__main__":
    main()
