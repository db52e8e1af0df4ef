#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every folder with sources has a README.md that lists its files and no others.

The README nearest above a file must name it, as `name.c`, `sub/name.c` or `name.[ch]`. Every name
in back quotes that looks like a source file must exist below that README's folder or, as a path,
below the root.
"""
import re
from pathlib import Path

from sources import FOLDERS, ROOT, files, read, report

CHECKED = FOLDERS + ["cmake", "scripts", "tests/lint", "tests/integration", "tests/embed", "tests/tsan"]
SUFFIXES = (".c", ".h", ".cpp", ".py", ".cmake", ".sh")
QUOTED = re.compile(r"`([\w./\[\]{},+-]+)`")
LOOKS_LIKE_FILE = re.compile(r"\.(?:c|h|cpp|hpp|py|cmake|sh)$")


def expand(name):
    """`a.[ch]` and `a.{c,h}` stand for two files."""
    match = re.fullmatch(r"(.*)\.\[(\w+)\]", name)
    if match:
        return [f"{match.group(1)}.{letter}" for letter in match.group(2)]
    match = re.fullmatch(r"(.*)\.\{([\w,]+)\}", name)
    if match:
        return [f"{match.group(1)}.{suffix}" for suffix in match.group(2).split(",")]
    return [name]


def names_in(text):
    return {name for quoted in QUOTED.findall(text) for name in expand(quoted)
            if LOOKS_LIKE_FILE.search(name)}


def nearest_readme(path):
    for folder in path.parents:
        if folder == Path("."):
            return None
        if (ROOT / folder / "README.md").is_file():
            return folder
    return None


def check(sources):
    problems, readmes = [], {}
    for path in sources:
        folder = nearest_readme(path)
        if folder is None:
            problems.append(f"{path}: no README.md in its folder")
            continue
        readmes.setdefault(folder, []).append(path)
    for folder, held in sorted(readmes.items()):
        named = names_in(read(folder / "README.md"))
        for path in held:
            if not {path.name, str(path.relative_to(folder)), str(path)} & named:
                problems.append(f"{folder}/README.md does not list {path.relative_to(folder)}")
        below = {p.name for p in held}
        for name in sorted(named):
            exists = (name in below or (ROOT / folder / name).is_file()
                      or ("/" in name and (ROOT / name).is_file()))
            if not exists and "/" not in name:
                exists = any((ROOT / folder).rglob(name))
            # weir.h is known by its name everywhere.
            if not exists and name != "weir.h":
                problems.append(f"{folder}/README.md lists {name}, which is not there")
    return problems


def main():
    sources = files(*[f for f in CHECKED if (ROOT / f).is_dir()], suffixes=SUFFIXES)
    report("readmes", check(sources), len(sources))


if __name__ == "__main__":
    main()
