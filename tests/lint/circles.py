#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No circle of files: a file takes functions from others, and none of them takes some from it.

`x.c` and `x.h` are one thing here. It takes what a function body in it names and another file of
the same folder defines as a function that is not static (an inline function of a header counts as
the header's); a name in a table of functions counts too, one in a comment or a declaration does
not. Files that reach each other in both directions are a circle: none of them can be read, tested
or replaced without the others.

In the folders of ENFORCED, circles.txt holds how many files stand in circles: a number may only
shrink, and a folder without a line has none. For other folders circles are only counted.
`circles.py --report [FOLDER]` prints each circle with the names that close it;
`circles.py --update` writes smaller numbers, it never adds one.
"""
import re
import sys
from pathlib import Path

import ratchet
from c_functions import functions, strip_directives
from sources import FOLDERS, ROOT, files, read, report, strip

LIST = Path(__file__).parent / "circles.txt"
ENFORCED = re.compile(r"runtime/\w+|statestore")
# Not x.name and not x->name: those are members.
NAME = re.compile(r"(?<![\w.])(?<!->)(?:wr|weir)_\w+")


def unit(path):
    """`x` for x.c and x.h, with its folder."""
    return str(Path(path).with_suffix(""))


def uses_of(code, found):
    """Names used by C text: in bodies of functions, and in the tables between them. A declaration
    `name(...);` at the top level is none, nor is a definition's own head."""
    outside = code
    for function in found:
        outside = outside.replace(function.body, ";", 1)
    # What is left between functions: tables (`= {...};`) use names, all else declares them.
    tables = " ".join(re.findall(r"=\s*([^;]*);", outside))
    bodies = " ".join(f.body[len(f.head.lstrip()):] for f in found)
    return set(NAME.findall(tables)) | set(NAME.findall(bodies))


def graph(texts):
    """{unit: {unit it takes from: set of names}} over {path: text}, within each folder."""
    definer, used = {}, {}
    for path, text in texts.items():
        found = functions(text)
        for function in found:
            if not function.is_static or path.endswith((".h", ".hpp")):
                definer[str(Path(path).parent), function.name] = unit(path)
        code = strip_directives(strip(text))
        used.setdefault(unit(path), set()).update(uses_of(code, found))
    edges = {node: {} for node in used}
    for node, names in used.items():
        for name in names:
            target = definer.get((str(Path(node).parent), name))
            if target and target != node:
                edges[node].setdefault(target, set()).add(name)
    return edges


def circles(edges):
    """The strongly connected sets of more than one node, each sorted (Tarjan)."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in sorted(edges):
        if root in index:
            continue
        work = [(root, iter(sorted(edges[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(sorted(edges[target]))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    members, stack[at:] = stack[at:], []
                    on_stack.difference_update(members)
                    if len(members) > 1:
                        found.append(sorted(members))
    return sorted(found)


def describe(circle, edges):
    lines = []
    for node in circle:
        for target in sorted(set(edges[node]) & set(circle)):
            names = sorted(edges[node][target])
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            lines.append(f"    {Path(node).name} -> {Path(target).name}: "
                         + ", ".join(names[:3]) + more)
    return lines


def main():
    texts = {str(path): read(path) for path in files(*[f for f in FOLDERS if (ROOT / f).is_dir()])}
    edges = graph(texts)
    found, counts = circles(edges), {}
    for circle in found:
        folder = str(Path(circle[0]).parent)
        counts[folder] = counts.get(folder, 0) + len(circle)
    if "--report" in sys.argv:
        wanted = sys.argv[sys.argv.index("--report") + 1:]
        for circle in found:
            folder = str(Path(circle[0]).parent)
            if not wanted or folder in wanted:
                print(f"{folder}: " + ", ".join(Path(node).name for node in circle))
                print("\n".join(describe(circle, edges)))
    for folder in sorted(counts):
        if not ENFORCED.fullmatch(folder):
            print(f"{folder}: {counts.pop(folder)} files stand in circles (not enforced here)")
    if "--update" in sys.argv:
        ratchet.update(LIST, {(f,): n for f, n in counts.items()})
    problems = ratchet.at_most(LIST, {(f,): n for f, n in counts.items()},
                               lambda key, n: f"{key[0]}: {n} files take functions from each other "
                               f"in circles: see circles.py --report {key[0]}")
    report("circles", problems, len(texts))


if __name__ == "__main__":
    main()
