#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: kafka
"""Topics that do not exist or are not as declared; query files that cannot run. Everything is
checked before anything runs: after a refusal no topic was created and no record written."""
import contextlib
import unittest

import kafka_fixture
import program
import service

STREAM = """\
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC = '{}', VALUE_FORMAT = 'JSON'{});
"""


class Topics:
    @contextlib.contextmanager
    def weir(self):
        raise NotImplementedError

    def name(self, name):
        return kafka_fixture.Kafka.unique(name)

    def refused(self, weir, text, *words):
        file = weir.data.parent / "q.sql"
        file.write_text(text)
        said = weir.run(file, status=1)
        self.assertNotIn("Traceback", said.stderr)
        for word in words:
            self.assertIn(word, said.stderr)

    def exists(self, weir, topic):
        return topic in weir.sql("SHOW ALL TOPICS;").stdout

    def test_unknown_topic(self):
        topic = self.name("absent")
        with self.weir() as weir:
            self.refused(weir, STREAM.format(topic, "")
                         + f"CREATE STREAM t WITH (KAFKA_TOPIC = '{topic}-t') AS SELECT * FROM s;",
                         f"Topic '{topic}' does not exist", "PARTITIONS")
            self.assertFalse(self.exists(weir, topic))

    def test_other_partitions(self):
        topic = self.name("four")
        with self.weir() as weir:
            weir.sql(STREAM.format(topic, ", PARTITIONS = 4"))
            self.refused(weir, STREAM.format(topic, ", PARTITIONS = 3")
                         + f"CREATE STREAM t WITH (KAFKA_TOPIC = '{topic}-t') AS SELECT * FROM s;",
                         f"'{topic}' already exists", "3", "4")

    def test_nothing_is_created_before_all_is_checked(self):
        topic = self.name("first")
        with self.weir() as weir:
            self.refused(weir, STREAM.format(topic, ", PARTITIONS = 1")
                         + f"CREATE STREAM t WITH (KAFKA_TOPIC = '{topic}-t') AS\n"
                         "  SELECT k, nosuch FROM s;", "NOSUCH", "3:")
            self.assertFalse(self.exists(weir, topic))

    def test_statement_of_no_file(self):
        with self.weir() as weir:
            self.refused(weir, "SHOW STREAMS;\n", "SHOW")

    def test_syntax(self):
        with self.weir() as weir:
            self.refused(weir, "CREATE STREAM s (k STRING KEY,\n  v INTT WIH (x=1);\n", "2:")

    def test_produce_and_consume(self):
        topic = self.name("absent")
        with self.weir() as weir:
            for done in (weir.call("consume", topic, "--until-end", *weir.options(), status=1),
                         weir.produce(topic, "x", status=1)):
                self.assertIn(topic, done.stderr)
            self.assertFalse(self.exists(weir, topic))

    def test_print(self):
        topic = self.name("absent")
        with self.weir() as weir:
            done = weir.sql(f"PRINT '{topic}' FROM BEGINNING LIMIT 1;", status=1)
            self.assertIn(f"Could not find topic '{topic}'", done.stderr)


class OnTheEmbeddedLog(Topics, unittest.TestCase):
    @contextlib.contextmanager
    def weir(self):
        with program.folder() as folder:
            yield program.Weir(folder / "data")

    def test_no_such_file(self):
        with self.weir() as weir:
            done = weir.run("nosuch.sql", status=1)
            self.assertIn("nosuch.sql", done.stderr)


class OnKafka(Topics, unittest.TestCase):
    @contextlib.contextmanager
    def weir(self):
        with program.folder() as folder, kafka_fixture.shared() as kafka:
            yield program.Weir(folder / "data", kafka.bootstrap)


if __name__ == "__main__":
    service.main()
