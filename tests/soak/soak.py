# SPDX-License-Identifier: Apache-2.0
"""The command line that all programs of this folder share, and how they count.

    args = soak.arguments(__doc__, cycles=50)
    with soak.Count(args, "kills") as count:
        for _ in count:                     args.cycles times, or until args.minutes are over
            ...
            count.note("both at once")      shown with its number at the end

Any exception ends the loop; the last line says how many cycles there were, and the seed.
"""
import argparse
import collections
import contextlib
import os
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
os.environ.setdefault("WEIR_SOURCE_DIR", str(ROOT))
os.environ.setdefault("WEIR", str(ROOT / "build" / "release" / "weir"))


def arguments(text, cycles, **more):
    """more: further options, {name: default}, of the default's type."""
    parser = argparse.ArgumentParser(description=text,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=cycles)
    parser.add_argument("--minutes", type=float, default=None, help="stop after so many")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--folder", type=Path, help="for data and logs; kept")
    for name, default in more.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    args = parser.parse_args()
    args.rng = random.Random(args.seed)
    return args


@contextlib.contextmanager
def folder(args):
    """Where data and logs go: --folder, or a temporary one."""
    if args.folder:
        args.folder.mkdir(parents=True)
        yield args.folder
    else:
        with tempfile.TemporaryDirectory(prefix="weir-soak-") as path:
            yield Path(path)


class Count:
    def __init__(self, args, what):
        self.args, self.what = args, what
        self.done, self.notes = 0, collections.Counter()
        self.began = time.monotonic()

    def note(self, what):
        self.notes[what] += 1

    def __iter__(self):
        while self.done < self.args.cycles:
            if self.args.minutes and time.monotonic() - self.began > 60 * self.args.minutes:
                return
            yield self.done
            self.done += 1
            if self.done % 25 == 0:
                self.say("so far")

    def say(self, state):
        notes = ", ".join(f"{what} {n}" for what, n in sorted(self.notes.items()))
        print(f"{state}: {self.done} {self.what} in {time.monotonic() - self.began:.0f} s, seed "
              f"{self.args.seed}{'; ' if notes else ''}{notes}", flush=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        self.say("all good" if kind is None else f"FAILED in the next one ({error})")
