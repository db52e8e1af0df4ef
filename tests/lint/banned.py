#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that have a better twin, or that a folder must not make; questions that it must not ask.

A use that is right (freeing what a library allocated) carries a comment on its line or the line
above: /* lint: free: jansson allocated it */
"""
import re

from sources import FOLDERS, files, read, report, strip

ALL = FOLDERS
PURE = ["types", "parser", "formats", "engine"]  # no threads, files, clock, environment

# (names, folders in which they are banned, exceptions, what to do instead)
RULES = [
    ("sprintf vsprintf strcpy strcat strncpy strncat gets", ALL, [], "use snprintf or wr_buf"),
    ("strtok strtok_r", ALL, [], "use wr_str"),
    ("atoi atol atoll atof", ALL, [], "use wr_str_to_i64 or strtod with its end"),
    ("localtime localtime_r gmtime ctime asctime mktime", ALL, [],
     "zones are ICU's; gmtime_r is re-entrant"),
    ("rand srand random srandom drand48", ALL, [], "use wr_rng"),
    ("system popen", ALL, [], "no shell"),
    ("setjmp longjmp alloca", ALL, [], "return weir_status"),
    # cli sees weir.h alone, so it allocates as any embedding program does.
    ("malloc calloc realloc free strdup strndup asprintf vasprintf", ALL, ["common/base.c", "cli/"],
     "use wr_malloc, an arena or wr_buf"),
    ("time clock gettimeofday clock_gettime getenv sleep usleep nanosleep", PURE + ["statestore"],
     [], "the clock and settings are handed in by runtime"),
    ("fopen open creat opendir unlink rename mkdir socket", PURE, [], "no files below runtime"),
    ("pthread_create thrd_create pthread_mutex_lock mtx_lock", PURE + ["common"], [],
     "no threads here"),
]
# (pattern, folders, exceptions, what to do instead)
PATTERNS = [
    (r"[!=]=\s*WR_LOG_(?:MEMORY|LOCAL|KAFKA)\b|\bWR_LOG_(?:MEMORY|LOCAL|KAFKA)\s*[!=]="
     r"|\bcase\s+WR_LOG_(?:MEMORY|LOCAL|KAFKA)\b",
     # The instance opens the log that its options ask for, and its database beside it.
     ALL, ["runtime/log/", "runtime/instance/"],
     "ask a capability (wr_log_can)"),
]
ALLOW = re.compile(r"lint:\s*([a-z_0-9, ]+):")


def compile_rules():
    rules = [(re.compile(f"(?P<name>{pattern})"), *rest) for pattern, *rest in PATTERNS]
    for names, folders, exceptions, advice in RULES:
        # Not a member (x.free, x->free) and not part of a longer name.
        pattern = re.compile(r"(?<![\w.])(?<!->)(?P<name>" + "|".join(names.split()) + r")\s*\(")
        rules.append((pattern, folders, exceptions, advice))
    return rules


def is_declared(code, match):
    """True for a member of a table of functions, `(*free)(...)`, and `void free(...)` as a type."""
    return code[max(0, match.start() - 2):match.start()].endswith("*")


def check_text(path, text, rules):
    code = strip(text)
    original = text.splitlines()
    problems = []
    for pattern, folders, exceptions, advice in rules:
        if not any(path.startswith(f + "/") for f in folders):
            continue
        if any(path.startswith(e) for e in exceptions):
            continue
        for match in pattern.finditer(code):
            name, number = match.group("name"), code.count("\n", 0, match.start("name"))
            nearby = " ".join(original[max(0, number - 1):number + 1])
            allowed = ALLOW.search(nearby)
            if is_declared(code, match) or (allowed and name in allowed.group(1)):
                continue
            problems.append((number + 1, f"{name}: {advice}"))
    return problems


def main():
    rules = compile_rules()
    problems, checked = [], 0
    for path in files(*ALL):
        checked += 1
        text = read(path)
        if not text.startswith(("/* SPDX-License-Identifier: Apache-2.0", "// SPDX-License")):
            problems.append(f"{path}:1: the first line is the SPDX tag")
        for line, message in check_text(str(path), text, rules):
            problems.append(f"{path}:{line}: {message}")
    report("banned calls", problems, checked)


if __name__ == "__main__":
    main()
