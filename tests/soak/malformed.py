#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Malformed records of every format, exactly_once_v2, under a process that is killed now and then.

Each format has a query that makes records of it and, over a topic where --cycles malformed ones lie among
good ones and among some with a flipped bit, two more: one with ON_ERROR = 'dead-letter', one with 'skip'.
Each record has a key of its own, so that kcat, read_committed, tells where it went: a malformed one is a
letter, once; a good one a row, once, with its number; a flipped one is either. The query that skips must
have written just the rows of the other one. Registry formats have a real registry.
"""
import collections
import json
import time

import soak
import kafka_fixture
import kafka_wire
import program
import registry_fixture
import service

SHARE = 10  # of what is sent in one go, between kills
PARTITIONS = 3
SETTINGS = {"processing.guarantee": "exactly_once_v2", "auto.offset.reset": "earliest",
            "commit.interval.ms": "100", "consumer.session.timeout.ms": "2000",
            "consumer.heartbeat.interval.ms": "500"}
NEW = "CREATE STREAM {name}_{f} ({columns}) WITH (KAFKA_TOPIC = '{prefix}{topic}_{f}', " \
      f"PARTITIONS = {PARTITIONS}, KEY_FORMAT = 'KAFKA', VALUE_FORMAT = '{{f}}'{{more}});\n"
SQL = """\
CREATE STREAM made_{f} WITH (KAFKA_TOPIC = '{prefix}made_{f}', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = '{f}') AS
    SELECT {select} FROM plain;
CREATE STREAM rows_{f} WITH (KAFKA_TOPIC = '{prefix}rows_{f}', VALUE_FORMAT = 'JSON') AS
    SELECT k, n FROM strict_{f};
CREATE STREAM skipped_{f} WITH (KAFKA_TOPIC = '{prefix}skipped_{f}', VALUE_FORMAT = 'JSON') AS
    SELECT k, n FROM lax_{f};
"""
MAGIC_AND_ID = 5


# ---------------------------------------------------------------- harm: (rng, a good record's value)

def no_magic(_, good):
    return b"\x01" + good[1:]


def no_such_schema(_, good):
    return good[:1] + b"\x7f\xff\xff\xf0" + good[MAGIC_AND_ID:]


def cut_in_head(rng, good):
    return good[:rng.randrange(1, MAGIC_AND_ID)]


def cut(rng, good):
    return good[:rng.randrange(1, len(good))]


def cut_behind_id(rng, good):
    return good[:rng.randrange(MAGIC_AND_ID, len(good))]


def rubbish(rng, _):
    return b"rubbish %d" % rng.randrange(1000)


def broken_message(rng, good, head=0):
    """A wire type that there is none of, a length beyond the end, a number that never ends."""
    return good[:head] + rng.choice((b"\x0f\x01", b"\x12\xff\x7fab", b"\x08\x80\x80", b"\x00\x01"))


def broken_message_behind_head(rng, good):
    return broken_message(rng, good, MAGIC_AND_ID + 1)  # the index of the message


def no_number(rng, _):
    return b"x%d,text" % rng.randrange(1000)


def columns_missing(rng, _):
    return b"%d" % rng.randrange(1000)


def columns_too_many(rng, _):
    return b"%d,text,more" % rng.randrange(1000)


def wrong_length(rng, _):
    return bytes(rng.choice((1, 2, 3, 5, 8, 9)))


REGISTRY = (no_magic, no_such_schema, cut_in_head)
FORMATS = {
    "JSON": (cut, rubbish),
    "JSON_SR": (*REGISTRY, cut_behind_id),
    "AVRO": (*REGISTRY, cut_behind_id),
    "PROTOBUF": (*REGISTRY, broken_message_behind_head),
    "PROTOBUF_NOSR": (broken_message,),
    "DELIMITED": (no_number, columns_missing, columns_too_many),
    "KAFKA": (wrong_length,),
}


def flip(rng, good):
    changed = bytearray(good)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


# ----------------------------------------------------------------

class Malformed:
    def __init__(self, args, kafka, registry, folder):
        self.args, self.kafka = args, kafka
        self.prefix = kafka.unique("malformed") + "_"
        self.file = folder / "malformed.sql"
        columns = {f: "k STRING KEY, n INT" + ("" if f == "KAFKA" else ", t STRING") for f in FORMATS}
        sql = NEW.format(name="plain", topic="plain", f="JSON", columns=columns["JSON"], more="",
                         prefix=self.prefix).replace("plain_JSON (", "plain (")
        for f in FORMATS:
            for name, more in (("strict", ", ON_ERROR = 'dead-letter', DEAD_LETTER_TOPIC = "
                                          f"'{self.prefix}letters_{f}'"), ("lax", ", ON_ERROR = 'skip'")):
                sql += NEW.format(name=name, topic="in", f=f, columns=columns[f], more=more,
                                  prefix=self.prefix)
            sql += SQL.format(f=f, prefix=self.prefix, select="k, n" if f == "KAFKA" else "k, n, t")
        self.file.write_text(sql)
        self.weir = program.Weir(folder / "data", kafka.bootstrap, settings={
            **SETTINGS, "ksql.service.id": self.prefix, "ksql.schema.registry.url": registry.url})
        self.kinds = {f: {} for f in FORMATS}  # of each: {key: what it is}
        self.number = 0
        kafka.partitions[f"{self.prefix}plain_JSON"] = PARTITIONS
        self.weir.run(self.file)
        kafka.produce(f"{self.prefix}plain_JSON", [
            kafka_fixture.Record(f"p{n}", json.dumps({"N": n, "T": "text " * (1 + n % 3)}))
            for n in range(1, 30)])
        self.weir.run(self.file)
        self.good = {f: self.samples(f) for f in FORMATS}

    def samples(self, f):
        """[(number, value)] as Weir has written them."""
        records = self.weir.records(f"{self.prefix}made_{f}")
        assert len(records) == 29, f"{f}: {len(records)} good records"
        return [(int(record["key"][1:]), record["value"]) for record in records]

    def records(self, f, malformed):
        """So many malformed ones, a tenth of it good ones, and a fifth with a flipped bit."""
        rng = self.args.rng
        kinds = ["malformed"] * malformed + ["good"] * (malformed // 10) + ["flipped"] * (malformed // 5)
        rng.shuffle(kinds)
        for kind in kinds:
            number, value = rng.choice(self.good[f])
            how = None
            if kind == "malformed":
                how = rng.choice(FORMATS[f])
                value = how(rng, value)
            elif kind == "flipped":
                value = flip(rng, value)
            key = f"r{self.number}"
            self.number += 1
            self.kinds[f][key] = (kind, number, how.__name__ if how else kind, value)
            yield key, value

    def feed(self, malformed):
        for f in FORMATS:
            by_partition = collections.defaultdict(list)
            for key, value in self.records(f, malformed):
                by_partition[kafka_wire.partition_of(key.encode(), PARTITIONS)].append(
                    (key.encode(), value, 1000, []))
            for partition, batch in by_partition.items():
                kafka_wire.produce(self.kafka.bootstrap, f"{self.prefix}in_{f}", partition, batch)

    def seen(self, what, f):
        """[(key, value)], read_committed; values of letters are no text."""
        said = self.kafka.kcat("-C", "-t", f"{self.prefix}{what}_{f}", "-o", "beginning", "-e", "-q", "-X",
                               "isolation.level=read_committed", "-f",
                               "%k\n" if what == "letters" else "%k %s\n")
        return [(line.split(" ", 1) + [None])[:2] for line in said.splitlines()]

    def complete(self):
        return all(len(self.seen("rows", f)) + len(self.seen("letters", f)) >= len(self.kinds[f])
                   for f in FORMATS)

    def check(self, f):
        rows, letters = self.seen("rows", f), self.seen("letters", f)
        where = collections.defaultdict(list)
        for key, value in rows:
            where[key].append(json.loads(value)["N"])
        for key, _ in letters:
            where[key].append("letter")
        for key, (kind, number, how, value) in self.kinds[f].items():
            expected = {"good": [[number]], "malformed": [["letter"]]}.get(kind)
            if len(where[key]) != 1 or (expected and where[key] not in expected):
                raise AssertionError(f"{f}: {key}, {how} ({value.hex()}), has become {where[key]}")
        if len(where) != len(self.kinds[f]):
            raise AssertionError(f"{f}: {set(where) - set(self.kinds[f])} were never sent")
        if sorted(self.seen("skipped", f)) != sorted(rows):
            raise AssertionError(f"{f}: the query that skips has other rows")
        flipped = sum(kind == "flipped" for kind, *_ in self.kinds[f].values())
        malformed = sum(kind == "malformed" for kind, *_ in self.kinds[f].values())
        print(f"{f}: {len(self.kinds[f])} records in = {len(rows)} rows + {len(letters)} letters "
              f"({malformed} malformed, {len(letters) - malformed} of {flipped} with a flipped bit)")


def main():
    args = soak.arguments(__doc__, cycles=10000)
    with soak.folder(args) as folder, kafka_fixture.KafkaBroker() as broker, \
            registry_fixture.RegistryServer() as registry, soak.Count(args, "malformed of each") as count:
        work = Malformed(args, broker, registry, folder)
        run = work.weir.start_run(work.file)
        try:
            while count.done < args.cycles:
                work.feed(min(args.cycles // SHARE + 1, args.cycles - count.done))
                count.done += min(args.cycles // SHARE + 1, args.cycles - count.done)
                time.sleep(2 * args.rng.random())
                run.kill()
                run.wait()
                run = work.weir.start_run(work.file)
            service.wait_until(work.complete, 240, f"all records are rows or letters: {work.weir.log}")
        finally:
            program.stop(run)
        work.weir.run(work.file)
        for f in FORMATS:
            work.check(f)


if __name__ == "__main__":
    main()
