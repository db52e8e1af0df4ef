#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: kafka registry
# cost: 60
"""A real PostgreSQL, followed by Debezium in Kafka Connect, through Kafka: the tables that Weir has
in the end are those of the database, whether the events are JSON, with or without schemas, or
Avro."""
import json
import unittest
from decimal import Decimal

import debezium_fixture
import kafka_fixture
import program
import registry_fixture
import service

CREATE = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE TABLE things (id INT PRIMARY KEY, flag BOOLEAN, small SMALLINT, big BIGINT, ratio REAL,
    double_ DOUBLE PRECISION, amount NUMERIC(10, 2), any_number NUMERIC, note TEXT, body TEXT,
    bytes_ BYTEA, day DATE, hour TIME, hour3 TIME(3), moment TIMESTAMP, moment3 TIMESTAMP(3),
    since TIMESTAMPTZ, span INTERVAL, tags TEXT[], numbers INT[], prices NUMERIC(6, 2)[],
    holidays DATE[], doc JSONB, uid UUID, xml_ XML, feeling mood, pairs HSTORE, place POINT,
    bit_ BIT(1), bits BIT(8), address INET);
ALTER TABLE things ALTER body SET STORAGE EXTERNAL, ALTER bytes_ SET STORAGE EXTERNAL,
    ALTER tags SET STORAGE EXTERNAL, ALTER numbers SET STORAGE EXTERNAL;
CREATE TABLE emptied (id INT PRIMARY KEY, v TEXT);
CREATE TABLE lines (a INT, b TEXT, v NUMERIC(8, 3), PRIMARY KEY (a, b));
INSERT INTO things VALUES (1, true, -32768, 9007199254740993, 1.5, 0.1, 12.34, 123.4500, 'a',
    repeat('b', 3000), decode(repeat('ab', 3000), 'hex'), '2026-02-28', '23:59:59.999999',
    '12:34:56.789', '1969-12-31 23:59:59.999999', '2026-02-28 12:00:00.5',
    '2026-02-28 23:59:59.999999+02', '1 day 00:00:01', ARRAY[repeat('c', 3000)],
    (SELECT array_agg(i) FROM generate_series(1, 1000) i), '{1.50,NULL}', '{2026-01-01,NULL}',
    '{"a": [1, null]}', '123e4567-e89b-12d3-a456-426614174000', '<a/>', 'happy', 'x=>1, y=>NULL',
    '(1.5,-2)', B'1', B'10100101', '10.0.0.1');
INSERT INTO things (id) VALUES (2);
INSERT INTO emptied VALUES (1, 'x'), (2, 'y');
INSERT INTO lines VALUES (1, 'a', 1.5), (1, 'b', 2), (2, 'a', -0.001);
"""

CHANGES = """
UPDATE things SET note = 'changed' WHERE id = 1;
INSERT INTO things (id, moment, hour, amount, body) VALUES
    (3, '1970-01-01 00:00:01.5', '00:00:01', -99999999.99, repeat('d', 3000)),
    (4, '2026-01-01', '00:00:00.002', 0, 'short');
INSERT INTO things (id) VALUES (5);
UPDATE things SET amount = amount * 2 WHERE id = 4;
UPDATE things SET flag = false WHERE id = 3;
DELETE FROM things WHERE id = 5;
BEGIN; INSERT INTO things (id) VALUES (6); DELETE FROM things WHERE id = 6; COMMIT;
UPDATE lines SET b = 'c' WHERE b = 'b';
DELETE FROM lines WHERE a = 2;
TRUNCATE emptied;
INSERT INTO emptied VALUES (3, 'z');
INSERT INTO lines VALUES (99, 'end', 0);
INSERT INTO things (id) VALUES (99);
"""

# Records by topic: a deletion has a tombstone after it, a changed key is a deletion and a new row.
SNAPSHOT = {"things": 2, "emptied": 2, "lines": 3}
ALL = {"things": 14, "emptied": 4, "lines": 9}

# Without a schema, small numbers of microseconds are taken for milliseconds.
GUESSED = {(3,): {"MOMENT": "1970-01-01T00:25:00.000", "HOUR": "00:16:40"},
           (4,): {"HOUR": "00:00:02"}}

THINGS = """id INT PRIMARY KEY, flag BOOLEAN, small INT, big BIGINT, ratio DOUBLE, double_ DOUBLE,
    amount DECIMAL(12, 2), any_number DECIMAL(20, 4), note STRING, body STRING, bytes_ BYTES,
    day DATE, hour TIME, hour3 TIME, moment TIMESTAMP, moment3 TIMESTAMP, since TIMESTAMP,
    span BIGINT, tags ARRAY<STRING>, numbers ARRAY<INT>, prices ARRAY<DECIMAL(6, 2)>,
    holidays ARRAY<DATE>, doc STRING, uid STRING, xml_ STRING, feeling STRING, pairs STRING,
    place STRUCT<x DOUBLE, y DOUBLE>, bit_ BOOLEAN, bits BYTES, address STRING"""
EMPTIED = "id INT PRIMARY KEY, v STRING"
LINES = "a INT PRIMARY KEY, b STRING PRIMARY KEY, v DECIMAL(8, 3)"

def column(name, expression):
    return f"{expression} AS \"{name.upper()}\""


def moment(name, zone=""):
    """As Weir prints a TIMESTAMP."""
    return column(name, f"to_char(date_trunc('milliseconds', {name} {zone}), "
                        "'YYYY-MM-DD\"T\"HH24:MI:SS.MS')")


def time_of_day(name):
    """As Weir prints a TIME: without seconds and milliseconds where they are zero."""
    whole = f"date_trunc('milliseconds', {name}::INTERVAL)::TIME(3)"
    return column(name, f"CASE WHEN extract(seconds FROM {whole}) = 0 "
                        f"THEN to_char({whole}, 'HH24:MI') WHEN extract(microseconds FROM {whole})"
                        f"::INT % 1000000 = 0 THEN to_char({whole}, 'HH24:MI:SS') "
                        f"ELSE to_char({whole}, 'HH24:MI:SS.MS') END")


def things():
    plain = ("id flag small big ratio double_ amount note body day tags numbers prices holidays "
             "uid address").split()
    return ", ".join([
        *(column(name, name) for name in plain),
        column("any_number", "any_number::NUMERIC(20, 4)"),
        column("bytes_", "replace(encode(bytes_, 'base64'), E'\\n', '')"),
        time_of_day("hour"), time_of_day("hour3"), moment("moment"), moment("moment3"),
        moment("since", "AT TIME ZONE 'UTC'"),
        column("span", "(extract(epoch FROM span) * 1000000)::BIGINT"),
        column("doc", "doc::TEXT"), column("xml_", "xml_::TEXT"), column("feeling", "feeling"),
        column("pairs", "replace(replace(pairs::JSONB::TEXT, ': ', ':'), ', ', ',')"),
        column("place", "CASE WHEN place IS NOT NULL THEN "
                        "json_build_object('X', place[0], 'Y', place[1]) END"),
        column("bit_", "bit_ = B'1'"),
        column("bits", "CASE WHEN bits IS NOT NULL THEN 'pQ==' END")])


class Followed(unittest.TestCase):
    maxDiff = 5000

    def follow(self, weir, prefix, with_):
        """Tables over the topics of one connector, to the end of what is there."""
        def table(name, columns):
            return (f"CREATE TABLE {name} ({columns}) WITH (KAFKA_TOPIC='{prefix}.public.{name}', "
                    f"{with_});\nCREATE TABLE {name}_rows WITH (FORMAT='JSON', "
                    f"KAFKA_TOPIC='{prefix}.{name}_rows') AS SELECT * FROM {name};\n")
        file = weir.data.parent / f"{prefix}.sql"
        file.write_text("SET 'auto.offset.reset' = 'earliest';\n" + table("things", THINGS) +
                        table("emptied", EMPTIED) + table("lines", LINES))
        weir.run(file)

    def wait(self, kafka, prefixes, counts):
        """Until all topics have so many records."""
        def end(topic):
            return int(kafka.kcat("-Q", "-t", f"{topic}:0:-1").rsplit(" ", 1)[-1])
        for prefix in prefixes:
            for table, count in counts.items():
                topic = f"{prefix}.public.{table}"
                service.wait_until(lambda: end(topic) >= count, 60, f"{topic} has {count} records")
                self.assertEqual(end(topic), count, topic)

    def compare(self, database, weir, guessed):
        for table, columns, keys in (("things", things(), ["ID"]),
                                     ("emptied", 'id AS "ID", v AS "V"', ["ID"]),
                                     ("lines", 'a AS "A", b AS "B", v AS "V"', ["A", "B"])):
            done = weir.sql(f"SELECT * FROM {table}_rows;", *weir.settings_options(), "--output",
                            "JSON")
            lines = database.sql(f"SELECT row_to_json(q) FROM (SELECT {columns} FROM {table}) q;")
            found, wanted = ({tuple(row[key] for key in keys): row for row in map(self.row, text)}
                             for text in (done.stdout.splitlines(), lines))
            self.assertEqual(sorted(found), sorted(wanted), table)
            for key, row in wanted.items():
                row |= guessed.get(key, {}) if table == "things" else {}
                self.assertEqual(sorted(found[key]), sorted(row), table)
                other = {name: (found[key][name], value) for name, value in row.items()
                         if found[key][name] != value}
                self.assertEqual(other, {}, f"{table}, row {key}: found, wanted")

    @classmethod
    def row(cls, line):
        return cls.plain(json.loads(line, parse_float=Decimal))

    @classmethod
    def plain(cls, value):
        """Numbers by their value, columns in any order."""
        if isinstance(value, dict):
            return {name: cls.plain(v) for name, v in sorted(value.items())}
        if isinstance(value, list):
            return [cls.plain(v) for v in value]
        if isinstance(value, (Decimal, int, float)) and not isinstance(value, bool):
            return Decimal(value).normalize()
        return value

    def test_tables_of_the_database(self):
        with kafka_fixture.shared() as kafka, registry_fixture.shared() as registry, \
                debezium_fixture.Postgres() as database, program.folder() as folder:
            database.sql(CREATE)
            json_converter = "org.apache.kafka.connect.json.JsonConverter"
            avro = {"converter": "io.apicurio.registry.utils.converter.AvroConverter",
                    "converter.apicurio.registry.url":
                        registry.url.replace("/apis/ccompat/v7", "/apis/registry/v2"),
                    "converter.apicurio.registry.auto-register": "true",
                    "converter.apicurio.registry.as-confluent": "true",
                    "converter.apicurio.registry.use-id": "contentId",
                    "converter.apicurio.registry.headers.enabled": "false"}
            forms = {
                "plain": ({"converter": json_converter, "converter.schemas.enable": "false"},
                          "FORMAT='DEBEZIUM_JSON'"),
                "schemas": ({"converter": json_converter, "converter.schemas.enable": "true"},
                            "FORMAT='DEBEZIUM_JSON'"),
                "avro": (avro, "FORMAT='DEBEZIUM_AVRO'"),
            }
            prefixes = {form: kafka.unique(form).replace("-", "_") for form in forms}
            connectors = {}
            for form, (converter, _) in forms.items():
                settings = {f"{part}.{name}": value for part in ("key", "value")
                            for name, value in converter.items()}
                connectors[form] = {**database.connector(prefixes[form]), **settings,
                                    "skipped.operations": "none", "poll.interval.ms": "50"}
                for table in ("things", "emptied", "lines"):
                    kafka.create_topic(f"{prefixes[form]}.public.{table}", unique=False)
            with debezium_fixture.Connect(kafka, connectors):
                self.wait(kafka, prefixes.values(), SNAPSHOT)
                database.sql(CHANGES)
                self.wait(kafka, prefixes.values(), ALL)
            for form, (_, with_) in forms.items():
                with self.subTest(form=form):
                    weir = program.Weir(folder / form, kafka.bootstrap,
                                        {"ksql.schema.registry.url": registry.url})
                    self.follow(weir, prefixes[form], with_)
                    self.compare(database, weir, GUESSED if form == "plain" else {})


if __name__ == "__main__":
    service.main()
