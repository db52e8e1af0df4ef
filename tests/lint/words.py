#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Words of our own where the field has one: identifiers, comments and documents are looked at.

A word counts as a part of an identifier (wr_hub_new, inboxes) and in prose, in any case. Only words
that are never right are listed: where one also has a plain meaning ("a scan of the store"), its
pattern is narrower. words.txt holds how often each stands in a folder: a number may only shrink.
`words.py --report [FOLDER]` prints the places; `words.py --update` writes smaller numbers.
"""
import re
import sys
from pathlib import Path

import ratchet
from sources import FOLDERS, files, read, report

LIST = Path(__file__).parent / "words.txt"
# A part of an identifier ends at a letter: `hub` in wr_hub_new and HUB_MAX, not in github.
PART = r"(?<![A-Za-z]){}(?![A-Za-z])"

# word: (pattern, the field's word, paths it is looked for in or None)
WORDS = {
    "lane": ("lanes?", "executor slot", None),
    "parcel": ("parcels?", "buffer of the round", None),
    "inbox": ("inbox(?:es)?", "exchange channel", None),
    "hub": ("hubs?", "scheduler", None),
    "settle": ("settle[ds]?|settling", "flush", None),
    "expel": ("expel(?:s|led|ling)?", "move out", None),
    "side-scan": (r"side[ _-]scans?", "catch-up worker", None),
    "main-scan": (r"main[ _-]scans?", "worker", None),
    "wr__scan": ("wr__scan", "worker", r"runtime/(?!log/)"),
    "parity": ("parity", "round", r"runtime/|docs/"),
    "want": ("WR__WANT|wr__want", "desired state", r"runtime/"),
    "speaks-for": (r"(?:speaks?|speaking) for", "partition group", None),
    "dear": ("dear(?:er|est)?", "expensive", None),
    "tells": ("tells", "reports, says", None),
}


def stems(pattern):
    """Letters, in lower case, one of which stands wherever the pattern does: to look for them is
    quick, and most files have none. "" where a part of the pattern begins otherwise."""
    found = []
    for part in [pattern] if "(" in pattern else pattern.split("|"):
        letters = re.match(r"\w*", part.lower()).group()
        optional = part[len(letters):len(letters) + 1] in ("?", "*", "{")
        found.append(letters[:-1] if letters and optional else letters)
    return found


PATTERNS = {word: (re.compile(PART.format(f"(?:{pattern})"), re.I), stems(pattern),
                   where and re.compile(where))
            for word, (pattern, _, where) in WORDS.items()}


def folder_of(path):
    """Tests and documents are counted together, the program by folder."""
    top = Path(path).parts[0]
    return top if top in ("tests", "docs", "bench") else str(Path(path).parent)


def find(path, text):
    """[(line, word)] in one file."""
    found, lower = [], text.lower()
    for word, (pattern, beginnings, where) in PATTERNS.items():
        if where and not where.match(str(path)) or not any(b in lower for b in beginnings):
            continue
        for match in pattern.finditer(text):
            found.append((text.count("\n", 0, match.start()) + 1, word))
    return sorted(found)


def looked_at():
    sources = files(*FOLDERS, "tests", "bench")
    documents = files(*FOLDERS, "docs", "tests", suffixes=(".md",)) + [Path("README.md")]
    return [p for p in sources + documents if p.parts[:2] != ("tests", "lint")]


def main():
    counts, checked = {}, 0
    wanted = sys.argv[sys.argv.index("--report") + 1:] if "--report" in sys.argv else None
    for path in looked_at():
        checked += 1
        for line, word in find(path, read(path)):
            key = (folder_of(path), word)
            counts[key] = counts.get(key, 0) + 1
            if wanted is not None and (not wanted or folder_of(path) in wanted):
                print(f"{path}:{line}: {word}: say {WORDS[word][1]}")
    if "--update" in sys.argv:
        ratchet.update(LIST, counts)
    report("words", ratchet.at_most(LIST, counts, lambda key, n: f'{key[0]}: "{key[1]}" stands {n} '
           f"times, say {WORDS[key[1]][1]}: words.py --report {key[0]}"), checked)


if __name__ == "__main__":
    main()
