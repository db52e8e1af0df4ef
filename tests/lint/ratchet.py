# SPDX-License-Identifier: Apache-2.0
"""Lists of what is known to be wrong: each line has a key of words and a number that only shrinks.

`key... number` a line, `#` begins a comment. A line that is no longer needed must go, and a lint's
`--update` writes smaller numbers: what was won is not lost again without a word.
"""


def read_list(path):
    """{key as a tuple of words: number}"""
    entries = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            *key, number = line.split()
            entries[tuple(key)] = float(number) if "." in number else int(number)
    return entries


def at_most(path, counts, message):
    """Problems of {key: count} against the list; @p message makes the text from key and count."""
    listed, problems = read_list(path), []
    for key, count in sorted(counts.items()):
        known = listed.get(key, 0)
        if count > known:
            problems.append(message(key, count) + (f" ({known} are known)" if known else ""))
    for key in sorted(set(listed) - {key for key, count in counts.items() if count}):
        problems.append(f"{path.name}: {' '.join(key)} has none now: remove the line (--update)")
    return problems


def update(path, counts):
    """Write smaller numbers and drop lines; nothing is added and nothing grows."""
    lines = [line for line in path.read_text().splitlines() if line.startswith("#")]
    for key, known in sorted(read_list(path).items()):
        if counts.get(key):
            lines.append(" ".join([*key, str(min(known, counts[key]))]))
    path.write_text("\n".join(lines) + "\n")
