# SPDX-License-Identifier: Apache-2.0
"""What the lints share: which files there are, and C text without comments and literals."""
import os
import re
import sys
from pathlib import Path

ROOT = Path(os.environ.get("WEIR_LINT_ROOT") or Path(__file__).resolve().parents[2])

# The folders that make up the product, from the bottom up.
FOLDERS = ["common", "types", "parser", "formats", "statestore", "engine", "runtime", "server", "cli",
           "include"]
SOURCE_SUFFIXES = (".c", ".h", ".cpp", ".hpp", ".inc")
SKIP = {"build", "out", ".git", ".cache", "__pycache__"}


def files(*folders, suffixes=SOURCE_SUFFIXES):
    """Files with these suffixes below the folders (default: the whole tree), as sorted paths
    relative to ROOT."""
    found = []
    for folder in folders or ["."]:
        for where, subfolders, names in os.walk(ROOT / folder):
            subfolders[:] = sorted(s for s in subfolders if s not in SKIP)
            for name in sorted(names):
                if name.endswith(suffixes):
                    found.append((Path(where) / name).relative_to(ROOT))
    return found


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def strip(text):
    """C text with comments and the content of literals blanked; every line keeps its number."""
    def blank(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(blank, text)


def strip_keeping_strings(text):
    """C text with comments blanked and literals kept (for #include "...")."""
    def blank(match):
        token = match.group()
        return token if token[0] in "\"'" else re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(blank, text)


def report(name, problems, checked, unit="files"):
    """Print the findings of a lint and end the process."""
    for problem in problems:
        print(problem)
    if not checked:
        print(f"{name}: nothing to check was found")
        sys.exit(1)
    print(f"{name}: {len(problems)} problems in {checked} {unit}")
    sys.exit(1 if problems else 0)
