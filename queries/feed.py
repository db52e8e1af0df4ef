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


def feed(records, options, weir=None, **more):
    """Produce the records, each topic in its order; topics in the order of their first record."""
    topics = {}
    for record in records:
        topics.setdefault(record["topic"], []).append(json.dumps(record))
    for topic, lines in topics.items():
        subprocess.run([weir or os.environ.get("WEIR", "weir"), "produce", topic, "--json",
                        *options], input="\n".join(lines) + "\n", text=True, encoding="utf-8",
                       check=True, **more)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    path = FOLDER / sys.argv[1] / "input.jsonl"
    feed([json.loads(line) for line in path.read_text("utf-8").splitlines()], sys.argv[2:])


if __name__ == "__main__":
    main()
