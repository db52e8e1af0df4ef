# SPDX-License-Identifier: Apache-2.0
"""Queries under faults, what they must have written, and whether they have.

    with KafkaBroker() as broker, program.folder() as folder, Workload(broker, folder, seed=1) as work:
        a, b = work.process("a"), work.process("b")     two processes of one service
        a.start(); work.feed(300); a.kill(); ...
        work.wait_complete()           wait until every row that was fed has come out
        work.check()            Wrong where a row is lost, doubled or out of order
        work.check_with_java()  the same, as Kafka's own consumer reads it

The queries: a filter, a windowed count, a join of the stream with a table, and a count by another
key, which goes through a repartition topic where two processes run. Each row has a number; rows of a
key have growing ones. The oracle computes all four outputs from the rows that were fed, as they were fed.
Outputs are read with isolation.level=read_committed as they come, so that a mistake is noticed in
the cycle that makes it.
"""
import collections
import json
import random
import subprocess
import time
import uuid

import kafka_wire
import program
from kafka_fixture import Record

SQL = """
CREATE STREAM s (k STRING KEY, n BIGINT, ts BIGINT, v BIGINT, g STRING)
    WITH (KAFKA_TOPIC = '{name}-in', PARTITIONS = 4, VALUE_FORMAT = 'JSON', TIMESTAMP = 'ts');
CREATE TABLE d (k STRING PRIMARY KEY, word STRING)
    WITH (KAFKA_TOPIC = '{name}-dim', PARTITIONS = 4, VALUE_FORMAT = 'JSON');
CREATE STREAM {view}_EVEN WITH (KAFKA_TOPIC = '{name}-even') AS
    SELECT k, n, v FROM s WHERE v % 2 = 0;
CREATE TABLE {view}_WINDOWS WITH (KAFKA_TOPIC = '{name}-windows', RETENTION_MS = -1) AS
    SELECT k, AS_VALUE(k) AS kk, WINDOWSTART AS ws, COUNT(*) AS c, SUM(v) AS t FROM s
    WINDOW TUMBLING (SIZE 10 SECONDS, {kept}) GROUP BY k;
CREATE STREAM {view}_JOINED WITH (KAFKA_TOPIC = '{name}-joined') AS
    SELECT s.k, s.n AS n, d.word AS word FROM s JOIN d ON s.k = d.k;
CREATE TABLE {view}_GROUPS WITH (KAFKA_TOPIC = '{name}-groups') AS
    SELECT g, AS_VALUE(g) AS gg, COUNT(*) AS c, SUM(v) AS t FROM s GROUP BY g;
"""
SETTINGS = {
    "processing.guarantee": "exactly_once_v2",
    "auto.offset.reset": "earliest",
    "commit.interval.ms": "50",
    # A killed member's partitions are free when the group has missed it for so long.
    "consumer.session.timeout.ms": "2000",
    "consumer.heartbeat.interval.ms": "500",
    # A row that cannot be written is never part of these tests: it ends the query.
    "ksql.fail.on.production.error": "true",
    "ksql.fail.on.deserialization.error": "true",
}
KEYS, GROUPS, PARTITIONS = 40, 7, 4
NOON = 1714564800000
OUTPUTS = ("even", "windows", "joined", "groups")


class Wrong(AssertionError):
    """A result that exactly-once forbids."""


class Process:
    """`weir run` on a directory of its own."""

    def __init__(self, work, name):
        self.work = work
        self.weir = program.Weir(work.folder / name, work.bootstrap, settings=work.settings)
        self.running = None

    def start(self):
        self.running = self.weir.start_run(self.work.file)
        return self

    def kill(self):
        """kill -9; an error where it had ended by itself before."""
        self.must_run()
        self.running.kill()
        self.running.wait()
        self.running = None

    def stop(self):
        if self.running:
            status = program.stop(self.running, 30)
            self.running = None
            return status
        return None

    def must_run(self):
        if self.running and self.running.poll() is not None:
            raise Wrong(f"weir run ended by itself with {self.running.returncode}: {self.tail()}")

    def text(self):
        return self.weir.log.read_text(errors="replace")

    def tail(self):
        return self.text()[-3000:]

    def failed(self):
        """The line that says that a query has stopped, or None."""
        return next((line for line in self.text().splitlines() if "stopped:" in line
                     or "has failed" in line), None)


class Tail:
    """A topic as it grows, read_committed: each record once, by partition. A kcat of its own, which
    goes on when brokers come back."""

    def __init__(self, kafka, topic, file):
        out = open(file, "wb")
        self.rest = b""
        self.next = {}  # by partition: the offset that has not been seen yet
        self.process = subprocess.Popen(
            ["kcat", "-b", kafka.bootstrap, "-C", "-t", topic, "-o", "beginning", "-q", "-u", "-E",
             "-X", "isolation.level=read_committed", "-X", "topic.metadata.refresh.interval.ms=2000",
             "-f", "%p %o %s\n"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        out.close()
        self.file = open(file, "rb")

    def poll(self):
        """[(partition, offset, value)] that are new, in order within partitions."""
        if self.process.poll() is not None:
            raise RuntimeError(f"kcat has ended with {self.process.returncode}")
        lines = (self.rest + self.file.read()).split(b"\n")
        self.rest = lines.pop()
        found = []
        for line in lines:
            partition, offset, value = line.split(b" ", 2)
            partition, offset = int(partition), int(offset)
            if offset < self.next.get(partition, 0):
                continue  # kcat has gone back after a broker's fault: it is the same record
            self.next[partition] = offset + 1
            found.append((partition, offset, json.loads(value)))
        return found

    def close(self):
        self.process.kill()
        self.process.wait()
        self.file.close()


class Outputs:
    """What has come out, and what must not: the same row again, or an older one after it."""

    def __init__(self):
        self.rows = {"even": {}, "joined": {}}  # {n: (v) or (word)}
        self.last = {"even": {}, "joined": {}}  # {k: n}
        self.tables = {"windows": {}, "groups": {}}

    def take(self, output, offset, value, key_of):
        if output in self.tables:
            key = (value["KK"], value["WS"]) if output == "windows" else value["GG"]
            self.tables[output][key] = (value["C"], value["T"])
            return
        n = value["N"]
        what = value["V"] if output == "even" else value["WORD"]
        if n in self.rows[output]:
            raise Wrong(f"{output}: row {n} is there twice, again at offset {offset}")
        key = key_of(n)
        if self.last[output].get(key, -1) > n:
            raise Wrong(f"{output}: row {n} of {key} comes after {self.last[output][key]}")
        self.rows[output][n] = what
        self.last[output][key] = n


class Workload:
    def __init__(self, kafka, folder, seed=0, settings=None, bootstrap=None, watched=True,
                 kept="GRACE PERIOD 100000 DAYS"):
        """
        bootstrap: what Weir is given where it is another way to the broker (a proxy).
        watched: outputs are read as they come; else feeding and checking are the caller's.
        kept: how long windows take rows and are stored; feed's rows come up to a minute late.
        """
        self.kafka, self.folder, self.bootstrap = kafka, folder, bootstrap or kafka.bootstrap
        self.rng = random.Random(seed)
        self.name = f"w{uuid.uuid4().hex[:8]}"
        self.settings = {**SETTINGS, "ksql.service.id": f"{self.name}_", **(settings or {})}
        self.file = folder / f"{self.name}.sql"
        self.file.write_text(SQL.format(name=self.name, view=self.name.upper(), kept=kept))
        self.feeder = None
        self.processes = []
        self.fed = []  # (k, at, v, g); a row's number is its place
        self.outputs = Outputs()
        for topic in ("in", "dim"):
            kafka.create_topic(f"{self.name}-{topic}", PARTITIONS, unique=False)
        self.words = {f"k{n}": f"word {n}" for n in range(KEYS)}
        kafka.produce(f"{self.name}-dim", [Record(k, json.dumps({"WORD": word}), timestamp=1)
                                           for k, word in self.words.items()])
        program.Weir(folder / "first", self.bootstrap, settings=self.settings).run(self.file)
        self.readers_stuck = 0
        self.tails = {}
        if watched:
            self.watch()

    def watch(self):
        for tail in self.tails.values():
            tail.close()
        self.outputs = Outputs()
        self.tails = {out: Tail(self.kafka, f"{self.name}-{out}",
                                self.folder / f"{self.name}-{out}.{self.readers_stuck}.rows")
                      for out in OUTPUTS}

    def close(self):
        for process in self.processes:
            if process.running and process.running.poll() is None:
                process.running.kill()
                process.running.wait()
        for tail in self.tails.values():
            tail.close()
        if self.feeder:
            self.feeder.kill()
            self.feeder.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def process(self, name):
        """Not started yet; what runs at the workload's end is killed."""
        self.processes.append(Process(self, name))
        return self.processes[-1]

    def rows(self, count):
        """[(key, value)]: rows of random keys, most of them in order of time."""
        made = []
        for n in range(len(self.fed), len(self.fed) + count):
            at = NOON + 20 * n - (self.rng.randrange(60000) if self.rng.random() < 0.1 else 0)
            row = (f"k{self.rng.randrange(KEYS)}", at, self.rng.randrange(1000),
                   f"g{self.rng.randrange(GROUPS)}")
            self.fed.append(row)
            made.append((row[0], json.dumps({"N": n, "TS": at, "V": row[2], "G": row[3]})))
        return made

    def feed(self, count):
        """Rows that are in the topic at the return; for a broker that nothing happens to."""
        self.kafka.produce(f"{self.name}-in", [Record(*row) for row in self.rows(count)])

    def feed_on(self, count):
        """Rows that an idempotent producer has been given, which brings them in sooner or later. The
        next such call waits until it has."""
        self.fed_on()
        self.feeder = subprocess.Popen(
            ["kcat", "-b", self.kafka.bootstrap, "-P", "-t", f"{self.name}-in", "-E", "-K", "\t", "-X",
             "partitioner=murmur2_random", "-X", "enable.idempotence=true", "-X",
             "message.timeout.ms=600000"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.feeder.stdin.write("".join(f"{k}\t{v}\n" for k, v in self.rows(count)).encode())
        self.feeder.stdin.close()

    def fed_on(self):
        """Until the last feed_on's rows are in the topic."""
        if self.feeder:
            said = self.feeder.stderr.read()
            if self.feeder.wait(600):
                raise RuntimeError(f"the feeding kcat: {said}")
            self.feeder.stderr.close()
            self.feeder = None

    def expected(self):
        """The oracle: rows of streams by number, tables by key."""
        windows, groups = collections.Counter(), collections.Counter()
        sums = collections.Counter()
        for k, at, v, g in self.fed:
            window = (k, at - at % 10000)
            windows[window] += 1
            groups[g] += 1
            sums[window] += v
            sums[g] += v
        return ({"even": {n: row[2] for n, row in enumerate(self.fed) if row[2] % 2 == 0},
                 "joined": {n: self.words[row[0]] for n, row in enumerate(self.fed)}},
                {"windows": {w: (c, sums[w]) for w, c in windows.items()},
                 "groups": {g: (c, sums[g]) for g, c in groups.items()}})

    def poll(self):
        """Take what is new. Raises Wrong at once where it is doubled or out of order."""
        for output, tail in self.tails.items():
            for number, offset, value in tail.poll():
                self.outputs.take(output, f"{number}:{offset}", value, lambda n: self.fed[n][0])

    def complete(self):
        self.poll()
        return (self.outputs.rows, self.outputs.tables) == self.expected()

    def wait_complete(self, seconds=90, processes=()):
        """Until all is there; counts that are too high never are."""
        self.fed_on()
        deadline = time.monotonic() + seconds
        while not self.complete():
            for process in processes:
                process.must_run()
            if time.monotonic() > deadline:
                self.read_anew(seconds)
                return
            time.sleep(0.1)

    def read_anew(self, seconds):
        """A consumer that lives through dozens of broker faults may stand still itself: a fresh one
        tells whether the rows are there."""
        said = self.difference()
        self.readers_stuck += 1
        self.watch()
        deadline = time.monotonic() + 20
        while not self.complete():
            if time.monotonic() > deadline:
                raise Wrong(f"not complete after {seconds} s: {said}; read anew: {self.difference()}")
            time.sleep(0.2)

    def difference(self):
        arrived = len(self.kafka.consume(f"{self.name}-in"))
        said = [f"{len(self.fed)} rows fed, {arrived} in the input topic"]
        found = {**self.outputs.rows, **self.outputs.tables}
        streams, tables = self.expected()
        for output, rows in {**streams, **tables}.items():
            wrong = [(key, rows.get(key), found[output].get(key))
                     for key in {**rows, **found[output]} if rows.get(key) != found[output].get(key)]
            said.append(f"{output}: {len(wrong)} of {len(rows)} differ (key, expected, found): "
                        f"{wrong[:5]}")
        return "; ".join(said)

    def check(self):
        if not self.complete():
            raise Wrong(self.difference())

    def check_with_java(self):
        """Everything again from the beginning, by Kafka's console consumer."""
        outputs = Outputs()
        for output in OUTPUTS:
            for line in java_lines(self.kafka, f"{self.name}-{output}"):
                outputs.take(output, "?", json.loads(line), lambda n: self.fed[n][0])
        self.outputs = outputs
        if (outputs.rows, outputs.tables) != self.expected():
            raise Wrong(f"Kafka's own consumer reads something else than kcat did: {self.difference()}")

    def groups(self):
        """Of the queries; not those that workers join."""
        prefix = f"_confluent-ksql-{self.name}_query_"
        return [g for g in kafka_wire.groups(self.kafka.bootstrap)
                if g.startswith(prefix) and not g.startswith(prefix + "worker_")]


def java_lines(kafka, topic):
    broker = getattr(kafka, "brokers", [kafka])[0]
    done = subprocess.run(broker.java(
        "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", kafka.bootstrap,
        "--topic", topic, "--from-beginning", "--isolation-level", "read_committed",
        "--timeout-ms", "30000"), capture_output=True, text=True, timeout=300)
    # It ends by its time-out, which it calls an error.
    if "TimeoutException" not in done.stderr and done.returncode:
        raise RuntimeError(f"the console consumer: {done.stderr[-2000:]}")
    return done.stdout.splitlines()
