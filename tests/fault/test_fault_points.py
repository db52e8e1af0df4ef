#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: kafka
# cost: 30
"""`weir run` dies at a fault point (common/fault.h) on a real broker, exactly once; what the next
starts leave is what a run that nobody disturbed leaves: nothing lost, nothing doubled. At least
once: nothing lost.

Each point has a service of its own, and is led up to: the first start, a second process that takes
partitions, an orderly stop, a start without a data directory. A point at which nothing dies fails.

Every run takes SOME points, by its seed; WEIR_TEST_POINTS=all takes all of them (about 8 s each), and
WEIR_TEST_POINTS=commit.ended,write.rows these. WEIR_TEST_SEED=n repeats a choice.
"""
import os
import random
import re
import shutil
import unittest

import kafka_fixture
import program
import service
from test_exactly_once import EXACT, SQL, Pipeline

SOME = 3
SEED = int(os.environ.get("WEIR_TEST_SEED") or random.SystemRandom().randrange(1 << 31))
AT_LEAST_ONCE = {"offsets.committed"}


def points():
    table = (service.SOURCE_DIR / "common" / "fault.h").read_text()
    return re.findall(r'POINT\(\w+, "([a-z.]+)"', table)


def chosen():
    wish = os.environ.get("WEIR_TEST_POINTS", "")
    if wish == "all":
        return points()
    return wish.split(",") if wish else random.Random(SEED).sample(points(), SOME)


class Doomed(Pipeline):
    """A pipeline whose first run is still to come: its beginning may be what is interrupted."""

    def __init__(self, kafka, folder, settings):  # pylint: disable=super-init-not-called
        self.kafka, self.folder = kafka, folder
        self.name = kafka.unique("fp").replace("-", "")
        self.file = folder / f"{self.name}.sql"
        self.file.write_text(SQL.format(name=self.name, view=self.name.upper()))
        kafka.create_topic(f"{self.name}-in", partitions=2, unique=False)
        self.settings = {**EXACT, "ksql.service.id": f"{self.name}_", **settings}
        self.weir = self.on(folder / f"{self.name}-data")
        self.fed = []

    def doomed_run(self, point, nth=1):
        return self.weir.start_run(self.file,
                                   env={**os.environ, "WEIR_FAULT": f"{point}=kill@{nth}"})

    def all_there(self):
        try:
            found, _ = self.found()
        except RuntimeError:  # the topics are not there yet
            return False
        return sum(found.values()) >= sum(self.expected()[0].values())


class FaultPoints(unittest.TestCase):
    def setUp(self):
        context = kafka_fixture.shared()
        self.kafka = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        context = program.folder()
        self.folder = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def until(self, run, condition, what):
        """@return whether the process died first."""
        service.wait_until(lambda: run.poll() is not None or condition(), 60, what)
        return run.poll() is not None

    def lead_up(self, p, point):
        """Until the process has died there; then its directory is left as it was."""
        run = p.doomed_run(point)
        other = None
        try:
            if self.until(run, p.all_there, f"{point}: the first rows"):
                return run
            p.feed(100)
            other = p.on(self.folder / f"{p.name}-other").start_run(p.file)
            revoked = point.startswith("revoke")
            if self.until(run, lambda: not revoked and p.all_there(), f"{point}: beside it"):
                return run
            program.stop(other)
            run.terminate()
            if run.wait(60) != 0:
                return run
            shutil.rmtree(p.weir.data)  # as a new machine: state comes from the changelogs
            run = p.doomed_run(point)
            self.until(run, lambda: False, f"{point}: a restore")
            return run
        finally:
            for process in (run, other):
                if process and process.poll() is None:
                    process.kill()
                if process:
                    process.wait()

    def die_at(self, point):
        exact = point not in AT_LEAST_ONCE
        p = Doomed(self.kafka, self.folder,
                   {} if exact else {"processing.guarantee": "at_least_once"})
        p.feed(200)
        run = self.lead_up(p, point)
        self.assertEqual(run.returncode, -9, p.log()[-2000:])
        p.feed(100)
        # Partitions are the dead members' until their sessions end, and a run to the end is one to
        # the end of what it was given.
        service.wait_until(lambda: p.weir.run(p.file) and p.all_there(), 60, f"{point}: the rest")
        service.wait_until(lambda: " 0 records in" in p.weir.run(p.file).stderr, 60, "the end")
        if exact:
            p.check(self)

    def test_points(self):
        for point in chosen():
            with self.subTest(point, seed=SEED):
                self.die_at(point)

    def test_misspelt(self):
        weir = program.Weir(self.folder / "data")
        done = weir.call(*weir.options(), "-e", "SHOW STREAMS;", status=None,
                         env={**os.environ, "WEIR_FAULT": "commit.end=kill"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("'commit.end=kill' is no fault point", done.stderr)


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    service.main()
