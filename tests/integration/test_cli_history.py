#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 15
# fixtures: kafka
"""`weir export` and `weir repair`: of a data directory, and of a service's command topic."""
import unittest
import uuid

import program
import service
from kafka_fixture import shared

DEFINE = """
CREATE TYPE money AS DECIMAL(9, 2);
CREATE STREAM s (k STRING KEY, v INT, x money)
    WITH (KAFKA_TOPIC = '{name}_s', PARTITIONS = 4, VALUE_FORMAT = 'JSON');
SET 'auto.offset.reset' = 'earliest';
CREATE TABLE t WITH (KAFKA_TOPIC = '{name}_t') AS
    SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k;
CREATE STREAM o WITH (KAFKA_TOPIC = '{name}_o', VALUE_FORMAT = 'DELIMITED', VALUE_DELIMITER = '|')
    AS SELECT k, v FROM s;
INSERT INTO o SELECT k, v FROM s WHERE v > 5;
UNSET 'auto.offset.reset';
CREATE STREAM p WITH (KAFKA_TOPIC = '{name}_p') AS SELECT * FROM o;
CREATE OR REPLACE STREAM p WITH (KAFKA_TOPIC = '{name}_p') AS SELECT * FROM o WHERE v > 1;
CREATE STREAM gone WITH (KAFKA_TOPIC = '{name}_gone') AS SELECT * FROM o;
DROP STREAM gone;
TERMINATE CTAS_T_2;
ALTER STREAM s ADD COLUMN w STRING;
DROP TYPE money;
"""


class History(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(program.folder())
        self.name = f"h{uuid.uuid4().hex[:8]}"

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def statements(self, text):
        return [line for line in text.splitlines() if line and not line.startswith("--")]

    def check_export(self, weir, other, options):
        """What is exported makes what is exported; and it is a file for a service."""
        weir.call("-f", self.write("define.sql", DEFINE.format(name=self.name)), *weir.options(),
                  *options)
        text = weir.call("export", *weir.options(), *options).stdout
        self.assertIn("X MONEY, W STRING)", text)
        self.assertIn("-- its query was terminated\nCREATE TABLE T (K STRING PRIMARY KEY, N BIGINT)",
                      text)
        self.assertIn("WINDOW_SIZE = '3600000 MILLISECONDS'", text)
        self.assertIn("VALUE_DELIMITER = '|'", text)
        self.assertNotIn("GONE", text.upper())
        file = self.write("export.sql", text)
        self.assertIn("no errors", weir.call("check", file).stdout)
        again = other.call("-f", file, *other.options(), *other.settings_options())
        self.assertEqual(again.returncode, 0)
        text_again = other.call("export", *other.options(), *other.settings_options()).stdout
        self.assertEqual(self.statements(text_again), self.statements(text))

    def test_export_of_a_directory(self):
        self.check_export(program.Weir(self.folder / "first"), program.Weir(self.folder / "second"),
                          [])

    def test_repair_of_a_directory(self):
        weir = program.Weir(self.folder / "data")
        weir.sql(f"CREATE STREAM a (v INT) WITH (KAFKA_TOPIC = 't', PARTITIONS = 1, "
                 "VALUE_FORMAT = 'JSON'); CREATE STREAM b (v INT) WITH (KAFKA_TOPIC = 't', "
                 "VALUE_FORMAT = 'JSON'); CREATE STREAM c AS SELECT v FROM b; CREATE STREAM d (v INT) "
                 "WITH (KAFKA_TOPIC = 'd', PARTITIONS = 1, VALUE_FORMAT = 'JSON'); "
                 "DROP STREAM a DELETE TOPIC;")
        self.assertIn("weir.statements.skip=1", weir.sql("SHOW STREAMS;", status=1).stderr)
        found = weir.call("repair", *weir.options(), status=1).stdout
        self.assertIn("statement 1 cannot be executed any more", found)
        self.assertIn("statement 2 cannot be executed any more", found)
        self.assertIn("2 problems; weir repair --write", found)
        self.assertIn("-- statement 1 cannot be executed any more",
                      weir.call("export", *weir.options()).stdout)
        self.assertIn("2 problems were put aside",
                      weir.call("repair", "--write", *weir.options()).stdout)
        self.assertIn("1 statements, nothing is wrong", weir.call("repair", *weir.options()).stdout)
        self.assertEqual([row["Stream Name"] for row in weir.json_rows("SHOW STREAMS;")], ["D"])
        # Numbers that were put aside are not given again.
        self.assertIn("CSAS_E_4", weir.sql("CREATE STREAM e AS SELECT v FROM d;").stdout)

    def test_topic(self):
        with shared() as kafka:
            weir = program.Weir(self.folder / "first", kafka.bootstrap)
            options = ["--set", f"ksql.service.id={self.name}_"]
            missing = weir.call("export", *weir.options(), *options, status=1).stderr
            self.assertIn("has no command topic", missing)
            other = program.Weir(self.folder / "second", kafka.bootstrap,
                                 {"ksql.service.id": f"{self.name}two_"})
            self.check_export(weir, other, options)
            self.assertFalse((self.folder / "third").exists())
            topic = f"_confluent-ksql-{self.name}__command_topic"
            weir.call("repair", *weir.options(), *options)
            kafka.produce(topic, ["rubbish"])
            kafka.delete_topic(f"{self.name}_p")
            kafka.create_topic(f"{self.name}_p", partitions=2, unique=False)
            third = program.Weir(self.folder / "third", kafka.bootstrap)  # opens no directory
            found = third.call("repair", *third.options(), *options, status=1).stdout
            self.assertIn("cannot be read: it is damaged", found)
            before = len(kafka.consume(topic))
            third.call("repair", "--write", *third.options(), *options)
            self.assertEqual(len(kafka.consume(topic)), before + 1)  # nothing is taken away
            self.assertIn("nothing is wrong",
                          third.call("repair", *third.options(), *options).stdout)
            self.assertFalse(third.data.exists())
            said = third.call(*third.options(), *options, "-e", "SHOW STREAMS;")
            self.assertNotIn("left out", said.stderr)
            self.assertIn("CSAS_Q_", third.call(*third.options(), *options, "-e", "CREATE STREAM q "
                          f"WITH (KAFKA_TOPIC = '{self.name}_q') AS SELECT * FROM o;").stdout)


if __name__ == "__main__":
    service.main()
