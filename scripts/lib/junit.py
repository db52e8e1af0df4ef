# SPDX-License-Identifier: Apache-2.0
"""Reads ctest's JUnit file: prints `PASSED FAILED SKIPPED`, or with --failures the failed tests and
the end of what they said."""
import sys
import xml.etree.ElementTree as ElementTree

TAIL = 60  # lines of a failed test


def main():
    suite = ElementTree.parse(sys.argv[-1]).getroot()
    if sys.argv[1] == "--failures":
        for case in suite.iter("testcase"):
            if case.find("failure") is None:
                continue
            print(f"---- {case.get('name')}")
            text = case.findtext("system-out") or ""
            print("\n".join(text.splitlines()[-TAIL:]))
        return
    tests, failures = int(suite.get("tests", 0)), int(suite.get("failures", 0))
    skipped = int(suite.get("skipped", 0)) + int(suite.get("disabled", 0))
    print(tests - failures - skipped, failures, skipped)


if __name__ == "__main__":
    main()
