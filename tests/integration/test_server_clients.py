#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 15
"""Clients of ksqlDB, unchanged, on `weir server`: each holds one conversation, which is looked at here.

Their programs are clients/rest-*. What they are expected to get is
what they got from ksqlDB; where it is Weir's own (messages) only the code is looked at.
"""
import json
import os
import shutil
import subprocess
import unittest

import clients_fixture
import service
import test_server_rest

ACKNOWLEDGED = [{"status": "ok", "seq": i} for i in range(3)]
PUSHED = [["a", 1], ["b", 2], ["a", 3], ["later", 9]]


class Clients(unittest.TestCase):
    def server(self):
        """A server of the test's own, for all of them make the same sources."""
        if not os.environ.get("WEIR"):
            self.skipTest("$WEIR does not name the program")
        server = test_server_rest.Server()
        self.addCleanup(server.stop)
        return server

    def converse(self, program, library=None):
        command = [clients_fixture.fetched(program) / "run"]
        server = self.server()
        request = json.dumps({"url": server.url, "library": library})
        done = subprocess.run(command, input=request, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])
        return json.loads(done.stdout)

    def check_python(self, got):
        self.assertEqual(got["created"], ["SUCCESS", "SUCCESS"])
        self.assertEqual(got["streams"], ["S"])
        self.assertEqual(got["described"], ["ID", "V"])
        self.assertTrue(got["properties"])
        self.check_rows(got)
        self.assertEqual((got["closed"], got["closed nothing"]), (True, False))

    def test_ksqldb_of_pypi(self):
        got = self.converse("rest-python", "ksqldb")
        self.check_python(got)
        self.assertEqual(got["pulled"], [["a", 2, 4]])
        self.assertEqual(got["refused"], [400, 40001])
        self.assertEqual(got["bad query"], 40001)

    def test_ksql_python_ng(self):
        got = self.converse("rest-python", "ksql")
        self.check_python(got)
        self.assertRegex(got["version"], r"^\d+\.\d+\.\d+")
        self.assertEqual(got["pulled"], [{"ID": "a", "N": 2, "TOTAL": 4}])
        self.assertEqual(got["pulled by HTTP/1.1"], [{"ID": "a", "N": 2, "TOTAL": 4}])
        self.assertEqual(got["refused"], 40001)
        self.assertIn("400: {\"@type\":\"statement_error\",\"error_code\":40001", got["bad query"])

    def test_ksql_of_pypi(self):
        """Its HTTP/2 begins as HTTP/1.1, with a POST that asks to go on so: rows in need it."""
        got = self.converse("rest-python-ksql")
        self.assertRegex(got["version"], r"^\d+\.\d+\.\d+")
        self.assertEqual((got["derived"], got["streams"], got["dropped"]), (True, ["O", "S"], ["S"]))
        self.assertEqual(got["pulled"], [["a", 2, 4]])
        self.assertEqual(got["parsed"], [{"ID": i, "V": v} for i, v in PUSHED[:2]])
        self.assertEqual((got["refused"], got["bad query"]), (40001, "Return code is 400."))
        self.check_rows(got)
        self.assertEqual(got["created"], ["SUCCESS", "SUCCESS"])

    def check_rows(self, got):
        self.assertEqual(got["inserted"], ACKNOWLEDGED)
        self.assertEqual([(r["status"], r["seq"], r["error_code"]) for r in got["bad row"]], [("error", 0, 40000)])
        self.assertEqual(got["pushed"], PUSHED)

    def check_http(self, got):
        """What the programs over plain HTTP libraries have alike."""
        self.assertEqual([(status, entity[0]["commandStatus"]["status"]) for status, entity in got["created"]],
                         [(200, "SUCCESS")] * 2)
        self.check_rows(got)
        for what in ("refused", "bad query"):
            self.assertEqual((got[what][0], got[what][1]["error_code"]), (400, 40001), what)
        self.assertEqual(got["closed"], 200)

    def test_go(self):
        got = self.converse("rest-go")
        self.check_http(got)
        self.assertEqual(got["pulled"][1:], [["a", 2, 4]])
        self.assertEqual(got["protocol"], "HTTP/2.0")

    def test_java(self):
        for library in ("jdk", "vertx", "vertx-upgrade"):
            with self.subTest(library):
                got = self.converse("rest-java", library)
                status, *lines = got.pop("pulled")
                self.assertEqual((status, lines[1:]), (200, [["a", 2, 4]]))
                for what in ("inserted", "bad row"):
                    status, *got[what] = got[what]
                    self.assertEqual(status, 200)
                self.check_http(got)
                self.assertEqual(set(got["versions"]), {"HTTP_2"})

    def test_websocket(self):
        got = self.converse("rest-python", "websocket")
        columns, *rows = got["pushed"]
        self.assertEqual([(c["name"], c["schema"]["type"]) for c in columns], [("ID", "STRING"), ("V", "INTEGER")])
        self.assertEqual(rows, [{"row": {"columns": r}} for r in PUSHED[:2]])
        messages, reason = got["limited"]
        self.assertEqual(messages, [columns, *rows, {"error": "done"}])
        self.assertEqual(reason, [1000, "done"])
        messages, reason = got["bad query"]
        self.assertEqual((list(messages[0]), reason[0]), (["error"], 1003))

    def test_ksqldb_client_of_npm(self):
        got = self.converse("rest-javascript")
        self.assertEqual([(c["status"], c["data"]["rows"][0]["commandStatus"]["status"]) for c in got["created"]],
                         [(200, "SUCCESS")] * 2)
        self.assertEqual((got["streams"], got["tables"], sorted(got["topics"])), (["S"], ["T"], ["T", "s"]))
        self.assertEqual(len(got["queries"]), 1)
        self.assertEqual([q["id"] for q in got["described"]["readQueries"]], got["queries"])
        self.assertEqual(got["inserted"], [[200, None]] * 3)
        self.assertEqual((got["bad row"]["status"], got["bad row"]["error"]["error_code"]), (200, 40000))
        self.assertEqual(got["pulled"]["data"]["rows"], [{"ID": "a", "N": 2, "TOTAL": 4}])
        self.assertEqual(got["variable"]["data"]["rows"], [{"N": 1}])
        for what in ("refused", "bad query", "bad push"):
            self.assertEqual((got[what]["status"], got[what]["error"]["error_code"]), (400, 40001), what)
        self.assertEqual(got["push"]["status"], 200)
        self.assertEqual(got["pushed"], [{"ID": i, "V": v} for i, v in PUSHED])
        self.assertEqual(got["closed"], {"status": 200})
        self.assertEqual((got["closed nothing"]["status"], got["closed nothing"]["error"]["error_code"]), (400, 40000))

    def test_curl(self):
        """One request per process: curl before 8 cannot use such a connection again."""
        if not shutil.which("curl"):
            self.skipTest("curl is not installed (scripts/deps --all installs it)")
        server = self.server()

        def curl(path, body):
            done = subprocess.run(["curl", "-sS", "--max-time", "20", "--http2-prior-knowledge", "--data-binary", "@-",
                                   "-w", "\n%{http_version} %{http_code}", server.url + path],
                                  input=body, capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 0, done.stderr)
            *lines, status = done.stdout.splitlines()
            return status, [json.loads(line) for line in lines if line]

        status, (entities,) = curl("/ksql", json.dumps({"ksql": test_server_rest.STREAM}))
        self.assertEqual((status, entities[0]["commandStatus"]["status"]), ("2 200", "SUCCESS"))
        status, answers = curl("/inserts-stream", '{"target":"s"}\n{"ID":"a","V":1}\n{"ID":"b","V":2}\n')
        self.assertEqual((status, answers), ("2 200", ACKNOWLEDGED[:2]))
        push = {"sql": "SELECT * FROM s EMIT CHANGES LIMIT 2;", "properties": {"auto.offset.reset": "earliest"}}
        status, (header, *rows) = curl("/query-stream", json.dumps(push))
        self.assertEqual((status, header["columnNames"], rows[:2]), ("2 200", ["ID", "V"], PUSHED[:2]))
        status, (error,) = curl("/query-stream", '{"sql": "SELECT nope FROM s;"}')
        self.assertEqual((status, error["error_code"]), ("2 400", 40001))


if __name__ == "__main__":
    service.main()
