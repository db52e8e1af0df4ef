#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each header compiles alone: headers.py CC CXX. weir.h also as C99 and as C++, strictly."""
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

from sources import FOLDERS, ROOT, files, report

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]


def compile_alone(arguments):
    header, command = arguments
    done = subprocess.run([*command, "-fsyntax-only", "-"], input=f'#include "{header}"\n',
                          cwd=ROOT, capture_output=True, text=True)
    return None if done.returncode == 0 else f"{header}: {' '.join(command)}\n{done.stderr}"


def main():
    cc, cxx = sys.argv[1:3]
    own = ["-D_GNU_SOURCE", "-I", ".", "-I", "include", *WARNINGS]
    c17 = [cc, "-x", "c", "-std=c17", "-Wstrict-prototypes", *own]
    jobs = []
    headers = files(*FOLDERS, suffixes=(".h",))
    for header in headers:
        jobs.append((header, [*c17, "-I", str(header.parent)]))
    public = ["-I", "include", "-Wpedantic", *WARNINGS]
    jobs.append(("weir.h", [cc, "-x", "c", "-std=c99", *public]))
    jobs.append(("weir.h", [cxx, "-x", "c++", "-std=c++11", *public]))
    with ThreadPoolExecutor(cpu_count()) as pool:
        problems = [p for p in pool.map(compile_alone, jobs) if p]
    report("headers", problems, len(headers))


if __name__ == "__main__":
    main()
