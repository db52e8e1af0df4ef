"""/ksql and the small endpoints of `weir server`: statements, entities, errors, turns, probes.

Recorded conversations with ksqlDB are played by `run.py`, where its folder is beside the checkout
(../shared/rest, or WEIR_REST_CASES); how many answers must fit stands in server_rest.floor.
"""
# cost: 60
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
WEIR = os.environ.get("WEIR")
CASES = pathlib.Path(os.environ.get("WEIR_REST_CASES", HERE.parents[2] / "shared" / "rest"))
SETTINGS = {"ksql.query.pull.table.scan.enabled": "true", "commit.interval.ms": "100",
            "ksql.query.push.v2.enabled": "true", "ksql.extension.dir": "ext"}
STREAM = "CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');"


class Server:
    """A server on the embedded log, on a free port."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        sets = [word for k, v in SETTINGS.items() for word in ("--set", f"{k}={v}")]
        self.process = subprocess.Popen(
            [WEIR, "server", "--data", self.folder.name + "/data", "--listen", "http://127.0.0.1:0", *sets],
            stderr=subprocess.PIPE, text=True)
        self.url = ""
        for line in self.process.stderr:
            found = re.search(r"listening on (http:[^ \n]+)", line)
            if found:
                self.url = found.group(1)
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        for _ in range(200):  # it listens before it has read what it keeps
            if self.ask("GET", "/info")[0] != 503:
                break
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.process.stderr.close()
        self.folder.cleanup()

    def ask(self, method, path, body=None, headers=None):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def ksql(self, sql, **more):
        status, text = self.ask("POST", "/ksql", {"ksql": sql, **more})
        return status, json.loads(text)


class RestTest(unittest.TestCase):
    def setUp(self):
        if not WEIR:
            self.skipTest("$WEIR does not name the program")
        self.server = Server()
        self.assertTrue(self.server.url, "the server does not listen")

    def tearDown(self):
        self.server.stop()

    def test_statements_and_status(self):
        status, entities = self.server.ksql(STREAM + " CREATE TABLE t AS SELECT id, COUNT(*) n FROM s GROUP BY id;")
        self.assertEqual(status, 200, entities)
        first, second = entities
        self.assertEqual(first["commandId"], "stream/`S`/create")
        self.assertEqual(first["commandStatus"], {"status": "SUCCESS", "message": "Stream created", "queryId": None})
        self.assertIn("V INTEGER", first["statementText"])
        query = second["commandStatus"]["queryId"]
        self.assertRegex(query, "^CTAS_T_[0-9]+$")
        self.assertGreater(second["commandSequenceNumber"], first["commandSequenceNumber"])
        status, text = self.server.ask("GET", "/status/table/%60T%60/create")
        self.assertEqual((status, json.loads(text)["queryId"]), (200, query))
        self.assertEqual(self.server.ask("GET", "/status/stream/X/create")[0], 404)
        status, entities = self.server.ksql("DESCRIBE t; LIST QUERIES; EXPLAIN " + query + ";")
        self.assertEqual([e["@type"] for e in entities], ["sourceDescription", "queries", "queryDescription"])
        self.assertEqual(entities[0]["sourceDescription"]["writeQueries"], entities[1]["queries"])

    def test_all_or_nothing(self):
        status, error = self.server.ksql(STREAM + " DROP STREAM nope;")
        self.assertEqual((status, error["error_code"]), (400, 40001))
        self.assertEqual((error["statementText"], error["entities"]), ("DROP STREAM nope;", []))
        self.assertEqual(self.server.ksql("LIST STREAMS;")[1][0]["streams"], [])
        for sql, code in (("EXPLAIN nope;", 40001), ("TERMINATE nope;", 40001), ("ALTER SYSTEM 'x'='y';", 50000),
                          ("INSERT INTO s (id) VALUES ('a', 1);", 40001)):
            error = self.server.ksql(STREAM + sql)[1]
            self.assertEqual((error["error_code"], error["entities"]), (code, []), error)
        error = self.server.ksql(STREAM + " CREATE STREAM d AS SELECT nope FROM s;")[1]
        self.assertIn("error: Line: 1, Col: 27: SELECT column 'NOPE' cannot be resolved.", error["message"])
        status, entities = self.server.ksql(STREAM + " CREATE STREAM d AS SELECT * FROM s; DESCRIBE d;")
        self.assertEqual((status, len(entities)), (200, 3))

    def test_session_is_of_the_request(self):
        status, entities = self.server.ksql("DEFINE n = 'x'; LIST VARIABLES;")
        self.assertEqual((status, len(entities[0]["variables"])), (200, 1))
        self.assertEqual(self.server.ksql("LIST VARIABLES;")[1][0]["variables"], [])

    def test_errors(self):
        for body, code in ((b"{", 40000), (b"5", 40000), ({"ksql": "FOO;"}, 40001), ({"ksql": "SELECT 1 FROM x;"}, 40001),
                           ({"ksql": "LIST TYPES;", "streamsProperties": {"no.such": "1"}}, 50000),
                           ({"ksql": "LIST TYPES;", "streamsProperties": {"ksql.service.id": "1"}}, 40000)):
            status, text = self.server.ask("POST", "/ksql", body)
            self.assertEqual((status, json.loads(text)["error_code"]), (code // 100, code), text)
        for method, path in (("GET", "/ksql"), ("GET", "/nope"), ("POST", "/info"), ("GET", "/INFO")):
            self.assertEqual(self.server.ask(method, path, b"{}" if method == "POST" else None), (404, "Not Found"))
        self.assertEqual(self.server.ask("GET", "/info", headers={"Accept": "text/plain"})[0], 404)

    def refusal(self, sql, **more):
        error = self.server.ksql(sql, **more)[1]
        return error["message"], error.get("statementText")

    def test_what_is_to_blame(self):
        """The whole text where it does not parse, and before any of it is executed."""
        text = STREAM + "\nDEFINE x = 'äöü';  SELEC 1; "
        message, blamed = self.refusal(text)
        self.assertTrue(message.startswith("line 2:20: "), message)
        self.assertEqual(blamed, text)
        self.assertEqual(self.server.ksql("LIST STREAMS;")[1][0]["streams"], [])
        unknown = {"streamsProperties": {"no.such": "1"}}
        self.assertEqual(self.refusal("LIST TYPES; LIST STREAMS;", **unknown)[1], "LIST TYPES; LIST STREAMS;")
        self.assertTrue(self.refusal("SELEC 1;", **unknown)[0].startswith("line 1:1: "))
        name = "Source names may only contain alphanumeric values, '_' or '-'. Got: '${NOPE}'"
        self.assertEqual(self.refusal("DROP STREAM ${nope};"),
                         (f"Illegal argument at Line: 1, Col: 13. {name}", "${NOPE}"))

    def test_words_of_refusals(self):
        self.assertEqual(self.server.ksql(STREAM + "CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH "
                                          "(KAFKA_TOPIC='t', PARTITIONS=1, VALUE_FORMAT='JSON');")[0], 200)
        prepare = "Failed to prepare statement: "
        create = "CREATE STREAM x (v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', "
        for sql, message, generic in (
                (create + "PARTITIONS='x');", prepare + "Invalid value x for property PARTITIONS: Not a number of type INT",
                 False),
                (create + "WRAP_SINGLE_VALUE=5);", prepare + "Invalid value 5 for property WRAP_SINGLE_VALUE: Expected "
                 "value to be either true or false", False),
                (create + "PARTITIONS=3);", "A Kafka topic with the name 's' already exists, with different "
                 "partition/replica configuration than required.", True),
                ("CREATE STREAM x WITH (KAFKA_TOPIC='s', PARTITIONS=3) AS SELECT * FROM s;",
                 "A Kafka topic with the name 's' already exists", True),
                ("CREATE STREAM x AS SELECT * FROM s WHERE id = 5;", "Could not determine output schema for query due "
                 "to error: Error in WHERE expression: Cannot compare ID (STRING) to 5 (INTEGER) with EQUAL.\n"
                 "Statement: (ID = 5)\nStatement: (ID = 5)", False),
                ("ASSERT SCHEMA;", prepare + "ASSERT SCHEMA statements much include a subject name or an id", False),
                ("INSERT INTO t VALUES (NULL, 1);", "Failed to insert values into 'T'.\nCaused by: Compacted topic "
                 "cannot accept message without key in topic partition\n\tt-0", True)):
            error = self.server.ksql(sql)[1]
            self.assertTrue(error["message"].startswith(message), error)
            self.assertEqual(error["@type"], "generic_error" if generic else "statement_error", error)

    def test_overloads(self):
        """In the order of ksqlDB's hash table; one that another one covers is not listed."""
        def overloads(name):
            found = self.server.ksql(f"DESCRIBE FUNCTION {name};")[1][0]["functions"]
            return [", ".join(f["argumentTypes"]) + " -> " + f["returnType"] for f in found]
        self.assertEqual(overloads("abs"), ["DECIMAL -> DECIMAL", "DOUBLE -> DOUBLE", "INT -> INT", "BIGINT -> BIGINT"])
        self.assertEqual(overloads("substring"), ["VARCHAR, INT, INT -> VARCHAR", "BYTES, INT, INT -> BYTES",
                                                  "BYTES, INT -> BYTES", "VARCHAR, INT -> VARCHAR"])
        self.assertEqual(overloads("topk"), [t + ", ANY, INT -> ARRAY<S>" for t in ("DOUBLE", "INT", "BIGINT", "VARCHAR")])
        self.assertEqual(overloads("count"), ["T -> BIGINT"])
        self.assertEqual(overloads("explode"), ["ARRAY<DECIMAL> -> DECIMAL", "ARRAY<T> -> T"])

    def test_small_endpoints(self):
        info = json.loads(self.server.ask("GET", "/info")[1])["KsqlServerInfo"]
        self.assertEqual(info["serverStatus"], "RUNNING")
        self.assertTrue(json.loads(self.server.ask("GET", "//healthcheck/")[1])["isHealthy"])
        self.assertEqual(self.server.ask("GET", "/is_valid_property/auto.offset.reset"), (200, "true"))
        self.assertEqual(self.server.ask("GET", "/is_valid_property/nope")[0], 400)
        self.assertEqual(self.server.ask("GET", "/chc/ready"), (200, "{}"))

    def test_many_changes_at_once(self):
        def create(i):
            answers[i] = self.server.ksql(STREAM.replace("STREAM s", f"STREAM s{i}") + f" DESCRIBE s{i};")[0]
        answers = [0] * 16
        threads = [threading.Thread(target=create, args=(i,)) for i in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(answers, [200] * 16)

    def test_recorded_conversations(self):
        if not (CASES / "run.py").exists():
            self.skipTest("no recorded conversations at " + str(CASES))
        report = self.server.folder.name + "/report.txt"
        with open(report, "w", encoding="utf-8") as out:
            subprocess.run([sys.executable, CASES / "run.py", "--url", self.server.url,
                            "--only", "create-drop,custom-types,persistent,describe-extended,wrong-statements,bad-json,csas,"
                            "session-settings,insert-values,alter-source,query-overrides,quoted-names,"
                            "explain-statements,if-not-exists,describe-function",
                            "--skip", "registry"], stdout=out, stderr=subprocess.STDOUT, check=False)
        text = pathlib.Path(report).read_text(encoding="utf-8")
        passed = int(re.search(r"^(\d+) passed", text, re.M).group(1))
        floor = int((HERE / "server_rest.floor").read_text(encoding="utf-8"))
        self.assertGreaterEqual(passed, floor, text)


if __name__ == "__main__":
    unittest.main()
