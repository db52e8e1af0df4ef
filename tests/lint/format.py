#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-format finds nothing to change. `format.py --fix` changes it."""
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

from sources import ROOT, files, report


def run(paths):
    mode = ["-i"] if "--fix" in sys.argv else ["--dry-run", "-Werror"]
    done = subprocess.run(["clang-format", "--style=file", *mode, *map(str, paths)], cwd=ROOT,
                          capture_output=True, text=True)
    problems = [line for line in done.stderr.splitlines() if ": error:" in line]
    if done.returncode and not problems:
        problems = [done.stderr.strip() or f"clang-format: exit status {done.returncode}"]
    return problems


def main():
    sources = files(suffixes=(".c", ".h", ".cpp", ".hpp"))
    batches = [sources[i:i + 20] for i in range(0, len(sources), 20)]
    with ThreadPoolExecutor(cpu_count()) as pool:
        problems = [p for found in pool.map(run, batches) for p in found]
    report("format", problems, len(sources))


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError:
        print("clang-format is not installed (scripts/deps installs it)")
        sys.exit(77)
