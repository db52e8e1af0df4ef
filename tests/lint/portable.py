#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is checked out works anywhere: no home or temporary paths of one machine, and no registry's
host in scripts, since apt, Maven, npm and pip know theirs."""
import re

from sources import files, read, report

TEXT = (".c", ".h", ".cpp", ".py", ".sh", ".cmake", ".txt", ".md", ".sql", ".xml", ".json", ".map")
MACHINE = re.compile(r"(?<![\w.~}])/(?:home|root|work|Users)/\w+")
URL = re.compile(r"\bhttps?://([^\s\"'<>)]+)")
# Names of things (XML namespaces, licence), this machine, and names that are nobody's (.example), with
# or without a user; ${...} is filled in at run time.
URL_ALLOWED = re.compile(r"(?:[^/@\s]*@)?(?:127\.0\.0\.1|localhost|\[::1\]|\{|\$|%(?:\.\d+)?s|"
                         r"[\w.-]+\.example\b|maven\.apache\.org/(?:POM|xsd)|"
                         r"www\.w3\.org/|www\.apache\.org/licenses|json-schema\.org)")
URL_FOLDERS = ("scripts/", "tests/", ".ci/", "cmake/", "bench/")


def scripts():
    """Scripts have no suffix."""
    found = files("scripts", ".ci", suffixes=("",))
    return [path for path in found if "." not in path.name]


def main():
    problems, checked = [], 0
    for path in [*files(suffixes=TEXT), *scripts()]:
        checked += 1
        for number, line in enumerate(read(path).splitlines(), 1):
            if MACHINE.search(line):
                problems.append(f"{path}:{number}: a path of one machine")
            if str(path).startswith(URL_FOLDERS):
                for url in URL.findall(line):
                    if not URL_ALLOWED.match(url):
                        problems.append(f"{path}:{number}: a host: {url}")
    report("portable", problems, checked)


if __name__ == "__main__":
    main()
