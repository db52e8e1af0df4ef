#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir run: query files as a service, on the embedded log."""
import json
import signal
import subprocess
import unittest

import service
from pty_driver import CTRL_C, Terminal
from weir_cli import WeirCase

FILE = """
SET 'auto.offset.reset' = 'earliest';
DEFINE least = '5';
CREATE STREAM views (id STRING KEY, viewtime BIGINT, userid STRING, pageid STRING)
  WITH (KAFKA_TOPIC='pageviews', VALUE_FORMAT='JSON');
CREATE STREAM some WITH (KAFKA_TOPIC='some', PARTITIONS=1) AS
  SELECT id, pageid FROM views WHERE LEN(pageid) >= ${least} EMIT CHANGES;
"""


class Run(WeirCase):
    def setUp(self):
        super().setUp()
        self.sql = self.file("views.sql", FILE)

    def datagen(self, count, *words):
        self.weir("datagen", "pageviews", "--count", str(count), *words)

    def written(self):
        lines = self.weir("consume", "some", "--from-beginning", "--until-end", "--json").stdout
        return sorted(json.loads(line)["value"] for line in lines.splitlines())

    def service(self, *words, **options):
        process = self.start("run", self.sql, *words, stderr=subprocess.PIPE, **options)
        self.assertRegex(process.stderr.readline(), r"weir \d+\.\d+\.\d+, .*data: 1 query\n$")
        return process

    def test_until_end(self):
        self.datagen(500)
        done = self.weir("run", self.sql, "--until-end")
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"500 records in, 500 out in \d+\.\d s, lag 0, state .*, "
                         r"1 query running\n$")
        self.assertEqual(len(self.written()), 500)
        # Again: nothing is done twice.
        self.assertRegex(self.weir("run", self.sql, "--until-end").stderr, r" 0 records in, 0 out ")
        self.assertEqual(len(self.written()), 500)

    def test_analyze(self):
        self.datagen(300)
        done = self.weir("run", self.sql, "--until-end", "--analyze")
        self.assertIn("\n Operator ", done.stdout)
        self.assertRegex(done.stdout, r"\n CSAS_SOME_0 +\|     300 \|      300 \| .*100\.0 % .* 0 behind")
        self.assertRegex(done.stdout, r"\n   StreamSink .* out, Topic: some\n"
                                      r"     StreamSelect .*\n"
                                      r"       StreamFilter .* Where: .*\n"
                                      r"         StreamSource .* in, Topic: pageviews.*\n")

    def test_report_on_a_signal(self):
        self.datagen(10)
        process = self.service(stdout=subprocess.PIPE)
        process.send_signal(signal.SIGUSR1)
        lines = iter(process.stdout.readline, "")
        self.assertTrue(any(line.startswith("         StreamSource ") for line in lines))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)

    def test_define_and_set(self):
        self.datagen(10)
        plain = self.file("plain.sql", FILE.replace("DEFINE least = '5';", ""))
        self.weir("run", plain, "--define", "least=100",
                  "--until-end")
        self.assertEqual(self.written(), [])

    def test_signals_commit_and_stop(self):
        self.datagen(200)
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.service()
            process.send_signal(number)
            self.assertEqual(process.wait(20), 0)
            self.assertIn("stopping", process.stderr.read())
        self.weir("run", self.sql, "--until-end")
        self.assertEqual(len(self.written()), 200)

    def test_several_files(self):
        self.datagen(20)
        second = self.file("second.sql", "CREATE TABLE by_user AS SELECT userid, COUNT(*) AS n "
                                         "FROM views GROUP BY userid EMIT CHANGES;")
        done = self.weir("run", self.sql, second, "--until-end")
        self.assertIn("2 queries", done.stderr)

    def test_sources_in_one_file(self):
        """The files are one program: the first has no query, and what it SETs holds in the next."""
        self.datagen(20)
        first, _, second = FILE.partition("CREATE STREAM some")
        first = self.file("first.sql", first)
        second = self.file("second.sql", "CREATE STREAM some" + second)
        done = self.weir("run", first, second, "--until-end")
        self.assertIn("20 records in", done.stderr)
        done = self.weir("run", first, "--until-end", status=1)
        self.assertIn("the file has no persistent query", done.stderr)

    def test_a_batch_reads_from_the_beginning(self):
        self.datagen(30)
        plain = self.file("plain.sql", FILE.replace("SET 'auto.offset.reset' = 'earliest';", ""))
        latest = self.file("latest.sql", FILE.replace("earliest", "latest"))
        done = self.weir("run", latest, "--until-end", "--data", self.folder / "other", status=1)
        self.assertIn("pageviews", done.stderr)  # the topic is not in that directory
        done = self.weir("run", latest, "--until-end")
        self.assertIn(" 0 records in", done.stderr)
        self.assertIn("30 records lie before the start of the queries", done.stderr)
        self.weir("reset", "--all")
        done = self.weir("run", plain, "--until-end")
        self.assertIn(" 30 records in", done.stderr)
        self.assertNotIn("before the start", done.stderr)

    def test_changed_file(self):
        count = FILE.partition("CREATE STREAM some")[0] + (
            "CREATE TABLE some WITH (KAFKA_TOPIC='some', PARTITIONS=1) AS "
            "SELECT userid, COUNT(*) AS n FROM views GROUP BY userid;\n")
        other = self.file("views.sql", count.replace("COUNT(*)", "MAX(viewtime)"))
        self.datagen(40)
        self.weir("run", self.file("views.sql", count), "--until-end")
        rows = self.written()
        self.file("views.sql", count.replace("COUNT(*)", "MAX(viewtime)"))
        done = self.weir("run", other, "--until-end", status=1)
        self.assertRegex(done.stderr, rf"^{other}:6:1: Nothing was started: query CTAS_SOME_0 .*"
                         r"\(function: MAX\(`pageviews\.VIEWTIME:BIGINT`\), kept as BIGINT, was "
                         r"COUNT\(\*\), kept as BIGINT\)")
        self.assertIn("weir reset CTAS_SOME_0", done.stderr)
        self.assertEqual(self.written(), rows)
        self.assertIn("40 records in", self.weir("run", other, "--until-end", "--on-change",
                                                 "restart").stderr)
        self.assertEqual(len(self.written()), 2 * len(rows))
        self.file("views.sql", count)
        self.weir("run", other, "--until-end", "--on-change", "keep-old")
        self.assertEqual(len(self.written()), 2 * len(rows))
        self.weir("run", other, "--until-end", "--on-change", "nonsense", status=2)

    def test_reset(self):
        self.datagen(10)
        self.weir("run", self.sql, "--until-end")
        done = self.weir("reset", "CSAS_OTHER_0", status=1)
        self.assertIn("CSAS_SOME_0", done.stderr)
        self.weir("reset", status=2)
        self.weir("reset", "--all", "CSAS_SOME_0", status=2)
        self.assertIn("CSAS_SOME_0", self.weir("reset", "CSAS_SOME_0").stdout)
        self.weir("run", self.sql, "--until-end")
        self.assertEqual(len(self.written()), 20)
        self.weir("reset", "CSAS_SOME_0", "--delete-sink")
        self.weir("run", self.sql, "--until-end")
        self.assertEqual(len(self.written()), 10)

    def test_a_prompt_reads_what_a_service_makes(self):
        self.datagen(10)
        self.weir("run", self.sql, "--until-end")
        done = self.weir("-e", "SHOW STREAMS; SELECT * FROM some;", "--output", "CSV")
        self.assertEqual(len([line for line in done.stdout.splitlines() if "Page_" in line]), 10)
        done = self.weir("-f", self.sql, status=1)
        self.assertIn("belongs to the service of", done.stderr)
        done = self.weir("-e", "INSERT INTO some SELECT id, pageid FROM views;", status=1)
        self.assertIn("is written by the service of", done.stderr)
        self.assertEqual(len(self.written()), 10)
        self.assertRegex(self.weir("run", self.sql, "--until-end").stderr, r" 0 records in, 0 out ")

    def test_errors_name_the_place(self):
        self.datagen(1)
        bad = self.file("bad.sql", FILE + "\nCREATE STREAM x AS SELECT nothing FROM views;\n")
        done = self.weir("run", bad, status=1)
        self.assertRegex(done.stderr, rf"^{bad}:9:\d+: ")
        self.assertIn("NOTHING", done.stderr)
        self.assertIn("\n" + " " * 5, done.stderr)
        self.assertEqual(self.weir("-e", "SHOW STREAMS;").stdout.count("VIEWS"), 0)
        done = self.weir("run", self.file("select.sql", "SELECT * FROM x;"), status=1)
        self.assertIn("standalone mode", done.stderr)
        done = self.weir("run", self.folder / "none.sql", status=1)
        self.assertIn("none.sql", done.stderr)

    def test_progress_line_on_a_terminal(self):
        self.datagen(100)
        with Terminal(self.words(["run", self.sql]), environment=self.environment) as terminal:
            terminal.expect(r"1 query\n")
            terminal.expect(r"[1-9]\d* records/s in, [1-9]\d* out, (lag 0, )?state .*, 1 query running")
            self.assertNotIn("\n", terminal.output()[terminal.seen:])
            terminal.send(CTRL_C)
            terminal.expect("stopping")
            terminal.expect(r"100 records in, 100 out")
            self.assertEqual(terminal.wait(), 0)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    service.main()
