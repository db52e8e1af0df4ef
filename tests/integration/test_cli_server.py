# SPDX-License-Identifier: Apache-2.0
"""The prompt on a server: what it shows is what it shows of a directory of its own."""
# cost: 10
import http.server
import json
import re
import signal
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

import program
import service

MAKE = """
CREATE STREAM s (id INT KEY, v DOUBLE, d DECIMAL(6, 2), m MAP<STRING, INT>, t TIMESTAMP, b BYTES)
    WITH (KAFKA_TOPIC = 's', PARTITIONS = 2, VALUE_FORMAT = 'JSON');
SET 'auto.offset.reset' = 'earliest';
DEFINE limit_of = '2';
CREATE TABLE c AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
INSERT INTO s VALUES (1, 1.5, 2.50, MAP('a' := 1), '2024-01-01T00:00:00.250', TO_BYTES('ab', 'ascii'));
INSERT INTO s (id) VALUES (2);
"""
SERVICE = MAKE.split("SET")[0] + "CREATE TABLE c AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;"
LOOK = """
SHOW STREAMS; SHOW TABLES; SHOW TYPES; SHOW VARIABLES; DESCRIBE s; DESCRIBE c; DESCRIBE FUNCTION UCASE;
SELECT * FROM s EMIT CHANGES LIMIT ${limit_of};
SELECT * FROM c WHERE id = 1;
SELECT id, t, m FROM s WHERE id = 1;
PRINT 's' FROM BEGINNING LIMIT 1;
"""
MISTAKES = ("SELEC 1;", "SELECT nope FROM s EMIT CHANGES;", "SHOW STREAMS; DESCRIBE nope;", "SELECT 1",
            "SET 'commit.interval.ms' = 'often';", "DROP STREAM s;")


class Served:
    """`weir server`, or `weir run` on files, until the end of a with."""

    def __init__(self, weir, *words):
        self.log = open(weir.log, "w+", encoding="utf-8")
        self.process = subprocess.Popen([weir.program, *map(str, words), *weir.options()],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def said(self, what):
        service.wait_until(lambda: re.search(what, self.text()) or self.process.poll() is not None, 20, what)
        found = re.search(what, self.text())
        if not found:
            raise AssertionError(self.text())
        return found.group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        text = self.text()
        self.log.close()
        if status:
            raise AssertionError(f"status {status}: {text}")


def shown(done):
    """All of it, but the wall clock's time that PRINT shows."""
    return done.returncode, re.sub(r"rowtime: [^,]+Z", "rowtime: now", done.stdout), done.stderr


class Remote(unittest.TestCase):
    def test_same_as_here(self):
        with program.folder() as folder:
            here, there = program.Weir(folder / "here"), program.Weir(folder / "there")
            with Served(there, "server", "--listen", "http://127.0.0.1:0") as server:
                url = server.said(r"listening on (http:[^ \n]+)")
                for form in ("TABULAR", "JSON", "CSV"):
                    text = MAKE + LOOK if form == "TABULAR" else MAKE.split("CREATE TABLE")[0].split(
                        ";", 1)[1] + LOOK
                    local = here.call(*here.options(), "--output", form, "-e", text)
                    remote = there.call(url, "--output", form, "-e", text)
                    self.assertEqual(shown(local), shown(remote), form)
                for text in MISTAKES:
                    local = here.call(*here.options(), "-e", text, status=None)
                    remote = there.call(url, "-e", text, status=None)
                    self.assertEqual(shown(local), shown(remote), text)
                # A directory that a server has open is reached through it.
                joined = there.sql("SELECT id, n FROM c WHERE id = 2;")
                self.assertIn("|2 |1|", joined.stdout)
                self.assertIn("EXPLAIN", there.call(url, "-e", "SHOW QUERIES;").stdout)
            there.sql("SHOW STREAMS;")  # and opened as usual when it is free again

    def test_look_into_a_service(self):
        with program.folder() as folder:
            weir = program.Weir(folder / "data")
            file = folder / "q.sql"
            file.write_text(MAKE.replace("SET 'auto.offset.reset' = 'earliest';", "")
                            .replace("DEFINE limit_of = '2';", "").split("INSERT")[0])
            with Served(weir, "run", file) as running:
                running.said(r": (1 quer)y")
                service.wait_until(lambda: (folder / "data" / "weir.sock").exists(), 10, "the socket")
                self.assertIn("CTAS_C", weir.sql("SHOW QUERIES;").stdout)
                refused = weir.sql("DROP STREAM s;", status=None)
                self.assertNotEqual(refused.returncode, 0)
                self.assertIn("cannot be changed from here", refused.stderr)

    def test_topics_of_a_service(self):
        """Records get in and out while a service has the directory, byte for byte."""
        lines = "".join(json.dumps(record) + "\n" for record in [
            {"key": "1", "value": {"v": 1}, "headers": [{"key": "h", "value": "x"}, {"key": "h", "value": None}]},
            {"key": None, "value": {"v": 2}, "timestamp": 1700000000000, "partition": 1},
            {"key": "3", "value": None},
            {"keyBase64": "AP/+", "valueBase64": "//8=", "partition": 0},
            {"key": "", "value": ""},
        ] + [{"key": str(i), "value": "x" * 2000} for i in range(1500)])
        wanted = ("key", "value", "timestamp", "partition", "offset", "headers")

        def all_of(weir):
            return sorted(([r.get(name) for name in wanted] for r in weir.records("t")),
                          key=lambda r: (r[3], r[4]))

        with program.folder() as folder:
            weir = program.Weir(folder / "data")
            file = folder / "q.sql"
            file.write_text(SERVICE)
            with Served(weir, "run", file) as running:
                running.said(r": (1 quer)y")
                service.wait_until(lambda: (folder / "data" / "weir.sock").exists(), 10, "the socket")
                absent = weir.call("produce", "t", *weir.options(), input="x\n", status=1)
                self.assertIn("topic 't' does not exist", absent.stderr)
                absent = weir.call("consume", "t", *weir.options(), status=1)
                self.assertIn("'t'", absent.stderr)
                produced = weir.call("produce", "t", "--json", "--partitions", "2", *weir.options(), input=lines)
                self.assertEqual(produced.stderr, "1505 records\n")
                served = all_of(weir)
                self.assertEqual(len(served), 1505)
                self.assertIn([b"1", b'{"v": 1}', [{"key": "h", "value": "x"}, {"key": "h", "value": None}]],
                              [[r[0], r[1], r[5]] for r in served])
                self.assertIn([b"\0\xff\xfe", b"\xff\xff", 0], [[r[0], r[1], r[3]] for r in served])
                weir.call("produce", "s", "--json", "--key-format", "KAFKA_INT", *weir.options(),
                          input='{"key":7,"value":{"V":1}}\n')
                service.wait_until(lambda: "|7 |1|" in weir.sql("SELECT id, n FROM c WHERE id = 7;").stdout, 10,
                                   "the query has the record")
                weir.call("datagen", "clicks", "--count", "3000", *weir.options())
                self.assertEqual(len(weir.records("clicks")), 3000)
                follow = subprocess.Popen([weir.program, "consume", "t", "--count", "1", *weir.options()],
                                          stdout=subprocess.PIPE, text=True)
                self.addCleanup(follow.wait)
                self.addCleanup(follow.kill)
                service.wait_until(lambda: weir.produce("t", "later") and follow.poll() is not None, 20,
                                   "what comes is seen")
                self.assertEqual(follow.stdout.read(), "later\n")
                follow.stdout.close()
                large = weir.call("produce", "t", *weir.options(), input="y" * (9 << 20) + "\n", status=1)
                self.assertIn("status 413", large.stderr)
            here = [record for record in all_of(weir) if record[1] != b"later"]
            self.assertEqual(here, served)  # and without a service

    def test_network_writes_nothing_into_files_service(self):
        with program.folder() as folder:
            weir = program.Weir(folder / "data")
            file = folder / "q.sql"
            file.write_text(SERVICE)
            body = json.dumps({"topic": "s", "records": [[-1, -1, -1, None, "eA==", []]]}).encode()

            def post(url, path, data):
                try:
                    with urllib.request.urlopen(url + path, data, timeout=20) as answer:
                        return answer.status, answer.read().decode()
                except urllib.error.HTTPError as error:
                    with error:
                        return error.code, error.read().decode()

            with Served(weir, "server", file, "--listen", "http://127.0.0.1:0") as server:
                url = server.said(r"listening on (http:[^ \n]+)")
                status, text = post(url, "/weir/v1/produce", body)
                self.assertEqual((status, "cannot be written from here" in text), (403, True))
                weir.produce("s", "by the socket")
                self.assertEqual(len(weir.records("s")), 1)
            with Served(weir, "server", "--listen", "http://127.0.0.1:0") as server:
                url = server.said(r"listening on (http:[^ \n]+)")
                self.assertEqual(post(url, "/weir/v1/produce", body)[0], 200)
                self.assertEqual(len(weir.records("s")), 2)
                for bad in (b"", b"{", b"[]", b'{"topic":"s"}', b'{"topic":"s","records":[[]]}',
                            b'{"topic":"s","records":[[0,0,0,1,2,[]]]}', b'{"topic":"","records":[]}',
                            b'{"topic":"s","records":[[99,-1,-1,null,null,[["a"]]]]}'):
                    self.assertEqual(post(url, "/weir/v1/produce", bad)[0], 400, bad)
                self.assertEqual(post(url, "/weir/v1/produce", body.replace(b'"s"', b'"nope"'))[0], 404)
                for path in ("topic", "fetch?topic=s&from=0", "fetch?topic=s&from=0,0,0", "fetch?topic=s&from=x,0",
                             "fetch?topic=s&from=0,0&wait=x", "fetch?topic=s&from=0,-1"):
                    self.assertEqual(post(url, f"/weir/v1/{path}", None)[0], 400, path)
                self.assertEqual(post(url, "/weir/v1/topic?topic=nope", None)[0], 404)
                self.assertEqual(len(weir.records("s")), 2)

    def test_nobody_there(self):
        with program.folder() as folder:
            weir = program.Weir(folder / "data")
            done = weir.call("http://127.0.0.1:1", "-e", "SHOW STREAMS;", status=None)
            self.assertEqual(done.returncode, 1)
            self.assertIn("No server answers at http://127.0.0.1:1", done.stderr)
            done = weir.call("http://127.0.0.1:1", "--user", "u", "-e", "SHOW STREAMS;", status=None)
            self.assertEqual(done.returncode, 2)

    def test_answers_otherwise(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_error(self.server.status)

            def log_message(self, *arguments):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, program.folder() as folder:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_address[1]}"
            weir = program.Weir(folder / "data")
            for status, words in ((503, "is starting up: try again"), (401, "wants a user and a password"),
                                  (404, "is no Weir server (status 404)")):
                server.status = status
                done = weir.call(url, "-e", "SHOW STREAMS;", status=None)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"{url} {words}", done.stderr)
            server.shutdown()


if __name__ == "__main__":
    service.main()
