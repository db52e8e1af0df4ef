#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files of the data directory are damaged: flipped bits, zeroed blocks, cut off, missing.

On the embedded log each image is a copy of the same directory. It must be refused by a message that
names the directory, or be harmless: complete results. With --kafka one service on a broker is
stopped, its state damaged, and started again: state must be rebuilt from the changelogs, at once or,
where the damage showed while it ran, at the next start; or the damage was harmless. A wrong result,
an abort or a hang is a failure in any case.
"""
import collections
import concurrent.futures
import random
import shutil
import subprocess

import soak
import disk
import program
from kafka_fixture import KafkaBroker

PARALLEL = 2
HARMLESS, REFUSED, REBUILT, LATER = "harmless", "refused", "rebuilt", "rebuilt at the next start"


# ---------------------------------------------------------------- harm

def flip(rng, path):
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 1, 8))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def zero(rng, path):
    content = bytearray(path.read_bytes())
    begin = rng.randrange(len(content))
    end = min(len(content), begin + rng.choice((16, 512, 4096)))
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)


def cut(rng, path):
    with open(path, "r+b") as file:
        file.truncate(rng.randrange(path.stat().st_size))


def remove(_, path):
    path.unlink()


HARMS = (flip, flip, zero, cut, cut, remove)


def kind_of(path):
    return path.suffix[1:] or path.name.split("-")[0]


def harm(rng, state):
    """Damage one file; files of each kind get their share. A word for what was done."""
    kinds = collections.defaultdict(list)
    for path in sorted(state.iterdir()):
        if path.is_file() and path.stat().st_size:
            kinds[kind_of(path)].append(path)
    weights = {"sst": 6, "log": 5, "MANIFEST": 4, "CURRENT": 2}
    kind = rng.choices(list(kinds), [weights.get(kind, 1) for kind in kinds])[0]
    path, how = rng.choice(kinds[kind]), rng.choice(HARMS)
    how(rng, path)
    return f"{how.__name__} {path.name}"


# ---------------------------------------------------------------- embedded log

class Embedded:
    def __init__(self, folder, seed, size=250):
        self.folder = folder
        self.prepared, self.work = disk.prepare(folder, seed, size)
        self.results = self.work.results()

    def image(self, number, seed):
        """What became of image @p number: (kind of file, a word)."""
        weir = disk.copy_of(self.prepared, self.folder / f"image-{number}")
        what = harm(random.Random(seed), weir.data / "db")
        outcome = self.judge(weir, f"image {number}, {what}")
        shutil.rmtree(weir.data)
        return what, outcome

    def judge(self, weir, what):
        try:
            done = weir.run(disk.QUERIES, status=None)
            if done.returncode == 0:
                self.work.check(weir, self.results)
                return HARMLESS
        except disk.Wrong as wrong:
            raise AssertionError(f"{what}: {wrong}") from None
        except program.Failed as failed:  # a topic that cannot be read to its end
            self.refused(weir, what, str(failed))
            return REFUSED
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{what}: hangs") from None
        if done.returncode != 1:
            raise AssertionError(f"{what}: status {done.returncode}\n{done.stderr[-3000:]}")
        self.refused(weir, what, done.stderr)
        return REFUSED

    @staticmethod
    def refused(weir, what, text):
        if str(weir.data) not in text or "backup" not in text:
            raise AssertionError(f"{what}: not clear\n{text[-3000:]}")


def images(embedded, rng, count, parallel=PARALLEL):
    seeds = [rng.randrange(1 << 31) for _ in range(count)]
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        yield from pool.map(embedded.image, range(count), seeds)


# ---------------------------------------------------------------- Kafka

class OnKafka(disk.OnKafka):
    def image(self, rng):
        what = harm(rng, self.weir.data / "state")
        status, said = self.next()
        outcome = REBUILT if "rebuilt from the changelogs" in said else HARMLESS
        if status:
            if str(self.weir.data) not in said:
                raise AssertionError(f"{what}: not clear\n{said[-3000:]}")
            said = self.weir.run(disk.QUERIES).stderr
            outcome = LATER if "rebuilt from the changelogs" in said else "failed, then harmless"
        for aside in self.weir.data.glob("state.damaged-*"):
            shutil.rmtree(aside)
        try:
            self.work.check(self.weir, self.work.results())
        except disk.Wrong as wrong:
            raise AssertionError(f"{what}: {outcome}, then {wrong}\n{said[-3000:]}") from None
        return what, outcome


def main():
    args = soak.arguments(__doc__, cycles=200, kafka=0)
    with soak.folder(args) as folder, soak.Count(args, "images") as count:
        outcomes = images(Embedded(folder, args.seed), args.rng, args.cycles)
        for _ in count:
            what, outcome = next(outcomes)
            print(f"{what}: {outcome}")
            count.note(outcome)
    args.cycles = args.kafka
    with soak.folder(args) as folder, soak.Count(args, "images on Kafka") as count, \
            KafkaBroker() as broker:
        on_kafka = OnKafka(folder, broker, args.seed)
        for _ in count:
            what, outcome = on_kafka.image(args.rng)
            print(f"{what}: {outcome}")
            count.note(outcome)


if __name__ == "__main__":
    main()
