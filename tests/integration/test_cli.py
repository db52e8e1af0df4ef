#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program without a terminal: -e, -f, pipes, forms of results, errors, exit statuses."""
import csv
import io
import json
import re
import signal
import subprocess
import unittest

import service
from weir_cli import WeirCase

STREAM = ("CREATE STREAM s (id INT KEY, v STRING) "
          "WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');")
ROWS = "INSERT INTO s VALUES (1, 'one'); INSERT INTO s VALUES (2, NULL);"
EARLIEST = "SET 'auto.offset.reset' = 'earliest';"


class Usage(WeirCase):
    """What is wrong with a command line is said before anything is opened."""

    def refused(self, *words, says):
        done = self.weir(*words, status=2)
        self.assertEqual(done.stdout, "")
        self.assertIn(says, done.stderr)
        self.assertFalse(self.data.exists())

    def test_wrong_words(self):
        self.refused("--ouput", "JSON", "-e", "SHOW STREAMS;", says="did you mean --output?")
        self.refused("--output", "XML", says="--output is TABULAR, JSON or CSV, not 'XML'")
        self.refused("--output", says="--output needs a value")
        self.refused("--data", "", "-e", "SHOW STREAMS;", says="--data needs a value that is not "
                     "empty: --data DIR")
        self.refused("run", "--data=", "x.sql", says="--data needs a value that is not empty")
        self.refused("--bootstrap-servers", "", says="--bootstrap-servers needs a value that is")
        self.refused("-e", "x", "-f", "y", says="use either -e or -f, not both")
        self.refused("rnu", "x.sql", says="did you mean 'run'?")
        self.refused("frobnicate", says="unknown command 'frobnicate'")
        self.refused("x.sql", says="`weir -f x.sql` runs its statements, `weir run x.sql` runs its")
        self.refused("run", says="weir run needs FILE.sql...")
        self.refused("run", "--until-end=yes", "x.sql", says="--until-end takes no value")
        self.refused("datagen", "clicks", "--count", "many", says="--count needs a whole number")
        self.refused("datagen", "clicks", "--count", "0", says="from 1 up")
        self.refused("datagen", "clikcs", says="there is no generator 'clikcs', but clicks,")
        self.refused("produce", "t", "--timestamp", "2025-02-30", says="--timestamp is a time")
        self.refused("consume", "a", "b", says="unexpected argument 'b'")
        self.refused("-e", "SHOW STREAMS;", "--set", "x", says="--set needs NAME=VALUE")
        self.refused("http://127.0.0.1:8088", "--data", self.folder / "x", says="a server has its own --data")
        self.refused("-e", "SHOW STREAMS;", "--config", self.folder / "none", says="cannot read")

    def test_help(self):
        overview = self.weir("help").stdout
        for command in ("run", "test", "datagen", "produce", "consume", "version"):
            self.assertIn(f"weir {command}", overview)
            own = self.weir("help", command).stdout
            self.assertIn(f"Usage: weir {command}", own)
            self.assertEqual(self.weir(command, "--help").stdout, own)
        self.assertEqual(self.weir("--help").stdout, overview)
        self.assertIn("--query-timeout", overview)
        self.assertLessEqual(max(map(len, overview.splitlines())), 100)
        self.weir("help", "nothing", status=2)

    def test_version(self):
        self.assertRegex(self.weir("version").stdout, r"^weir \d+\.\d+\.\d+\n$")
        self.assertEqual(self.weir("--version").stdout, self.weir("version").stdout)


class Forms(WeirCase):
    def setUp(self):
        super().setUp()
        self.weir("-e", STREAM + ROWS)

    def select(self, form, query="SELECT * FROM s EMIT CHANGES LIMIT 2;"):
        return self.weir("--output", form, "-e", EARLIEST + query)

    def test_tabular_rows(self):
        out = self.select("tabular").stdout
        self.assertIn("+--------+" + "-" * 49 + "+\n"
                      "|ID      |V" + " " * 48 + "|\n"
                      "+--------+" + "-" * 49 + "+\n"
                      "|1       |one" + " " * 46 + "|\n"
                      "|2       |null" + " " * 45 + "|\n", out)
        self.assertTrue(out.endswith("Limit Reached\n"), out)
        out = self.select("tabular", "SELECT * FROM s;").stdout
        self.assertIn("+--+----+\n|ID|V   |\n+--+----+\n|1 |one |\n|2 |null|\n", out)

    def test_tabular_statements(self):
        out = self.weir("-e", "SHOW STREAMS;").stdout
        lines = out.splitlines()
        self.assertEqual(lines[0], "")
        self.assertRegex(lines[1], r"^ Stream Name \| Kafka Topic \| Key Format \| Value Format \| "
                         r"Windowed$")
        self.assertEqual(lines[2], "-" * len(lines[2]))
        self.assertRegex(lines[3], r"^ S           \| s           \| KAFKA      \| JSON         \| "
                         r"false$")
        self.assertEqual(lines[4], lines[2])
        self.assertIn("\n Message\n----------------\n Stream created\n----------------\n",
                      self.weir("-e", STREAM.replace("STREAM s", "STREAM s2")).stdout)

    def test_explain_analyze(self):
        query = "CREATE TABLE t AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;"
        query_id = re.search(r"CTAS_T_\d+", self.weir("-e", EARLIEST + query).stdout).group()
        out = self.weir("-e", f"EXPLAIN ANALYZE {query_id};").stdout
        self.assertRegex(out, r"^\nCREATE TABLE t AS .*\n Operator +\| Rows in \| Rows out \| ")
        self.assertRegex(out, r"\n       StreamAggregate +\| +\d+ \| +\d+ \| .*COUNT\n")
        lines = self.weir("--output", "JSON", "-e", f"EXPLAIN ANALYZE {query_id}").stdout
        first = json.loads(lines.splitlines()[0])
        self.assertEqual((first["DEPTH"], first["KIND"], first["ENTRIES"]), (0, "QUERY", None))
        self.assertIs(type(first["ROWS_IN"]), int)
        self.assertIn("does not exist", self.weir("-e", "EXPLAIN ANALYZE x;", status=1).stderr)

    def test_json(self):
        done = self.select("Json")
        self.assertEqual([json.loads(line) for line in done.stdout.splitlines()],
                         [{"ID": 1, "V": "one"}, {"ID": 2, "V": None}])
        self.assertIn({"message": "Limit Reached"}, map(json.loads, done.stderr.splitlines()))
        shown = json.loads(self.weir("--output", "JSON", "-e", "SHOW STREAMS").stdout)
        self.assertEqual(shown["Stream Name"], "S")

    def test_json_has_rows_alone_on_standard_output(self):
        """However statements come, and also where one fails."""
        text = (f"{STREAM.replace('STREAM s', 'STREAM s2')}\n{EARLIEST}\nSHOW TABLES;\n"
                "SELECT id FROM s EMIT CHANGES LIMIT 1;\nSELECT nope FROM s;\n")
        ways = (["-e", text], ["-f", self.file("all.sql", text)], [])
        for words in ways:
            done = self.weir("--output", "JSON", *words, stdin=text, status=1)
            self.assertEqual(done.stdout, '{"ID":1}\n', words)
            self.assertIn('{"message":"Stream created"}\n', done.stderr)
            self.assertIn("column 'NOPE' cannot be resolved", done.stderr)
            self.weir("-e", "DROP STREAM s2;")

    def test_csv(self):
        self.weir("-e", "INSERT INTO s VALUES (3, 'a,\"b\"'); INSERT INTO s VALUES (4, '');")
        done = self.select("CSV", "SELECT * FROM s EMIT CHANGES LIMIT 4;")
        rows = list(csv.reader(io.StringIO(done.stdout, newline="")))
        self.assertEqual(rows, [["ID", "V"], ["1", "one"], ["2", ""], ["3", 'a,"b"'], ["4", ""]])
        self.assertIn("2,\n", done.stdout)    # NULL
        self.assertIn('4,""\n', done.stdout)  # an empty string
        self.assertIn("Limit Reached", done.stderr)

    def test_wide_characters_and_controls(self):
        self.weir("-e", "INSERT INTO s VALUES (3, '日本');"
                        "INSERT INTO s VALUES (4, 'a\tb\x1bc\nd');")
        out = self.select("TABULAR", "SELECT v FROM s WHERE id > 2 EMIT CHANGES LIMIT 2;").stdout
        self.assertIn("|日本" + " " * 54 + "|\n", out)
        self.assertIn("|a b c" + " " * 53 + "|\n|d" + " " * 57 + "|\n", out)

    def test_wrapping(self):
        self.weir("-e", "INSERT INTO s VALUES (3, '" + "x" * 60 + "');")
        query = "SELECT * FROM s WHERE id = 3 EMIT CHANGES LIMIT 1;"
        self.assertIn("|3       |" + "x" * 49 + "|\n|        |" + "x" * 11 + " " * 38 + "|\n",
                      self.select("tabular", query).stdout)
        out = self.weir(stdin=f"{EARLIEST}\nset cli WRAP OFF\nset cli column-width 10\n{query}\n")
        self.assertIn("|3         |xxxxxxx...|\n", out.stdout)


class Statements(WeirCase):
    def test_last_semicolon_is_added(self):
        self.weir("-e", STREAM[:-1])
        self.weir("-e", "SHOW STREAMS -- a comment ends here")
        self.weir("-e", "  -- nothing at all")
        self.weir("-e", "")

    def test_file_and_nested_script(self):
        inner = self.file("it's.sql", "SHOW STREAMS;")
        quoted = str(inner).replace("'", "''")
        outer = self.file("outer.sql", f"{STREAM}\n/* then */ RUN SCRIPT '{quoted}';\nSHOW TABLES;")
        out = self.weir("-f", outer).stdout
        self.assertLess(out.index("Stream created"), out.index("Stream Name"))
        self.assertLess(out.index("Stream Name"), out.index("Table Name"))
        loop = self.file("loop.sql", "")
        loop.write_text(f"RUN SCRIPT '{loop}';")
        self.assertIn("does one run itself?", self.weir("-f", loop, status=1).stderr)

    def test_pipe(self):
        out = self.weir(stdin=f"{STREAM}\n\n-- a comment\nSHOW\n  STREAMS\n;\nversion\n").stdout
        self.assertIn("Stream created", out)
        self.assertIn("\n S  ", out)
        self.assertRegex(out, r"Weir \d+\.\d+\.\d+\n$")
        self.assertNotIn("weir>", out)

    def test_pipe_runs_each_statement_when_it_comes(self):
        process = self.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write("SHOW STREAMS;\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "\n")
        self.assertIn("Stream Name", process.stdout.readline())
        process.stdin.write("exit\n")
        process.stdin.flush()
        self.assertEqual(process.wait(20), 0)

    def test_define(self):
        out = self.weir("-d", "name=it's s", "--define", "n=3", "--output", "json", "-e",
                        "SHOW VARIABLES;").stdout
        self.assertIn("it's s", out)

    def test_config_file(self):
        config = self.file("weir.properties", "# comment\n! so too\nauto.offset.reset : \\\n"
                           "   some\\ time\n")
        done = self.weir("--config", config, "-e", "SHOW STREAMS;", status=1)
        self.assertIn("some time", done.stderr)
        config.write_text("ksql.streams.auto.offset.reset=\\u0065arliest\n")
        self.weir("-e", STREAM + ROWS)
        out = self.weir("--config", config, "-e", "SELECT * FROM s EMIT CHANGES LIMIT 2").stdout
        self.assertIn("|one ", out)

    def test_limits(self):
        self.weir("-e", STREAM + ROWS)
        push = EARLIEST + "SELECT * FROM s EMIT CHANGES;"
        out = self.weir("--query-row-limit", "1", "-e", push).stdout
        self.assertTrue(out.endswith("Limit Reached\n"), out)
        self.assertEqual(out.count("\n|"), 2)  # header and a row
        out = self.weir("--query-timeout", "300", "-e", push).stdout
        self.assertTrue(out.endswith("Query terminated\n"), out)

    def test_interrupt(self):
        self.weir("-e", STREAM + ROWS)
        process = self.start("-e", EARLIEST + "SELECT * FROM s EMIT CHANGES; SHOW STREAMS;",
                             stdout=subprocess.PIPE)
        while not process.stdout.readline().startswith("|2"):
            pass
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        self.assertEqual(process.wait(20), 130)
        self.assertIn("Query terminated", rest)
        self.assertNotIn("Stream Name", rest)

    def test_reader_that_goes_away(self):
        self.weir("datagen", "pageviews", "--count", "5000")
        self.weir("-e", "CREATE STREAM views (id STRING KEY, pageid STRING) "
                        "WITH (KAFKA_TOPIC='pageviews', VALUE_FORMAT='JSON');")
        process = self.start("-e", EARLIEST + "SELECT * FROM views EMIT CHANGES;",
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()  # far more is to come than a pipe holds
        self.assertEqual(process.wait(20), 1)
        self.assertEqual(process.stderr.read(), "")


class Errors(WeirCase):
    def test_place_in_a_file(self):
        path = self.file("bad.sql", f"-- one\n{STREAM}\nSHOW STREAMS; SELECT * FRM s;\n")
        done = self.weir("-f", path, status=1)
        self.assertIn("Stream created", done.stdout)
        self.assertRegex(done.stderr, rf"^{path}:3:\d+: ")
        self.assertNotIn("line 1:", done.stderr.splitlines()[0])
        line, caret = [(a, b) for a, b in zip(done.stderr.splitlines(),
                                              done.stderr.splitlines()[1:])
                       if b.strip() == "^"][0]
        self.assertIn("SELECT * FRM s;", line)
        column = int(done.stderr.split(":")[2])
        self.assertEqual(line.rstrip()[caret.index("^"):], "FRM s;")
        self.assertEqual("SHOW STREAMS; SELECT * FRM s;"[column - 1:], "FRM s;")

    def test_what_is_done_of_a_file(self):
        bad = "SELECT * FROM nowhere;\nSHOW TOPICS;\n"
        inner = self.file("inner.sql", f"SHOW STREAMS;\nSHOW TABLES; {bad}")
        outer = self.file("outer.sql", f"{STREAM}\nRUN SCRIPT '{inner}';\nSHOW TOPICS;")
        done = self.weir("-f", outer, status=1)
        self.assertEqual(done.stderr.splitlines()[-2:], [
            f"{inner}: the 2 statements before this one are done; it and the rest are not",
            f"{outer}: the 1 statement before this one is done; it and the rest are not"])
        self.assertNotIn("Topic Name", done.stdout.replace("Kafka Topic", ""))
        first = self.file("first.sql", bad)
        for args, text in ((("-e", "SHOW STREAMS; " + bad), ""), ((), "SHOW STREAMS;\n" + bad),
                           (("-f", first), "")):
            done = self.weir(*args, stdin=text, status=1)
            self.assertIn("NOWHERE does not exist", done.stderr)
            self.assertNotIn(" done", done.stderr)

    def test_place_in_a_pipe(self):
        done = self.weir(stdin="SHOW STREAMS;\n\nSELECT *\nFROM nowhere\nEMIT CHANGES;\n", status=1)
        self.assertRegex(done.stderr, r"^stdin:[345]:|^stdin: ")
        self.assertIn("NOWHERE", done.stderr)
        rows = "INSERT INTO s VALUES (1, 'a');\n" * 3 + "INSERT INTO s VALUES (1 / 0, 'a');\n"
        done = self.weir(stdin=STREAM + "\n" + rows, status=1)
        self.assertRegex(done.stderr, r"^stdin:5:.*/ by zero")

    def test_first_error_ends_it(self):
        done = self.weir("-e", "SELEC 1; SHOW STREAMS;", status=1)
        self.assertNotIn("Stream Name", done.stdout)
        self.assertRegex(done.stderr, r"^-e:1:1: ")
        done = self.weir(stdin="SELEC 1;\nSHOW STREAMS;\n", status=1)
        self.assertNotIn("Stream Name", done.stdout)

    def test_missing_end(self):
        done = self.weir("-f", self.file("end.sql", "SELECT * FROM 'x"), status=1)
        self.assertIn("end.sql:1:", done.stderr)

    def test_quotes_and_comments_without_an_end(self):
        """They hide what follows, so they are an error wherever statements come from."""
        before = STREAM + "\nCREATE STREAM o AS SELECT * FROM s;\n"
        for tail, place, says in (
                ("/* no end\nDROP STREAM s;\n", "3:1", "missing closing */ for a comment"),
                ("DROP -- x\n STREAM s /* ;\n", "4:11", "missing closing */ for a comment"),
                ("DROP STREAM 's;\nx", "3:13", "missing closing ' for ''s;...'"),
                ('DESCRIBE "s;\nx', "3:10", "missing closing \" for '\"s;...'"),
                ("DESCRIBE `s;\nx", "3:10", "missing closing ` for '`s;...'")):
            text = before + tail
            path = self.file("open.sql", text)
            test = self.file("test.sql", f"--@test: a\n{text}")
            nested = f"RUN SCRIPT '{path}';"
            for name, words, given in (
                    ("-e", ("-e", text), ""), ("open.sql", ("-f", path), ""), ("stdin", (), text),
                    ("open.sql", ("-e", nested), ""),
                    ("open.sql", ("run", path, "--until-end"), "")):
                with self.subTest(tail=tail, words=words):
                    self.data = self.folder / f"data-{abs(hash((tail, words)))}"
                    self.assertRegex(self.weir(*words, stdin=given, status=1).stderr,
                                     re.escape(f"{name}:{place}: Syntax Error\n{says}"))
            self.assertIn(says, self.weir("test", test, status=1).stdout)

    def test_place_after_other_statements(self):
        """What is shown begins with the statement; the position counts from the text's start."""
        text = "SHOW TYPES; SELECT a FROM s WHERE a = = 1;"
        self.assertEqual(self.weir("-e", text, status=1).stderr,
                         "-e:1:39: Syntax Error\nSyntax error at or near '=' at line 1:39\n"
                         "Expecting an expression\nSELECT a FROM s WHERE a = = 1;\n"
                         "                          ^\n")

    def test_missing_file(self):
        done = self.weir("-f", self.folder / "none.sql", status=1)
        self.assertIn("cannot read", done.stderr)
        self.assertIn("No such file or directory", done.stderr)
        binary = self.folder / "binary.sql"
        binary.write_bytes(b"SHOW\0STREAMS;")
        self.assertIn("it has a 0 byte", self.weir("-f", binary, status=1).stderr)

    def test_locked_data_directory(self):
        process = self.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write("version\n")
        process.stdin.flush()
        self.assertIn("Weir", process.stdout.readline())
        done = self.weir("-e", "SHOW STREAMS;", status=1)
        self.assertRegex(done.stderr, r"^weir: .*(in use|locked|another)")
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)
        process.stdin = None
        self.weir("-e", "SHOW STREAMS;")

    def test_data_directory_that_is_a_file(self):
        path = self.file("plain", "x")
        done = self.weir("--data", path, "-e", "SHOW STREAMS;", status=1)
        self.assertIn(str(path), done.stderr)

    def test_no_broker(self):
        port = service.free_ports(1)[0]
        done = self.weir("--bootstrap-servers", f"127.0.0.1:{port}", "-e", "SHOW TOPICS;", status=1)
        self.assertIn(f"127.0.0.1:{port}", done.stderr)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    service.main()
