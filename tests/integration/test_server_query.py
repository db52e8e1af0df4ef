#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 15
"""Queries over HTTP on `weir server`: look-ups, scans, push queries of many clients, slow ones, ends
from both sides, PRINT, rows in, WebSocket."""
import base64
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
import unittest
import urllib.request
import urllib.parse

import program
import service

DELIM, V1 = "application/vnd.ksqlapi.delimited.v1", "application/vnd.ksql.v1+json"
SECONDS = 60 if not program.SANITIZED else 300


class Server:
    """`weir server` on a free port; stopped by its pid."""

    def __init__(self, folder, *options):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [program.program(), "server", "--data", str(folder / "data"), "--listen", self.url,
             "--set", "commit.interval.ms=100", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"{self.url}/metrics", timeout=SECONDS):
                    return  # until then it says 503
            if self.process.poll() is not None or time.monotonic() > until:
                raise program.Failed("weir server has not started")
            time.sleep(0.02)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)

    def sql(self, text):
        done = subprocess.run([program.program(), self.url, "-e", text], capture_output=True,
                              text=True)
        if done.returncode:
            raise program.Failed(f"{text}\n{done.stdout}{done.stderr}")
        return done.stdout

    def post(self, path, body, accept=None):
        """Status, Content-Type, the whole body."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        text = body if isinstance(body, str) else json.dumps(body)
        c.request("POST", path, text, {"Accept": accept} if accept else {})
        r = c.getresponse()
        result = r.status, r.getheader("Content-Type"), r.read().decode()
        c.close()
        return result

    def stream(self, sql, reset="earliest", accept=DELIM):
        """An open push query: lines of it as they come."""
        return Stream(self.port, sql, reset, accept)

    def curl(self, path, body, *options):
        done = subprocess.run(
            ["curl", "-sS", "--http2-prior-knowledge", "--data-binary", "@-", *options,
             self.url + path], input=body, capture_output=True, text=True, timeout=SECONDS)
        return done.stdout


class Stream:
    def __init__(self, port, sql, reset, accept):
        body = json.dumps({"sql": sql, "properties": {"auto.offset.reset": reset}})
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self.socket.sendall(f"POST /query-stream HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n"
                            f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
        self.file = self.socket.makefile("rb")
        while self.file.readline() not in (b"\r\n", b""):
            pass
        self.rest = b""

    def lines(self, n):
        """@p n lines, or those that come before the end."""
        found = []
        while len(found) < n:
            while b"\n" not in self.rest:
                size = int(self.file.readline() or b"0", 16)
                data = self.file.read(size)
                self.file.readline()
                if not size:
                    return found
                self.rest += data
            line, self.rest = self.rest.split(b"\n", 1)
            found.append(line.decode())
        return found

    def close(self):
        self.file.close()
        self.socket.close()


class Queries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("curl"):
            raise unittest.SkipTest("curl is not installed")
        cls.folder = cls.enterClassContext(program.folder())
        cls.server = Server(cls.folder, "--set", "ksql.max.push.queries=400")
        cls.addClassCleanup(cls.server.process.kill)
        cls.server.sql("CREATE STREAM s (id STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='s', "
                       "PARTITIONS=1, VALUE_FORMAT='JSON');"
                       "SET 'auto.offset.reset'='earliest';"
                       "CREATE TABLE t AS SELECT id, SUM(v) AS n FROM s GROUP BY id;"
                       "INSERT INTO s VALUES ('a', 1); INSERT INTO s VALUES ('b', 2);"
                       "INSERT INTO s VALUES ('a', 3);")

    @classmethod
    def tearDownClass(cls):
        # With whatever is open, and nothing left behind.
        assert cls.server.stop() == 0

    def test_look_up_and_scan(self):
        status, kind, body = self.server.post("/query-stream",
                                              {"sql": "SELECT * FROM t WHERE id = 'a';"})
        self.assertEqual((status, kind), (200, DELIM))
        header, *rows = body.splitlines()
        self.assertEqual(json.loads(header)["columnTypes"], ["STRING", "BIGINT"])
        self.assertEqual(rows, ['["a",4]'])
        body = self.server.post("/query", {"ksql": "SELECT * FROM t;"}, V1)[2]
        found = json.loads(body)
        self.assertEqual(found[0]["header"]["schema"], "`ID` STRING KEY, `N` BIGINT")
        self.assertEqual(sorted(r["row"]["columns"] for r in found[1:]), [["a", 4], ["b", 2]])

    def test_faults(self):
        for body, status, code in (
                ("{", 400, 40000), ({"sql": 1}, 400, 40001), ({}, 400, 40000),
                ({"sql": "SELECT nope FROM s EMIT CHANGES;"}, 400, 40001),
                ({"sql": "SELECT * FROM none;"}, 400, 40001),
                ({"sql": "SELECT * FROM s; SELECT * FROM s;"}, 400, 40001),
                ({"sql": "DROP STREAM s;"}, 400, 40001),
                ({"sql": "SELECT * FROM s;", "properties": {"no.such": 1}}, 400, 40000)):
            found = self.server.post("/query-stream", body)
            self.assertEqual((found[0], json.loads(found[2])["error_code"]), (status, code), body)
        self.assertEqual(self.server.post("/query-stream", {"sql": "SELECT * FROM t;"}, "text/x"),
                         (404, None, "Not Found"))
        self.assertEqual(json.loads(self.server.post("/inserts-stream", "")[2])["error_code"], 40004)

    def refusal(self, sql):
        """What /query-stream says of it, and which text it blames."""
        error = json.loads(self.server.post("/query-stream", {"sql": sql})[2])
        return error["message"], error["statementText"]

    def test_what_is_to_blame(self):
        """Names before clauses; an expression that is wrong, where one is."""
        compare = "Error in WHERE expression: Cannot compare ID (STRING) to 5 (INTEGER) with EQUAL."
        push = "SELECT * FROM s WHERE id = 5 AND v = 1 EMIT CHANGES;"
        self.assertEqual(self.refusal(push), (compare + "\nStatement: (ID = 5)",
                                              "((ID = 5) AND (V = 1))"))
        pull = "SELECT * FROM t WHERE id = 5;"
        self.assertEqual(self.refusal(pull),
                         (compare + 2 * "\nStatement: (ID = 5)" + "\nStatement: " + pull, pull))
        self.assertEqual(self.refusal("SELECT * FROM s WHERE v EMIT CHANGES;"),
                         ("Type error in WHERE expression: Should evaluate to boolean but is V "
                          "(BIGINT) instead.", "V"))
        for sql, begin in (("SELECT COUNT(*) FROM t;", "Pull queries don't support GROUP BY"),
                           ("SELECT nope FROM t GROUP BY id;", "Line: 1, Col: 8: SELECT column"),
                           ("SELECT * FROM t a JOIN t b ON a.id = b.id;", "Can not join 'T' to"),
                           ("SELECT * FROM t WHERE WINDOWSTART = 5;", "Line: 1, Col: 23: WHERE"),
                           ("SELECT * FROM t WHERE ROWTIME = '2020-x';",
                            "Failed to parse timestamp '2020-x': Text '2020-x-01T00:00:00.000' could "
                            "not be parsed at index 5\nRequired format is: ")):
            self.assertTrue(self.refusal(sql)[0].startswith(begin), self.refusal(sql))
        self.assertEqual(self.refusal("SELECT * FROM `a b`;"),
                         ("Illegal argument at Line: 1, Col: 15. Source names may only contain "
                          "alphanumeric values, '_' or '-'. Got: 'a b'", "a b"))

    def test_waits_for_a_command(self):
        body = {"ksql": "SELECT * FROM t WHERE id = 'b';"}
        self.assertEqual(self.server.post("/query", body | {"commandSequenceNumber": 0})[0], 200)
        begun = time.monotonic()
        status, _, text = self.server.post("/query", body | {"commandSequenceNumber": 99999})
        self.assertEqual((status, json.loads(text)["error_code"]), (503, 50301))
        self.assertGreater(time.monotonic() - begun, 4)
        self.assertEqual(self.websocket(body | {"commandSequenceNumber": 99999})[1], 1013)

    def test_push_until_its_limit(self):
        body = self.server.post("/query-stream", {
            "sql": "SELECT * FROM s EMIT CHANGES LIMIT 2;",
            "properties": {"auto.offset.reset": "earliest"}}, V1)[2]
        self.assertEqual([list(x)[0] for x in json.loads(body)],
                         ["header", "row", "row", "finalMessage"])
        self.assertEqual(json.loads(body)[-1]["finalMessage"], "Limit Reached")

    def test_closed_from_elsewhere(self):
        open_ = self.server.stream("SELECT * FROM s EMIT CHANGES;")
        header, *rows = open_.lines(4)
        self.assertEqual(rows, ['["a",1]', '["b",2]', '["a",3]'])
        id_ = json.loads(header)["queryId"]
        self.assertEqual(self.server.post("/close-query", {"queryId": id_})[0], 200)
        self.assertEqual(open_.lines(1), [])
        self.assertEqual(self.server.post("/close-query", {"queryId": id_})[0], 400)
        open_.close()

    def test_many_clients_of_one_query(self):
        sql = "SELECT id FROM s WHERE id = 'many' EMIT CHANGES;"
        all_ = [self.server.stream(sql, "latest") for _ in range(200)]
        ids = {json.loads(c.lines(1)[0])["queryId"] for c in all_}
        self.assertEqual(len(ids), 200)
        threads = len(os.listdir(f"/proc/{self.server.process.pid}/task"))
        self.assertLess(threads, 100)  # they share one query
        all_.pop().close()
        self.server.curl("/inserts-stream", '{"target":"S"}\n{"ID":"many"}\n{"ID":"many"}\n')
        for c in all_:
            self.assertEqual(c.lines(2), ['["many"]'] * 2)
            c.close()

    def test_slow_reader_is_no_burden(self):
        self.server.sql("CREATE STREAM big (id STRING KEY, w STRING) WITH (KAFKA_TOPIC='big', "
                        "PARTITIONS=1, VALUE_FORMAT='JSON');")
        n, text = 20000, "x" * 500
        rows = "".join(json.dumps({"ID": str(i), "W": text}) + "\n" for i in range(n))
        acks = self.server.curl("/inserts-stream", '{"target":"big"}\n' + rows)
        self.assertEqual(acks.count('"status":"ok"'), n)
        slow = self.server.stream("SELECT * FROM big EMIT CHANGES;")
        slow.lines(1)
        time.sleep(1)
        # Others are answered meanwhile, and every row comes once it reads.
        self.assertEqual(self.server.post("/query-stream",
                                          {"sql": "SELECT n FROM t WHERE id = 'b';"})[0], 200)
        found = slow.lines(n)
        self.assertEqual([json.loads(x)[0] for x in found], [str(i) for i in range(n)])
        slow.close()

    def test_rows_in(self):
        found = self.server.curl("/inserts-stream",
                                 '{"target":"`S`"}\n{"id":"in","V":7}\n{"ID":"in","V":"x"}\n'
                                 '{"ID":"in"}\n').splitlines()
        self.assertEqual(found[0], '{"seq":0,"status":"ok"}')
        self.assertEqual(json.loads(found[1])["error_code"], 40000)
        self.assertEqual(len(found), 2)
        body = self.server.post("/query-stream", {"sql": "SELECT n FROM t WHERE id = 'in';"})[2]
        self.assertEqual(body.splitlines()[1], "[7]")  # one's own writes are read
        found = self.server.curl("/inserts-stream", '{"target":"none"}\n{"ID":"a"}\n')
        self.assertEqual(json.loads(found)["error_code"], 40000)
        self.assertEqual(self.server.curl("/inserts-stream", '{"target":"s"}\n{"ID":"j"}\n',
                                          "-H", "Accept: application/json"),
                         '[{"seq":0,"status":"ok"}]')

    def test_print(self):
        _, kind, body = self.server.post("/query",
                                         {"ksql": "PRINT 's' FROM BEGINNING LIMIT 1;"}, V1)
        self.assertEqual(kind, "application/json")
        lines = [x for x in body.splitlines() if x]
        self.assertEqual(lines[:2], ["Key format: KAFKA_STRING",
                                     "Value format: JSON or KAFKA_STRING"])
        self.assertIn('key: a, value: {"V":1}, partition: 0', lines[2])
        self.assertEqual(self.server.post("/query-stream", {"sql": "PRINT 's';"}, V1)[0], 406)

    def websocket(self, request):
        """All frames of text, and the code of the end."""
        query = urllib.parse.urlencode({"request": json.dumps(request)})
        s = socket.create_connection(("127.0.0.1", self.server.port), timeout=SECONDS)
        key = base64.b64encode(os.urandom(16)).decode()
        s.sendall(f"GET /ws/query?{query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                  f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  f"Sec-WebSocket-Key: {key}\r\n\r\n".encode())
        f = s.makefile("rb")
        self.assertIn(b"101", f.readline())
        while f.readline() != b"\r\n":
            pass
        texts = []
        while True:
            first, n = f.read(2)
            if n == 126:
                n, = struct.unpack(">H", f.read(2))
            data = f.read(n)
            if first & 15 == 8:
                s.close()
                return texts, struct.unpack(">H", data[:2])[0]
            texts.append(json.loads(data))

    def test_websocket(self):
        texts, code = self.websocket({"ksql": "SELECT * FROM t WHERE id = 'b';"})
        self.assertEqual([x["name"] for x in texts[0]], ["ID", "N"])
        self.assertEqual(texts[1:], [{"row": {"columns": ["b", 2]}}, {"error": "done"}])
        self.assertEqual(code, 1000)
        texts, code = self.websocket({"ksql": "SELECT nope FROM t;"})
        self.assertIn("cannot be resolved", texts[0]["error"])
        self.assertEqual(code, 1003)
        for request, text in (
                ("{", "Error parsing request: "), ({}, "Error parsing request: \"ksql\" field of "),
                ({"ksql": "SELEC;"}, "Error parsing query: line 1:1: "),
                ({"ksql": "SELECT * FROM none;"},
                 "Error parsing query: Exception while preparing statement: NONE does not exist."),
                ({"ksql": "PRINT none;"}, "Topic does not exist, or KSQL does not have permission")):
            texts, code = self.websocket(request)
            self.assertTrue(texts[0]["error"].startswith(text), texts)
            self.assertEqual(code, 1003)
        texts, code = self.websocket({"ksql": "PRINT 's' FROM BEGINNING LIMIT 1;"})
        self.assertTrue(texts[0].startswith("rowtime: "))


if __name__ == "__main__":
    service.main()
