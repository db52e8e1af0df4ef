# SPDX-License-Identifier: Apache-2.0
"""The functions that a C file defines, found without a compiler.

A function is a block that opens where no other is open and whose head has a parameter list.
`extern "C" {` and `namespace x {` are looked through. What a macro defines is not seen.
"""
import re
from dataclasses import dataclass

from sources import strip

NOT_FUNCTIONS = {"if", "for", "while", "switch", "return", "sizeof", "__attribute__"}


@dataclass
class Function:
    name: str
    head: str       # the text before the opening brace, macro calls before it left out
    first: int      # line of the head, from 1
    body: str       # head and block, comments and literals blanked

    @property
    def is_static(self):
        return bool(re.search(r"\bstatic\b", self.head))


def strip_directives(code):
    """The code with preprocessor lines blanked; every line keeps its number."""
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                  code, flags=re.M)


def function_name(head):
    """The name declared by the text before a `{` at the top level, or None: what stands before the
    first parenthesis."""
    for match in re.finditer(r"(\w+)\s*\(", head):
        name = match.group(1)
        if name not in NOT_FUNCTIONS and "=" not in head[:match.start()]:
            return name
    return None


def skip_macros(head):
    """Where the head begins after macro calls that end without a semicolon, KERNEL(add, f(x))."""
    at = 0
    while True:
        match = re.match(r"\s*[A-Z][A-Z0-9_]*\s*\(", head[at:])
        if not match:
            return at
        end, depth = at + match.end(), 1
        while depth and end < len(head):
            depth += {"(": 1, ")": -1}.get(head[end], 0)
            end += 1
        at = end


def functions(text):
    """The functions defined in C text, in order."""
    code = strip_directives(strip(text))
    found, depth, head_start, transparent = [], 0, 0, 0
    name = first = start = head = None
    for match in re.finditer(r"[{};]", code):
        symbol, at = match.group(), match.start()
        if symbol == "{":
            if depth == 0:
                head = code[head_start:at]
                if re.search(r'\bextern\s*"\s*"\s*$|\bnamespace\b[\w\s:]*$', head):
                    transparent += 1
                    head_start = at + 1
                    continue
                macros = skip_macros(head)
                head, head_start = head[macros:], head_start + macros
                name = function_name(head)
                start = head_start + len(head) - len(head.lstrip())
                first = code.count("\n", 0, start) + 1
            depth += 1
        elif symbol == "}":
            if depth == 0 and transparent:
                transparent -= 1
                head_start = at + 1
                continue
            depth -= 1
            if depth == 0:
                if name:
                    found.append(Function(name, head, first, code[start:at]))
                head_start = at + 1
        elif depth == 0:
            head_start = at + 1
    return found
