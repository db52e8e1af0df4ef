#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir server as HTTP clients meet it: versions, connections, limits, TLS, passwords, its end.

What the endpoints answer is others' matter: here a path that nobody has (404) stands for them.
"""
import base64
import http.client
import os
import signal
import socket
import ssl
import subprocess
import time
import unittest

import service
from security_fixture import Certificates
from weir_cli import SECONDS, WeirCase

NATIVE = "/weir/v1/statement"
PASSWORD = "geheim-41f"
EVERYWHERE = "0.0.0.0"


class ServerCase(WeirCase):
    def server(self, *words, listen="http://127.0.0.1:0", data=None, **options):
        """A running server; its port is self.port."""
        process = self.start("server", *words, "--listen", listen, "--data", data or self.data,
                             stderr=subprocess.PIPE, **options)
        first = process.stderr.readline()
        self.assertRegex(first, r"starting on https?://.*:\d+$")
        self.port = int(first.rsplit(":", 1)[1])
        self.ready(process)
        return process

    def ready(self, process):
        self.assertRegex(process.stderr.readline(), r"weir \d+\.\d+\.\d+, ")
        self.assertRegex(process.stderr.readline(), r"listening on https?://.*:\d+$")

    def connect(self, **options):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS, **options)
        self.addCleanup(connection.close)
        return connection

    def raw(self):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        self.addCleanup(plain.close)
        return plain

    def status(self, path="/nowhere", headers=None, connection=None, method="GET", body=None):
        connection = connection or self.connect()
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        response.read()
        return response.status

    def curl(self, *words):
        done = subprocess.run(["curl", "-s", "-S", *map(str, words)], capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def stopped(self, process, status=0):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(SECONDS), status)


def answers(plain):
    """All that comes until the server closes."""
    text = b""
    while piece := plain.recv(65536):
        text += piece
    return text.decode()


class Connections(ServerCase):
    def test_versions(self):
        process = self.server()
        url = f"http://127.0.0.1:{self.port}/nowhere"
        out = ("-o", self.folder / "body", "-w", "%{http_version} %{http_code}")
        self.assertEqual(self.curl(*out, url), "1.1 404")
        self.assertEqual(self.curl(*out, "--http1.0", url)[-3:], "404")
        self.assertEqual(self.curl(*out, "--http2-prior-knowledge", url), "2 404")
        # Asked to change over, the server does, also where the request has a body of known length.
        self.assertEqual(self.curl(*out, "--http2", url), "2 404")
        self.assertEqual(self.curl(*out, "--http2", "--data-binary", "x" * 100000, url), "2 404")
        self.assertEqual(self.curl(*out, "--http2", "-H", "Transfer-Encoding: chunked", "--data-binary", "x", url),
                         "1.1 404")
        self.assertEqual(self.curl(*out, "--unix-socket", self.data / "weir.sock", url), "1.1 404")
        self.assertEqual(oct((self.data / "weir.sock").stat().st_mode & 0o777), "0o600")
        self.stopped(process)
        self.assertFalse((self.data / "weir.sock").exists())

    def test_keep_alive_and_pipelines(self):
        self.server()
        connection = self.connect()
        for _ in range(3):
            self.assertEqual(self.status(connection=connection), 404)
            kept = connection.sock
        self.assertIs(connection.sock, kept)
        plain = self.raw()
        plain.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * 99 +
                      b"GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        text = answers(plain)
        self.assertEqual(text.count("HTTP/1.1 404 Not Found"), 100)
        self.assertEqual(text.count("connection: close"), 1)

    def test_bodies(self):
        self.server()
        sql = b'{"sql":"SHOW STREAMS;"}'
        self.assertEqual(self.status(NATIVE, method="POST", body=sql), 200)
        pieces = (sql[i:i + 1] for i in range(len(sql)))
        self.assertEqual(self.status(NATIVE, method="POST", body=pieces), 200)  # chunked
        plain = self.raw()
        plain.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
                      % (NATIVE.encode(), len(sql)))
        self.assertEqual(plain.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
        plain.sendall(sql)
        self.assertIn(b"HTTP/1.1 200 OK", plain.recv(1000))

    def test_limits(self):
        self.server("--set", "weir.server.max.body.bytes=2000")
        self.assertEqual(self.status(method="POST", body=b"x" * 2000), 404)
        self.assertEqual(self.status(method="POST", body=b"x" * 2001), 413)
        self.assertEqual(self.status(method="POST", body=(b"x" * 500 for _ in range(5))), 413)
        self.assertEqual(self.status("/" + "a" * 66000), 414)
        self.assertEqual(self.status(headers={"a": "b" * 66000}), 431)
        self.assertEqual(self.status("/%00"), 400)
        out = ("-o", self.folder / "body", "-w", "%{http_code}", "--http2-prior-knowledge")
        url = f"http://127.0.0.1:{self.port}/"
        self.file("big", "x" * 2001)
        self.assertEqual(self.curl(*out, "--data-binary", f"@{self.folder / 'big'}", url), "413")

    def test_too_many_connections(self):
        self.server("--set", "weir.server.max.connections=3")
        held = [self.connect() for _ in range(3)]
        for connection in held:
            self.assertEqual(self.status(connection=connection), 404)
        self.assertEqual(self.raw().recv(10), b"")
        held.pop().close()
        service.wait_until(lambda: self.try_status() == 404, SECONDS, "a place")

    def try_status(self):
        try:
            return self.status()
        except (OSError, http.client.HTTPException):
            return None

    def test_websocket_is_not_for_everybody(self):
        self.server()
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": base64.b64encode(b"0" * 16).decode()}
        connection = self.connect()
        self.assertEqual(self.status(headers=upgrade, connection=connection), 404)
        self.assertEqual(self.status(connection=connection), 404)  # and goes on as HTTP

    def test_cors(self):
        self.server("--set", "access.control.allow.origin=http://a.example,http://b.example",
                    "--set", "access.control.allow.headers=Content-Type")
        connection = self.connect()
        for origin, allowed in (("http://b.example", "http://b.example"), ("http://c.example", None)):
            connection.request("OPTIONS", NATIVE, headers={
                "Origin": origin, "Access-Control-Request-Method": "POST"})
            response = connection.getresponse()
            response.read()
            self.assertEqual(response.status, 204 if allowed else 403)
            self.assertEqual(response.headers["access-control-allow-origin"], allowed)
            connection.request("GET", "/nowhere", headers={"Origin": origin})
            response = connection.getresponse()
            response.read()
            self.assertEqual(response.headers["access-control-allow-origin"], allowed)

    def test_request_log(self):
        log = self.folder / "requests"
        process = self.server("--request-log", log)
        self.status("/no%0Awhere?token=geheim")
        self.status(NATIVE, method="POST", body=b'{"sql":"SHOW TOPICS;"}')
        self.stopped(process)
        first, second = log.read_text().splitlines()
        self.assertRegex(first, r"^20..-..-..T..:..:..\....Z 127\.0\.0\.1:\d+ - GET /no%0Awhere 404 9 \d+$")
        self.assertRegex(second, r" - POST /weir/v1/statement 200 \d+ \d+$")

    def test_ends_gracefully(self):
        process = self.server()
        idle = self.connect()
        self.assertEqual(self.status(connection=idle), 404)
        # A push query streams: it ends at once.
        self.weir_sql("CREATE STREAM s (a INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');")
        stream = self.connect()
        stream.request("POST", NATIVE, body=b'{"sql":"SELECT * FROM s EMIT CHANGES;"}')
        response = stream.getresponse()
        self.assertEqual(response.status, 200)
        began = time.monotonic()
        self.stopped(process)
        self.assertLess(time.monotonic() - began, 10)

    def weir_sql(self, sql):
        body = '{"sql":"%s"}' % sql
        self.assertEqual(self.status(NATIVE, method="POST", body=body.encode()), 200)

    def test_address_in_use(self):
        self.server()
        done = self.weir("server", "--listen", f"http://127.0.0.1:{self.port}", "--data",
                         self.folder / "other", status=1)
        self.assertIn(f"Cannot listen on 127.0.0.1:{self.port}: address already in use", done.stderr)
        done = self.weir("server", "--listen", "ftp://x", status=1)
        self.assertIn("'ftp://x' is no address to listen on", done.stderr)


class Passwords(ServerCase):
    def setUp(self):
        super().setUp()
        self.users = self.folder / "users"
        self.weir("passwd", self.users, "ada", stdin=PASSWORD + "\n")
        self.basic = ("--set", "authentication.method=BASIC", "--set",
                      f"weir.authentication.file={self.users}")

    @staticmethod
    def credentials(user="ada", password=PASSWORD):
        text = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {text}"}

    def test_asks(self):
        log = self.folder / "requests"
        process = self.server("--request-log", log, *self.basic, "--set", "authentication.realm=a \"b\"",
                              "--set", "authentication.skip.paths=/open,/public/*")
        connection = self.connect()
        connection.request("GET", "/nowhere")
        response = connection.getresponse()
        self.assertEqual(response.status, 401)
        self.assertEqual(response.headers["WWW-Authenticate"], 'Basic realm="a \\"b\\""')
        self.assertIn(b'"error_code":40100', response.read())
        self.assertEqual(self.status(headers=self.credentials()), 404)
        for wrong in (self.credentials(password="x"), self.credentials(user="bob"),
                      {"Authorization": "Basic !"}, {"Authorization": "Bearer x"}):
            self.assertEqual(self.status(headers=wrong), 401)
        for path in ("/healthcheck", "/v1/metadata/id", "/open", "/public/x"):
            self.assertNotEqual(self.status(path), 401)
        self.assertEqual(self.status("/opening"), 401)
        # The body of a request that is held meanwhile is not lost.
        body = b'{"sql":"SHOW STREAMS;"}' + b" " * 100000
        self.restart_cache(process)
        self.assertEqual(self.status(NATIVE, method="POST", body=body, headers=self.credentials()), 200)
        self.restart_cache(process)
        out = self.curl("--http2-prior-knowledge", "-o", self.folder / "body", "-w", "%{http_code}", "-u",
                        f"ada:{PASSWORD}", "--data-binary", body.decode(),
                        f"http://127.0.0.1:{self.port}{NATIVE}")
        self.assertEqual(out, "200")
        self.stopped(process)
        self.assertNotIn(PASSWORD, log.read_text())
        self.assertIn(" ada GET /nowhere 404 ", log.read_text())

    def restart_cache(self, process):
        """SIGHUP: the file is read again, and nobody is known."""
        process.send_signal(signal.SIGHUP)
        self.assertIn("were read again", process.stderr.readline())

    def test_is_cheap_once_known(self):
        self.server(*self.basic)
        connection = self.connect()
        self.assertEqual(self.status(headers=self.credentials(), connection=connection), 404)
        began = time.monotonic()
        for _ in range(200):
            self.status(headers=self.credentials(), connection=connection)
        # A hash takes 20 ms and more; 200 of them 4 s.
        self.assertLess(time.monotonic() - began, 2)

    def test_file(self):
        self.weir("passwd", self.users, "bob", stdin="x\n")
        self.users.write_text(self.users.read_text().replace("bob:", "# nobody\nbob:"))
        process = self.server(*self.basic, "--set", "authentication.roles=admin")
        self.assertEqual(self.status(headers=self.credentials()), 401)
        lines = self.users.read_text().splitlines()
        self.users.write_text("\n".join(line + ",dev,admin" if line.startswith("ada:") else line
                                        for line in lines))
        self.restart_cache(process)
        self.assertEqual(self.status(headers=self.credentials()), 404)
        self.assertEqual(self.status(headers=self.credentials("bob", "x")), 401)
        # A new password; the roles stay.
        self.weir("passwd", self.users, "ada", stdin="new\n")
        self.assertEqual(oct(self.users.stat().st_mode & 0o777), "0o600")
        self.restart_cache(process)
        self.assertEqual(self.status(headers=self.credentials()), 401)
        self.assertEqual(self.status(headers=self.credentials(password="new")), 404)
        self.users.write_text("ada:secret\n")
        process.send_signal(signal.SIGHUP)
        self.assertIn("users:1: the password of 'ada' is not a hash", process.stderr.readline())
        self.assertEqual(self.status(headers=self.credentials(password="new")), 404)

    def test_open_addresses_need_it(self):
        done = self.weir("server", "--listen", f"http://{EVERYWHERE}:0", "--data", self.data, status=1)
        self.assertIn("0.0.0.0 can be reached by others", done.stderr)
        self.assertIn("--insecure-listen", done.stderr)
        process = self.server("--insecure-listen", listen=f"http://{EVERYWHERE}:0")
        self.assertEqual(self.status(), 404)
        self.stopped(process)
        self.server(*self.basic, listen=f"http://{EVERYWHERE}:0")
        self.assertEqual(self.status(), 401)
        done = self.weir("server", "--set", "authentication.method=BASIC", status=1)
        self.assertIn("needs weir.authentication.file", done.stderr)


class Tls(ServerCase):
    def setUp(self):
        super().setUp()
        self.certificates = Certificates(self.folder)
        self.context = ssl.create_default_context(cafile=self.certificates.path("ca"))

    def settings(self, **more):
        own = {"weir.server.certificate.file": self.certificates.path("server"),
               "weir.server.key.file": self.certificates.path("server", "key")}
        own.update({name.replace("_", "."): value for name, value in more.items()})
        return [word for name, value in own.items() for word in ("--set", f"{name}={value}")]

    def handshake(self, protocols=()):
        if protocols:
            self.context.set_alpn_protocols(protocols)
        secure = self.context.wrap_socket(self.raw(), server_hostname="localhost")
        self.addCleanup(secure.close)
        return secure

    def ask(self, secure):
        secure.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return answers(secure)

    def test_versions(self):
        self.server(*self.settings(), listen="https://127.0.0.1:0")
        self.assertIn("HTTP/1.1 404", self.ask(self.handshake()))
        self.assertEqual(self.handshake(["h2", "http/1.1"]).selected_alpn_protocol(), "h2")
        secure = self.handshake(["http/1.1"])
        self.assertEqual(secure.selected_alpn_protocol(), "http/1.1")
        self.assertIn("HTTP/1.1 404", self.ask(secure))
        out = self.curl("-o", self.folder / "body", "-w", "%{http_version} %{http_code}", "--cacert",
                        self.certificates.path("ca"), f"https://127.0.0.1:{self.port}/nowhere")
        self.assertEqual(out, "2 404")
        plain = self.raw()  # no TLS at all
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            self.assertNotIn("HTTP/1.1", answers(plain))
        except ConnectionError:
            pass

    def test_ksqldb_names_and_bodies(self):
        both = self.certificates.path("server", "both.pem")
        self.server("--set", f"ssl.keystore.location={both}", "--set", "ssl.keystore.type=PEM",
                    listen="https://127.0.0.1:0")
        body = b'{"sql":"SHOW STREAMS;"}' + b" " * 1000000
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context,
                                                 timeout=SECONDS)
        self.addCleanup(connection.close)
        self.assertEqual(self.status(NATIVE, connection=connection, method="POST", body=body), 200)

    def test_client_certificates(self):
        process = self.server(*self.settings(weir_server_client_ca_file=self.certificates.path("ca"),
                                             ssl_client_authentication="REQUIRED"),
                              listen=f"https://{EVERYWHERE}:0")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            text = self.ask(self.handshake())
            self.assertEqual(text, "")  # TLS 1.3: the refusal comes after the handshake
            raise ConnectionError
        self.context.load_cert_chain(self.certificates.path("client"),
                                     self.certificates.path("client", "key"))
        self.assertIn("HTTP/1.1 404", self.ask(self.handshake()))
        self.stopped(process)

    def test_reload(self):
        process = self.server(*self.settings(), listen="https://127.0.0.1:0")
        serial = self.handshake().getpeercert()["serialNumber"]
        self.certificates.issue("server", "IP:127.0.0.1,DNS:localhost")
        process.send_signal(signal.SIGHUP)
        self.assertIn("were read again", process.stderr.readline())
        service.wait_until(lambda: self.handshake().getpeercert()["serialNumber"] != serial, SECONDS,
                           "the new certificate")

    def test_files(self):
        done = self.weir("server", "--listen", "https://127.0.0.1:0", status=1)
        self.assertIn("A https listener needs a certificate", done.stderr)
        done = self.weir("server", "--listen", "https://127.0.0.1:0",
                         *self.settings(weir_server_key_file=self.certificates.path("client", "key")),
                         status=1)
        self.assertRegex(done.stderr, r"TLS: the key .* cannot be used: key values mismatch")


class Slow(ServerCase):
    """Clients that hold a connection: the limits are tested without waiting in unit tests; here
    only that many of them cost little."""

    def test_many_idle_connections(self):
        process = self.server()
        def memory():
            with open(f"/proc/{process.pid}/smaps_rollup", encoding="ascii") as file:
                return sum(int(line.split()[1]) for line in file if line.startswith("Rss"))
        before = memory()
        idle = []
        for _ in range(400):
            connection = self.connect()
            self.assertEqual(self.status(connection=connection), 404)
            idle.append(connection)
        if not os.environ.get("WEIR_SANITIZE"):
            self.assertLess((memory() - before) / len(idle), 10)  # KB each


if __name__ == "__main__":
    service.main()
