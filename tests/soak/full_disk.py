#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The disk of the data directory is full from the N-th write on, for a while; then there is room.

Each cycle is a copy of the same directory, a run of the queries to the end, and one N. The process
must live, wait, and go on by itself to the results of the oracle; or refuse to start, by a message
that says why. Two cycles of three have no reserve (weir.disk.reserve.bytes = 0), so that RocksDB
itself meets the full disk. With --kafka N there are so many cycles of one service whose topics are
on a broker; only its state is on the disk.
"""
import concurrent.futures
import os
import shutil
import threading
import time

import soak
import disk
import program
from kafka_fixture import KafkaBroker

PARALLEL = 6  # they mostly wait: RocksDB looks for room every five seconds
SECONDS = 90
REFUSED = "refused at the start"


def environment(library, data, **more):
    return {**os.environ, "LD_PRELOAD": str(library), "WEIR_FULL_UNDER": str(data.resolve()),
            **{f"WEIR_FULL_{name.upper()}": str(value) for name, value in more.items()}}


def wait_for(done, what):
    deadline = time.monotonic() + SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {SECONDS} s for: {what}")
        time.sleep(0.02)


class FullDisk:
    """A prepared directory, and how many places a run of it has."""

    def __init__(self, folder, seed, size=250):
        self.folder = folder
        self.library = disk.shim(folder)
        self.prepared, self.work = disk.prepare(folder, seed, size)
        self.results = self.work.results()
        weir = disk.copy_of(self.prepared, folder / "counted")
        count = folder / "count"
        weir.run(disk.QUERIES, env=environment(self.library, weir.data, count=count))
        self.work.check(weir, self.results)
        self.places = int(count.read_text())

    def full_at(self, number, place, reserve):
        """What happened: a word for it."""
        data = self.folder / f"full-{number}"
        room, reached = self.folder / f"room-{number}", self.folder / f"reached-{number}"
        weir = disk.copy_of(self.prepared, data)
        weir.settings["weir.disk.reserve.bytes"] = str(reserve)
        run = weir.start_run(disk.QUERIES, options=("--until-end",), env=environment(
            self.library, data, at=place, until=room, reached=reached))
        try:
            wait_for(lambda: reached.exists() or run.poll() is not None, "the disk is full")
            full = reached.exists()
            if full:
                time.sleep(0.7)
            waited = full and run.poll() is None
            room.touch()
            wait_for(lambda: run.poll() is not None, f"place {place}: the run ends\n" + said(weir))
            outcome = self.judge(run.returncode, full, waited, said(weir))
            if outcome is None:
                raise AssertionError(f"place {place}: status {run.returncode}\n{said(weir)}")
        finally:
            run.kill()
            run.wait()
        if outcome == REFUSED:
            weir.run(disk.QUERIES)
        self.work.check(weir, self.results)
        shutil.rmtree(data)
        return outcome

    @staticmethod
    def judge(status, full, waited, text):
        if status == 0:
            return "waited" if waited else "done all the same" if full else "not reached"
        # What opens the directory and runs the statements fails, a query never does.
        refused = "the disk is full" in text and "free some space" in text and "failed" not in text
        return REFUSED if status == 1 and refused else None


def said(weir):
    return weir.log.read_text(errors="replace")[-3000:]


def places_of(disk_full, rng, count):
    """(number, place, reserve) of so many cycles, all over the run."""
    places = disk_full.places
    return [(n, min(places, 1 + int(places * (n + rng.random()) / count)),
             0 if n % 3 else 1 << 25) for n in range(count)]


def run_all(disk_full, cases, parallel=PARALLEL):
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        yield from pool.map(lambda case: disk_full.full_at(*case), cases)


class OnKafka(disk.OnKafka):
    """State on a disk that gets full; topics and changelogs are on a broker."""

    def __init__(self, folder, broker, seed):
        super().__init__(folder, broker, seed)
        self.weir.settings["weir.state.cache.bytes"] = "65536"  # rows go to the disk all the time
        self.folder, self.library = folder, disk.shim(folder)
        count = folder / "count"
        self.next(env=environment(self.library, self.weir.data, count=count))
        self.places = int(count.read_text())

    def full_at(self, number, place):
        room, reached = self.folder / f"room-{number}", self.folder / f"reached-{number}"

        def free_later():
            wait_for(lambda: reached.exists() or ended.is_set(), "the disk is full")
            ended.wait(0.7)
            room.touch()

        ended = threading.Event()
        waiter = threading.Thread(target=free_later)
        waiter.start()
        try:
            status, text = self.next(env=environment(
                self.library, self.weir.data, at=place, until=room, reached=reached))
        finally:
            ended.set()
            waiter.join()
        outcome = FullDisk.judge(status, reached.exists(), "the disk is full" in text, text)
        if outcome is None:
            raise AssertionError(f"place {place}: status {status}\n{text[-3000:]}")
        if outcome == REFUSED:
            self.weir.run(disk.QUERIES)
        self.work.check(self.weir, self.work.results())
        return outcome


def main():
    args = soak.arguments(__doc__, cycles=200, kafka=0)
    with soak.folder(args) as folder, soak.Count(args, "places") as count:
        disk_full = FullDisk(folder, args.seed)
        outcomes = run_all(disk_full, places_of(disk_full, args.rng, args.cycles))
        for _ in count:
            count.note(next(outcomes))
    print(f"{disk_full.places} writes in a run")
    args.cycles = args.kafka
    with KafkaBroker() as broker, soak.folder(args) as folder, \
            soak.Count(args, "places with topics on Kafka") as count:
        on_kafka = OnKafka(folder, broker, args.seed)
        for number in count:
            place = args.rng.randint(on_kafka.places // 3, on_kafka.places)
            count.note(on_kafka.full_at(number, place))


if __name__ == "__main__":
    main()
