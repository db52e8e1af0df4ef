#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# own-client: all
# fixtures: kafka
# cost: 60
# kafka-4.1.1: ExactlyOnce.test_groups_deleted ExactlyOnce.test_idle_offsets_are_committed_again ExactlyOnce.test_new_directory
"""Exactly-once on Kafka, where others interfere: groups that are deleted or moved, copies of the
data directory, a broker that stands still for longer than a transaction may take. The results are
always those of a run that nobody disturbed. test_kill.py has the kills.
"""
import collections
import json
import shutil
import subprocess
import time
import unittest
import uuid

import kafka_fixture
import kafka_wire
import program
import service
from kafka_fixture import KafkaBroker, Record

EXACT = {"processing.guarantee": "exactly_once_v2", "consumer.session.timeout.ms": "2000",
         "consumer.heartbeat.interval.ms": "500", "auto.offset.reset": "earliest"}
SQL = """
CREATE STREAM s (k STRING KEY, v INT)
    WITH (KAFKA_TOPIC = '{name}-in', PARTITIONS = 2, VALUE_FORMAT = 'JSON');
CREATE STREAM {view}_BIG WITH (KAFKA_TOPIC = '{name}-big') AS SELECT k, v FROM s WHERE v >= 10;
CREATE TABLE {view}_COUNTS WITH (KAFKA_TOPIC = '{name}-counts') AS
    SELECT k, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY k;
"""

LIMITS = {"message_timestamp_after_max_ms": "3600000", "message_timestamp_before_max_ms": "3600000"}
STAMPED = {"message_timestamp_type": "LogAppendTime"}
TIMES_SQL = """
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC = '{name}-in', VALUE_FORMAT = 'JSON');
CREATE STREAM {view}_OUT WITH (KAFKA_TOPIC = '{name}-out') AS SELECT k, v FROM s;
CREATE STREAM {view}_PLAIN WITH (KAFKA_TOPIC = '{name}-plain') AS SELECT k, v FROM s;
CREATE STREAM {view}_STAMPED WITH (KAFKA_TOPIC = '{name}-stamped') AS SELECT k, v FROM s;
CREATE TABLE {view}_COUNTS WITH (KAFKA_TOPIC = '{name}-counts') AS
    SELECT v / 100 AS g, COUNT(*) AS n FROM s
    WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 100000 DAYS) GROUP BY v / 100;
"""


class Pipeline:
    """A filter and an aggregate that share a worker, and what they must have written."""

    def __init__(self, kafka, folder, settings=None):
        self.kafka, self.folder = kafka, folder
        self.name = f"p{uuid.uuid4().hex[:8]}"
        self.file = folder / "pipeline.sql"
        self.file.write_text(SQL.format(name=self.name, view=self.name.upper()))
        self.settings = {**EXACT, "ksql.service.id": f"{self.name}_", **(settings or {})}
        self.weir = self.on(folder / "data")
        self.fed = []
        self.weir.run(self.file)  # creates the topics

    def on(self, data):
        return program.Weir(data, self.kafka.bootstrap, settings=self.settings)

    def feed(self, count, timestamp=1000):
        """Keys and values that say how many there were before."""
        rows = [(f"k{n % 7}", n % 20) for n in range(len(self.fed), len(self.fed) + count)]
        self.kafka.produce(f"{self.name}-in",
                           [Record(k, json.dumps({"V": v}), timestamp=timestamp)
                            for k, v in rows])
        self.fed += rows

    def found(self):
        big = collections.Counter((r.key, json.loads(r.value)["V"])
                                  for r in self.kafka.consume(f"{self.name}-big"))
        counts = {r.key: json.loads(r.value) for r in self.kafka.consume(f"{self.name}-counts")}
        return big, {key: (value["N"], value["TOTAL"]) for key, value in counts.items()}

    def expected(self):
        counts = {}
        for k, v in self.fed:
            n, total = counts.get(k, (0, 0))
            counts[k] = (n + 1, total + v)
        return collections.Counter((k, v) for k, v in self.fed if v >= 10), counts

    def wait(self, seconds=60):
        """Until everything is there; what came twice is found by check."""
        wanted = sum(self.expected()[0].values())
        service.wait_until(lambda: sum(self.found()[0].values()) >= wanted, seconds,
                           f"{self.name} has written its rows: {self.weir.log}")

    def check(self, test):
        test.assertEqual(self.found(), self.expected())

    def groups(self):
        """Of the queries; not those that workers join."""
        prefix = f"_confluent-ksql-{self.name}_query_"
        return [g for g in kafka_wire.groups(self.kafka.bootstrap)
                if g.startswith(prefix) and not g.startswith(prefix + "worker_")]

    def log(self):
        return self.weir.log.read_text(errors="replace")


class ExactlyOnce(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = cls.enterClassContext(kafka_fixture.shared())

    def setUp(self):
        context = program.folder()
        self.folder = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def interfered(self, act, said):
        """Run, stop, @p act on the groups, go on: the results do not show it."""
        p = Pipeline(self.kafka, self.folder)
        p.feed(500)
        p.weir.run(p.file)
        p.check(self)
        groups = p.groups()
        self.assertEqual(len(groups), 2)
        for group in groups:
            act(p, group)
        p.feed(300)
        done = p.weir.run(p.file)
        self.assertIn(said, done.stderr)
        p.check(self)

    def test_groups_deleted(self):
        self.interfered(lambda p, group: kafka_wire.delete_group(p.kafka.bootstrap, group),
                        "the broker has no offset of group")

    def test_groups_moved(self):
        self.interfered(lambda p, group: kafka_wire.commit(p.kafka.bootstrap, group,
                                                           f"{p.name}-in", [0, 7]),
                        "somebody has moved group")

    def before_the_first_commit(self, act, said, other=False, settings=None):
        """Where a query begins is as safe as where it goes on: nothing has been read yet."""
        p = Pipeline(self.kafka, self.folder, {"auto.offset.reset": "latest", **(settings or {})})
        groups = p.groups()
        self.assertEqual(len(groups), 2)
        p.feed(500)
        for group in groups:
            act(p, group)
        if other:
            p.weir = p.on(self.folder / "other")
        self.assertIn(said, p.weir.run(p.file).stderr)
        p.check(self)

    def test_groups_deleted_before_the_first_commit(self):
        self.before_the_first_commit(
            lambda p, group: kafka_wire.delete_group(p.kafka.bootstrap, group),
            "the broker has no offset of group")

    def test_groups_deleted_before_the_first_commit_at_least_once(self):
        self.before_the_first_commit(
            lambda p, group: kafka_wire.delete_group(p.kafka.bootstrap, group),
            "as the data directory has it", settings={"processing.guarantee": "at_least_once"})

    def test_groups_deleted_before_the_first_commit_of_a_new_directory(self):
        self.before_the_first_commit(
            lambda p, group: kafka_wire.delete_group(p.kafka.bootstrap, group),
            "the broker has no offset of group", other=True)

    def test_groups_moved_before_the_first_commit(self):
        self.before_the_first_commit(
            lambda p, group: kafka_wire.commit(p.kafka.bootstrap, group, f"{p.name}-in", [70, 7]),
            "somebody has moved group")

    def test_groups_deleted_while_running(self):
        p = Pipeline(self.kafka, self.folder)
        run = p.weir.start_run(p.file)
        try:
            p.feed(500)
            p.wait()
            for group in p.groups():
                kafka_wire.delete_group(p.kafka.bootstrap, group)
            p.feed(500)
            p.wait()
            for group in p.groups():
                kafka_wire.delete_group(p.kafka.bootstrap, group)
        finally:
            run.kill()
            run.wait()
        p.feed(200)
        time.sleep(2.5)  # the killed member's session
        p.weir.run(p.file)
        p.check(self)

    def test_group_counts_where_that_is_wanted(self):
        """The documented way: the rows since the moved offset come again."""
        p = Pipeline(self.kafka, self.folder)
        p.feed(100)
        p.weir.run(p.file)
        for group in p.groups():
            kafka_wire.commit(p.kafka.bootstrap, group, f"{p.name}-in", [0, 0])
        p.weir.settings["weir.offsets.from.group"] = "true"
        p.weir.run(p.file)
        big, counts = p.expected()
        self.assertEqual(p.found(), (big + big, {k: (2 * n, 2 * t) for k, (n, t) in
                                                 counts.items()}))

    def test_guarantee_changes(self):
        """At-least-once in between, and back: orderly stops repeat and lose nothing."""
        p = Pipeline(self.kafka, self.folder)
        for guarantee in ("exactly_once_v2", "at_least_once", "exactly_once_v2", "at_least_once"):
            p.feed(200)
            p.weir.settings["processing.guarantee"] = guarantee
            p.weir.run(p.file)
            p.check(self)

    def test_new_directory(self):
        """State comes from the changelogs, the position from the positions topic."""
        p = Pipeline(self.kafka, self.folder)
        p.feed(500)
        p.weir.run(p.file)
        p.weir = p.on(self.folder / "other")
        p.feed(500)
        p.weir.run(p.file)
        p.check(self)

    def test_idle_opens_no_transaction(self):
        p = Pipeline(self.kafka, self.folder)
        run = p.weir.start_run(p.file)
        try:
            p.feed(100)
            p.wait()
            time.sleep(1)
            before = self.ends(p)
            time.sleep(2)
            self.assertEqual(self.ends(p), before)
            p.feed(1)
            service.wait_until(lambda: self.ends(p) != before, 30, "a new transaction")
        finally:
            program.stop(run)
        p.check(self)

    def test_idle_offsets_are_committed_again(self):
        p = Pipeline(self.kafka, self.folder, {"weir.offsets.refresh.ms": "1000"})
        run = p.weir.start_run(p.file)
        try:
            p.feed(100)
            p.wait()
            offsets = self.offsets(p)
            for group in p.groups():
                kafka_wire.delete_group(p.kafka.bootstrap, group)
            service.wait_until(lambda: self.offsets(p) == offsets, 20, "offsets are there again")
        finally:
            program.stop(run)
        p.check(self)

    def test_beginning_belongs_to_the_statement(self):
        """`latest` is where the topic ended when CREATE ... AS returned, also after a kill."""
        topic = self.kafka.create_topic("begin")
        self.kafka.produce(topic, ['{"V": 1}'])
        sink = self.kafka.unique("sink")
        weir = program.Weir(self.folder / "data", self.kafka.bootstrap)
        place = weir.options() + ["--set", f"ksql.service.id={sink}_"]
        weir.call(*place, "-e", f"CREATE STREAM s (v INT) WITH (KAFKA_TOPIC = '{topic}', "
                                "VALUE_FORMAT = 'JSON');")
        shell = subprocess.Popen([weir.program, *place], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            shell.stdin.write("SET 'auto.offset.reset' = 'latest';\nCREATE STREAM o WITH "
                              f"(KAFKA_TOPIC = '{sink}') AS SELECT v FROM s;\n")
            shell.stdin.flush()
            said = []
            while "Created query" not in "".join(said):
                said.append(shell.stdout.readline())
                self.assertTrue(said[-1], said)
        finally:
            shell.kill()
            shell.wait()
            shell.stdin.close()
            shell.stdout.close()
        self.kafka.produce(topic, ['{"V": 2}', '{"V": 3}'])
        shell = subprocess.Popen([weir.program, *place], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            self.kafka.produce(topic, ['{"V": 4}'])
            rows = self.kafka.consume_until(sink, 3)
        finally:
            shell.kill()
            shell.wait()
            shell.stdin.close()
        self.assertEqual([json.loads(r.value)["V"] for r in rows], [2, 3, 4])

    def test_event_times_ahead(self):
        """Topics that Weir makes take any event time; Kafka's default is an hour ahead."""
        with KafkaBroker(settings={"log.message.timestamp.after.max.ms": 3600000}) as broker:
            p = Pipeline(broker, self.folder)
            p.feed(10, timestamp=4102444800000)  # the year 2100
            p.weir.run(p.file)
            p.check(self)
            limit = "message.timestamp.after.max.ms"
            self.assertEqual(broker.topic_settings(f"{p.name}-big")[limit], str((1 << 63) - 1))

    def limited(self, guarantee, extra=None):
        """Into topics of others: with limits, without, with the broker's time. And a count."""
        name = self.kafka.unique("lim")
        topics = [self.kafka.create_topic(f"{name}-{t}", unique=False, **settings) for t, settings
                  in (("in", {}), ("out", LIMITS), ("plain", {}), ("stamped", STAMPED))]
        file = self.folder / f"{name}.sql"
        file.write_text(TIMES_SQL.format(name=name, view=name.replace("-", "_").upper()))
        weir = program.Weir(self.folder / name, self.kafka.bootstrap, settings={
            **EXACT, "processing.guarantee": guarantee, "ksql.service.id": f"{name}_",
            **(extra or {})})
        return topics, file, weir

    def times(self, guarantee):
        (source, out, plain, stamped), file, weir = self.limited(guarantee)
        now = int(time.time() * 1000)
        rows = [(0, 1), (now - 7200000, 2), (now, 3), (now + 1800000, 4), (now + 7200000, 5),
                (-5, 6), (7, 7), (now, 8)]
        self.kafka.produce(source, [Record(f"k{v}", json.dumps({"V": v}), timestamp=t)
                                    for t, v in rows])
        done = weir.run(file)
        self.assertEqual([(r.timestamp, json.loads(r.value)["V"])
                          for r in self.kafka.consume(out)],
                         [(now, 3), (now + 1800000, 4), (now, 8)])
        for said in ("message.timestamp.after.max.ms", "message.timestamp.before.max.ms"):
            self.assertIn(said, done.stderr)
        # The broker's clock makes every time good.
        found = self.kafka.consume(stamped)
        self.assertEqual(sorted(json.loads(r.value)["V"] for r in found), [1, 2, 3, 4, 5, 7, 8])
        self.assertTrue(all(r.timestamp >= now for r in found))
        # Without limits it is the time 0 alone that cannot be written ...
        self.assertEqual([(r.timestamp, json.loads(r.value)["V"])
                          for r in self.kafka.consume(plain)],
                         [(t, v) for t, v in rows if t > 0])
        self.assertIn("A record of time 0", done.stderr)
        # ... but it counts: with 7 it is in the window from 0.
        counts = [(r["timestamp"], json.loads(r["value"])["N"])
                  for r in weir.records(f"{source.removesuffix('-in')}-counts")]
        self.assertEqual([(t, n) for t, n in counts if t < 1000], [(7, 2)])

    def test_times_that_a_topic_does_not_take(self):
        """Rows beyond a foreign topic's limits, and of time 0, are bad records; the rest goes on."""
        self.times("exactly_once_v2")
        self.times("at_least_once")

    def test_times_end_the_query_where_that_is_wanted(self):
        (source, out, _, _), file, weir = self.limited(
            "exactly_once_v2", {"ksql.fail.on.production.error": "true"})
        now = int(time.time() * 1000)
        self.kafka.produce(source, [Record("k", json.dumps({"V": v}), timestamp=t)
                                    for t, v in ((now, 1), (now + 7200000, 2))])
        run = weir.start_run(file)
        try:
            service.wait_until(lambda: "further ahead of the clock" in
                               weir.log.read_text(errors="replace"), 30, "the query has ended")
        finally:
            program.stop(run)
        self.assertEqual(self.kafka.consume(out), [])

    def offsets(self, p):
        return {g: kafka_wire.committed(p.kafka.bootstrap, g, f"{p.name}-in", 2)
                for g in p.groups()}

    def ends(self, p):
        positions = f"_confluent-ksql-{p.name}_weir-positions"
        return p.kafka.kcat("-Q", "-t", f"{p.name}-big:0:-1", "-t", f"{positions}:0:-1")

    def test_twin(self):
        """A copy of the directory at work beside the original: one of them stops and says why."""
        p = Pipeline(self.kafka, self.folder)
        p.feed(200)
        p.weir.run(p.file)
        shutil.copytree(self.folder / "data", self.folder / "copy")
        twins = [p.weir, p.on(self.folder / "copy")]
        runs = [twin.start_run(p.file) for twin in twins]
        # As members of the group, or where that has passed, as writers.
        said = "Is a copy of the data directory in use?"

        def one_has_stopped():
            p.feed(20)
            return any(said in t.log.read_text(errors="replace") for t in twins)

        try:
            service.wait_until(one_has_stopped, 60, f"one of {twins[0].log}, {twins[1].log} stops")
        finally:
            for run in runs:
                run.terminate()
            for run in runs:
                run.wait(20)
        time.sleep(2.5)
        p.weir.run(p.file)
        p.check(self)

    def test_broker_stands_still(self):
        """For longer than a transaction may take: it is lost, and what was in it comes again."""
        with KafkaBroker(settings=kafka_fixture.PATIENT) as broker:
            p = Pipeline(broker, self.folder)
            run = p.weir.start_run(p.file)
            try:
                p.feed(500)
                p.wait()
                p.feed(500)
                broker.pause()
                time.sleep(13)
                broker.resume()
                p.feed(500)
                p.wait()
            finally:
                run.kill()
                run.wait()
            time.sleep(2.5)
            p.weir.run(p.file)
            p.check(self)


if __name__ == "__main__":
    service.main()
