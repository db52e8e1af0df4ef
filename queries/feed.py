#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the input of a sample query into its topics:

    python3 queries/feed.py clicks --data DIR [--bootstrap-servers HOST:9092]

The options are those of `weir produce`, which does the writing; $WEIR names the program.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def produce_line(record):
    """A record of an input.jsonl as `weir produce --json` takes it: key and value are text."""
    value = record["value"]
    if value is not None and not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return json.dumps({"key": record["key"], "value": value, "timestamp": record["timestamp"]},
                      ensure_ascii=False)


def feed(records, options, weir=None):
    """Produce the records, each topic in its order; topics in the order of their first record."""
    topics = {}
    for record in records:
        topics.setdefault(record["topic"], []).append(produce_line(record))
    for topic, lines in topics.items():
        subprocess.run([weir or os.environ.get("WEIR", "weir"), "produce", topic, "--json",
                        *options], input="\n".join(lines) + "\n", text=True, encoding="utf-8",
                       check=True)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    path = FOLDER / sys.argv[1] / "input.jsonl"
    feed([json.loads(line) for line in path.read_text("utf-8").splitlines()], sys.argv[2:])


if __name__ == "__main__":
    main()
