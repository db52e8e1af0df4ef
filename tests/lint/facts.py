#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every line of what other software was seen to do has a test of its name, or a reason why not.

Lines are series of numbers: A (Avro), J (JSON, DELIMITED), K (JSON Schema), P (Protobuf), R (marks and
registries). A test is named after its line, test_p06_..., in C, Python or SQL; lines that ask
nothing of Weir stand in a table of docs/design/formats.md, with the reason.
"""
import re

from sources import files, read, report

LAST = {"a": 11, "j": 7, "k": 13, "p": 16, "r": 7}
NAME = re.compile(r"\btest_\w+")
CODE = re.compile(r"_([ajkpr]\d\d)(?=_)")
ROW = re.compile(r"^\| ([AJKPR]\d\d) \| .*\S.* \|$", re.M)
PAGE = "docs/design/formats.md"


def tested(texts):
    """The codes in names of tests: {"p06", ...}."""
    return {code for text in texts for name in NAME.findall(text) for code in CODE.findall(name)}


def missing(found, excused):
    """The lines that have neither a test nor a reason; then those that are no lines."""
    lines = {f"{series}{i:02}" for series, last in LAST.items() for i in range(1, last + 1)}
    return sorted(lines - found - excused), sorted((found | excused) - lines)


def main():
    paths = [p for p in files("tests", suffixes=(".c", ".py", ".sql")) if p.parts[1] != "lint"]
    excused = {code.lower() for code in ROW.findall(read(PAGE))}
    without, unknown = missing(tested(read(p) for p in paths), excused)
    problems = [f"{code.upper()}: no test is named after it, and {PAGE} gives no reason"
                for code in without]
    problems += [f"{code.upper()}: there is no such line" for code in unknown]
    report("facts", problems, len(paths))


if __name__ == "__main__":
    main()
