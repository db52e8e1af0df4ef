#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Dependencies point one way: every #include is checked against layers.txt.

A project header is included by its path from the root ("engine/plan/catalog.h"); weir.h is the one
exception. cli/ may name headers of its own folder and weir.h alone.
"""
import re
from pathlib import Path

from sources import FOLDERS, ROOT, files, read, report, strip_keeping_strings

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def read_table(text):
    """({folder: set of folders}, {library prefix: set of folders})"""
    layers, libraries, groups = {}, {}, {}
    text = re.sub(r"#.*", "", text)
    for line in re.sub(r"\n[ \t]+(?=\S)", " ", text).splitlines():  # an indented line goes on
        if not line.strip():
            continue
        name, allowed = line.split(":", 1)
        held = set()
        for word in allowed.split():
            held |= groups[word] if word.startswith("@") else {word}
        target = {"<": libraries, "@": groups}.get(name[0], layers)
        target[name.lstrip("<")] = held
    return layers, libraries


def holder(path, folders):
    """The longest of the folders that holds the path."""
    held = [f for f in folders if path == f or path.startswith(f + "/")]
    return max(held, key=len) if held else None


def check_project(path, header, layers):
    own = str(Path(path).parent)
    if header == "weir.h":
        target = "include"
    elif "/" not in header and (ROOT / own / header).is_file():
        if own.split("/")[0] != "cli":
            return f'write the path from the root: "{own}/{header}"'
        return None
    elif not (ROOT / header).is_file():
        return f'"{header}" is no file of this project'
    else:
        target = str(Path(header).parent)
    source = holder(path, layers)
    if holder(target, layers) == source:
        return None
    if header not in layers[source] and holder(target, layers[source]) is None:
        return f'{source} may not include "{header}"'
    return None


def check_text(path, text, layers, libraries):
    """Problems of one file, as (line, message)."""
    problems = []
    for match in INCLUDE.finditer(strip_keeping_strings(text)):
        quote, header = match.groups()
        message = None
        if quote == '"':
            message = check_project(path, header, layers)
        else:
            prefix = next((p for p in libraries if header.startswith(p)), None)
            if prefix is not None and holder(path, libraries[prefix]) is None:
                where = ", ".join(sorted(libraries[prefix])) or "nowhere"
                message = f"<{header}> is allowed in: {where}"
        if message:
            problems.append((text.count("\n", 0, match.start()) + 1, message))
    return problems


def main():
    layers, libraries = read_table((Path(__file__).parent / "layers.txt").read_text())
    problems, checked = [], 0
    for path in files(*FOLDERS):
        checked += 1
        for line, message in check_text(str(path), read(path), layers, libraries):
            problems.append(f"{path}:{line}: {message}")
    report("layers", problems, checked)


if __name__ == "__main__":
    main()
