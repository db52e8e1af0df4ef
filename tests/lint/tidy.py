#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the product's sources: tidy.py BUILD_DIR [--deep] [--jobs N] [FILE...].

--deep adds the clang-analyzer, which follows paths through functions: seconds a file, and now and
then wrong about what another file guarantees (common/error.h tells it what it can). BUILD_DIR holds compile_commands.json (any build; clang's is best). A file that was clean is not
looked at again until what it is compiled from changes: the hash of its preprocessed text, its
command and .clang-tidy is remembered below BUILD_DIR/tidy.
"""
import argparse
import hashlib
import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import FOLDERS, ROOT

DEEP = ("clang-analyzer-core.*,clang-analyzer-deadcode.*,clang-analyzer-unix.*,"
        "clang-analyzer-security.*,"
        "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling")
DROPPED = ("-Werror", "-fsanitize", "-fno-sanitize", "--coverage", "-Wno-maybe-uninitialized")


def load_commands(build, only):
    """[(file, clang arguments, directory)] of the sources in the product's folders."""
    commands = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        relative = os.path.relpath(path, ROOT)
        if relative.split("/")[0] not in FOLDERS or (only and relative not in only):
            continue
        words = shlex.split(entry["command"])
        arguments, skip = [], False
        for word in words[1:]:
            if skip or word in ("-o", "-c", "-MF", "-MT"):
                skip = not skip and word != "-c"
            elif word not in ("-MD", str(entry["file"])) and not word.startswith(DROPPED) \
                    and not Path(word).name in ("gcc", "g++", "cc", "c++", "clang", "clang++"):
                arguments.append(word)
        if (relative, arguments, entry["directory"]) not in commands:
            commands.append((relative, arguments, entry["directory"]))
    return commands


def digest(path, arguments, directory, config):
    """What the verdict depends on, or None where it cannot be preprocessed."""
    compiler = "clang++" if path.endswith(".cpp") else "clang"
    done = subprocess.run([compiler, *arguments, "-E", str(ROOT / path)], cwd=directory,
                          capture_output=True)
    if done.returncode:
        return None
    return hashlib.sha256(done.stdout + json.dumps(arguments).encode() + config).hexdigest()


def check(path, arguments, directory, stamps, config, deep):
    key = digest(path, arguments, directory, config)
    if key and (stamps / key).exists():
        return None
    done = subprocess.run(["clang-tidy", "--quiet", *([f"--checks={DEEP}"] if deep else []),
                           str(ROOT / path), "--", *arguments], cwd=directory, capture_output=True, text=True)
    if done.returncode == 0:
        if key:
            (stamps / key).touch()
        return None
    return f"{path}:\n{done.stdout}{done.stderr}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_intermixed_args()
    stamps = options.build / "tidy"
    stamps.mkdir(exist_ok=True)
    config = (ROOT / ".clang-tidy").read_bytes() + (DEEP.encode() if options.deep else b"")
    commands = load_commands(options.build, options.files)
    with ThreadPoolExecutor(options.jobs) as pool:
        found = list(pool.map(lambda c: check(*c, stamps, config, options.deep), commands))
    problems = [text for text in found if text]
    for text in problems:
        print(text)
    if not commands:
        print("tidy: nothing to check was found")
        sys.exit(1)
    print(f"tidy: {len(problems)} of {len(commands)} files have problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
