#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir check: what weir run would say of query files, without an effect."""
import unittest

import service
from weir_cli import WeirCase

SOURCES = """SET 'auto.offset.reset' = 'earliest';
CREATE TYPE pair AS STRUCT<a INT, b STRING>;
CREATE STREAM s (id INT KEY, v INT, p pair) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');
CREATE TABLE t (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');
"""
QUERIES = """CREATE STREAM j AS SELECT s.id AS id, p->b AS b, name FROM s JOIN t ON s.id = t.id;
CREATE TABLE counts AS SELECT b, COUNT(*) AS n FROM j GROUP BY b;
CREATE STREAM back (b STRING KEY, n BIGINT) WITH (KAFKA_TOPIC='COUNTS', VALUE_FORMAT='JSON');
INSERT INTO j SELECT id, '${text}' AS b, 'n' AS name FROM s;
"""


class Check(WeirCase):
    def setUp(self):
        super().setUp()
        self.sources = self.file("sources.sql", SOURCES)
        self.queries = self.file("queries.sql", QUERIES)

    def check(self, *words, status=0):
        """Without --data: a directory that does not exist must not come to be."""
        done = self.weir("check", *words, status=status)
        self.assertFalse(self.folder.joinpath("xdg").exists())
        return done

    def check_data(self, *words, status=0):
        return self.weir("check", *words, "--data", self.data, status=status)

    def test_one_program(self):
        done = self.check(self.sources, self.queries, "--define", "text=x")
        self.assertEqual(done.stdout, "8 statements with 3 queries: no errors\n")
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.check(self.sources).stdout,
                         "4 statements with 0 queries: no errors\n")

    def test_errors_have_their_place(self):
        wrong = self.file("wrong.sql", QUERIES.replace("p->b", "p->c"))
        done = self.check(self.sources, wrong, "--define", "text=x", status=1)
        self.assertEqual(done.stdout, "")
        self.assertIn(f"{wrong}:1:", done.stderr)
        self.assertRegex(done.stderr, r"\n +\^\n")
        self.assertIn("queries.sql:1:", self.check(self.queries, "-d", "text=x", status=1).stderr)
        self.assertIn("Cannot read", self.check("none.sql", status=1).stderr)
        script = self.file("script.sql", "SHOW STREAMS;")
        self.assertIn("supported in standalone mode", self.check(script, status=1).stderr)

    def test_warning(self):
        odd = self.file("odd.sql", "CREATE STREAM o AS SELECT id, v FROM s HAVING v > 1;")
        done = self.check(self.sources, odd)
        self.assertIn(f"{odd}:1:1: warning: HAVING without GROUP BY has no effect", done.stderr)
        self.assertTrue(done.stdout.endswith("1 query: no errors\n"))

    def test_partitions_where_they_are_known(self):
        def sources(s, t):
            return self.file("known.sql", SOURCES.replace("'s',", f"'s',{s}")
                             .replace("'t',", f"'t',{t}"))
        words = (self.queries, "-d", "text=x")
        self.check(sources("PARTITIONS=4,", ""), *words)
        self.check(sources("PARTITIONS=4,", "PARTITIONS=4,"), *words)
        done = self.check(sources("PARTITIONS=4,", "PARTITIONS=2,"), *words, status=1)
        self.assertIn("the number of partitions don't match", done.stderr)

    def test_a_directory(self):
        """Its topics are what there is, and its state must fit; it stays as it is."""
        sql = ("CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');"
               "CREATE TABLE m AS SELECT id, {}(v) AS x FROM s GROUP BY id;")
        least, most = self.file("a.sql", sql.format("MIN")), self.file("b.sql", sql.format("MAX"))
        self.weir("produce", "s", "--json", "--partitions", "1", stdin='{"key":1,"value":{"V":5}}\n')
        self.check_data(least)
        self.assertNotIn("M", self.weir("-e", "SHOW TOPICS;", "--output", "CSV").stdout)
        self.weir("run", least, "--until-end")
        self.check_data(least)
        done = self.check_data(most, status=1)
        self.assertIn("state and offsets of a statement that means something else", done.stderr)
        none = self.file("none.sql", sql.format("MIN").replace("'s'", "'nowhere'"))
        self.assertIn("Topic 'nowhere' does not exist",
                      self.check_data(none, status=1).stderr)
        self.weir("check", least, "--data", self.folder / "nowhere", status=2)


if __name__ == "__main__":
    service.main()
