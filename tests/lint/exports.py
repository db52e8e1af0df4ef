#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libweir.so exports weir_* alone, and all that weir.h declares: exports.py LIBWEIR.so LIBWEIR.a.

In libweir.a nothing can be hidden, so there every C symbol begins with weir_ or wr_.
"""
import re
import subprocess
import sys

from sources import read, report, strip


def symbols(*arguments):
    text = subprocess.run(["nm", "--defined-only", *arguments], check=True, capture_output=True,
                          text=True).stdout
    return {line.split()[-1] for line in text.splitlines()
            if re.match(r"^[0-9a-f]+ [TDBRC] ", line)}


def main():
    shared, static = sys.argv[1:3]
    exported = symbols("-D", shared)
    problems = [f"libweir.so exports {name}" for name in sorted(exported)
                if not name.startswith("weir_")]
    declared = set(re.findall(r"WEIR_API\b[^;]*?\b(weir_\w+)\s*\(", strip(read("include/weir.h"))))
    problems += [f"weir.h declares {name}, libweir.so does not export it"
                 for name in sorted(declared - exported)]
    problems += [f"libweir.so exports {name}, weir.h does not declare it"
                 for name in sorted(exported - declared) if name.startswith("weir_")]
    # _Z: C++ of the shims. __asan and friends: what the compiler adds.
    problems += [f"libweir.a defines {name}" for name in sorted(symbols(static))
                 if not re.match(r"weir_|wr_|_Z|__|DW\.ref\.", name)]
    report("exports", problems, len(declared), "declared functions")


if __name__ == "__main__":
    main()
