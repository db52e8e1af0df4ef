#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# labels: release
# fixtures: registry
# cost: 20
"""The client of schema registries: against real ones in several versions, which differ in what
they answer, and over TLS. Names with r.. are lines of the list of what registries were seen to do."""
import contextlib
import http.server
import json
import os
import ssl
import subprocess
import tempfile
import threading
import unittest
import uuid
from pathlib import Path

import registry_fixture
import service

AVRO, JSON, PROTOBUF = 0, 1, 2
GUID = "00112233445566778899aabbccddeeff"


class Client:
    """registry_client as a child: `with Client(url) as client: client.ask("id 7")`."""

    def __init__(self, url, **settings):
        self.settings = {"ksql.schema.registry.url": url,
                         "weir.schema.registry.timeout.ms": "5000",
                         **{"weir.schema.registry." + name.replace("_", "."): value
                            for name, value in settings.items()}}

    def __enter__(self):
        program = os.environ.get("WEIR_REGISTRY_CLIENT") or (
            service.SOURCE_DIR / "build/release/tests/registry_client")
        self.child = subprocess.Popen(
            [program, *(f"{name}={value}" for name, value in self.settings.items())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.opened = json.loads(self.child.stdout.readline())
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.close()
        self.child.stdout.read()
        self.child.stdout.close()
        assert self.child.wait(30) == 0

    def ask(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())

    def draft(self, verb, subject, kind, text, references=()):
        return self.ask(f"{verb} {subject} " + json.dumps(
            {"kind": kind, "text": text, "references": list(references)}))

    def wait(self, line):
        """Ask until the answer is more than that it takes time."""
        def answer():
            said = self.ask(line)
            return None if said.get("retriable") else said
        return service.wait_until(answer, 30, line)


def record(*fields, **more):
    return json.dumps({"type": "record", "name": "R", **more, "fields": [
        {"name": name, "type": kind} for name, kind in fields]})


class RealRegistry:
    """What holds for every version."""

    def setUp(self):
        context = self.registry_of()
        self.registry = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        client = Client(self.registry.url)
        self.client = client.__enter__()
        self.addCleanup(client.__exit__, None, None, None)
        self.subject = f"s-{uuid.uuid4().hex[:8]}-value"

    def test_register_find_read_delete(self):
        text = record(("a", "int"))
        first = self.client.draft("register", self.subject, AVRO, text)
        self.assertEqual(json.loads(first["text"]), json.loads(text))
        self.assertEqual(self.client.draft("register", self.subject, AVRO, text)["id"], first["id"])
        second = self.client.draft("register", self.subject, AVRO, record(("a", "long")))
        self.assertNotEqual(second["id"], first["id"])
        self.assertEqual(self.client.draft("find", self.subject, AVRO, text)["id"], first["id"])
        self.assertEqual(self.client.draft("find", self.subject, AVRO, record(("b", "int")))
                         ["status"], "NOT_FOUND")
        latest = self.client.ask(f"version {self.subject} 0")
        self.assertEqual((latest["id"], latest["version"]), (second["id"], 2))
        self.assertEqual(self.client.ask(f"version {self.subject} 1")["id"], first["id"])
        self.assertIn(self.subject, self.client.ask("subjects"))
        with Client(self.registry.url) as other:  # one that has seen nothing yet
            self.assertEqual(other.ask(f"id {first['id']}"), {**first, "version": 0})
        self.assertEqual(self.client.ask(f"delete {self.subject}"), {})
        self.assertNotIn(self.subject, self.client.ask("subjects"))
        self.assertEqual(self.client.ask(f"version {self.subject} 0")["status"], "NOT_FOUND")
        self.assertEqual(self.client.ask(f"delete {self.subject}"), {})

    def test_r02_no_guids(self):
        said = self.client.ask(f"guid {GUID}")
        self.assertEqual((said["status"], said["retriable"]), ("NOT_FOUND", False))
        self.assertIn("00112233-4455-6677-8899-aabbccddeeff", said["message"])
        self.assertEqual(self.client.wait(f"knownguid {GUID}")["status"], "NOT_FOUND")

    def test_r04_errors(self):
        for line in ("id 99999999", "id 2147483647", "id 4294967295", "id 0",
                     f"version {self.subject} 0", f"version {self.subject} 5"):
            said = self.client.ask(line)
            self.assertEqual((said["status"], said["retriable"]), ("NOT_FOUND", False), said)
            self.assertTrue(said["message"])
        self.assertEqual(self.client.wait("known 99999998")["status"], "NOT_FOUND")
        said = self.client.draft("register", self.subject, AVRO, "{no schema")
        self.assertEqual(said["status"], "STATEMENT", said)

    def test_r04_incompatible(self):
        first = self.client.draft("register", self.subject, AVRO, record(("a", "int")))
        other = self.client.draft("register", self.subject, AVRO, record(("b", "int")))
        self.assertGreater(other["id"], 0)  # NONE by default: anything goes
        answer = self.registry.put(f"/config/{self.subject}", {"compatibility": "BACKWARD"})
        self.assertEqual(answer.get("compatibility") or answer.get("compatibilityLevel"),
                         "BACKWARD")
        said = self.client.draft("register", self.subject, AVRO, record(("c", "int")))
        self.assertEqual((said["status"], said["retriable"]), ("STATEMENT", False))
        self.assertIn(self.subject, said["hint"])
        self.assertIn("BACKWARD", said["hint"])  # r06: by either name
        again = self.client.draft("register", self.subject, AVRO, record(("a", "int")))
        self.assertEqual(again["id"], first["id"])  # stored already, so nothing is checked

    def test_r05_what_is_given_out_is_what_the_registry_holds(self):
        self.client.draft("register", self.subject, AVRO, record(("a", "int")))
        said = self.client.draft("register", self.subject, AVRO,
                                 record(("a", "int"), aliases=["Old"], doc="words"))
        held = self.registry.get(f"/schemas/ids/{said['id']}")["schema"]
        self.assertEqual(said["text"], held)

    def test_r06_members_that_are_missing(self):
        said = self.client.draft("register", self.subject, AVRO, record(("a", "int")))
        self.assertFalse(self.registry.get(f"/schemas/ids/{said['id']}").get("references"))
        self.assertEqual((said["kind"], said["references"]), (AVRO, []))

    def test_r06_references(self):
        base, middle = self.subject + "-base", self.subject + "-middle"
        one = self.client.draft(
            "register", base, PROTOBUF, 'syntax = "proto3"; message A { int32 x = 1; }')
        two = self.client.draft(
            "register", middle, PROTOBUF,
            'syntax = "proto3"; import "a.proto"; message B { A a = 1; }',
            [{"name": "a.proto", "subject": base, "version": 1}])
        self.assertEqual(two.get("kind"), PROTOBUF, two)
        with Client(self.registry.url) as other:
            read = other.ask(f"id {two['id']}")
        self.assertEqual(read["references"], [
            {"name": "a.proto", "subject": base, "version": 1, "id": one["id"]}])

    def test_json(self):
        # Apicurio takes no schema for JSON Schema that does not name its draft.
        said = self.client.draft("register", self.subject, JSON, json.dumps(
            {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}))
        self.assertEqual(said.get("kind"), JSON, said)
        with Client(self.registry.url) as other:
            self.assertEqual(other.wait(f"known {said['id']}")["kind"], JSON)

    def test_names_that_have_to_be_escaped(self):
        for end in (".a%b", "-\u00e4\u20ac", "+&?#"):
            subject = self.subject + end
            said = self.client.draft("register", subject, AVRO, record(("a", "int")))
            self.assertIn("id", said, (subject, said))
            self.assertIn(subject, self.client.ask("subjects"))
            self.assertEqual(self.client.ask(f"version {subject} 0")["id"], said["id"])


class Registry26(RealRegistry, unittest.TestCase):
    def registry_of(self):
        return registry_fixture.shared()


class OwnRegistry(RealRegistry):
    """A registry for the tests of one class."""
    version = None

    @classmethod
    def setUpClass(cls):
        cls.server = registry_fixture.RegistryServer(version=cls.version)
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def registry_of(self):
        return contextlib.nullcontext(self.server)


class Registry33(OwnRegistry, unittest.TestCase):
    version = "3.3.3"

    def test_r05_an_older_schema_is_taken_for_the_same(self):
        """This version answers with the old id where only an alias or words differ."""
        older = self.client.draft("register", self.subject, AVRO, record(("a", "int")))
        said = self.client.draft("register", self.subject, AVRO,
                                 record(("a", "int"), aliases=["Old"], doc="words"))
        self.assertEqual(said["id"], older["id"])
        self.assertNotIn("Old", said["text"])  # what was asked for is not what is there


class Registry30(OwnRegistry, unittest.TestCase):
    version = "3.0.9"

    def test_a_registry_that_hangs_and_comes_back(self):
        text = record(("hangs", "int"))
        one = self.client.draft("register", self.subject, AVRO, text)["id"]
        with Client(self.server.url, timeout_ms="700") as client:
            self.server.pause()
            try:
                said = client.ask(f"known {one}")
                self.assertTrue(said["retriable"])
                said = client.ask(f"id {one}")
                self.assertEqual((said["status"], said["retriable"]), ("LOG", True))
                self.assertIn(self.server.url, said["message"])
                service.wait_until(lambda: "cannot be reached" in
                                   client.ask(f"known {one}")["message"], 20, "says why")
            finally:
                self.server.resume()
            self.assertEqual(client.wait(f"known {one}")["id"], one)

    def test_another_url_where_one_is_down(self):
        closed, = service.free_ports(1)
        one = self.client.draft("register", self.subject, AVRO, record(("two", "int")))["id"]
        with Client(f"http://127.0.0.1:{closed},{self.server.url}") as client:
            self.assertEqual(client.opened["name"],
                             f"http://127.0.0.1:{closed},{self.server.url}")
            self.assertEqual(client.ask(f"id {one}")["id"], one)

    def test_a_url_that_is_none_of_a_registry(self):
        with Client(self.server.url + "/no/such/path") as client:
            said = client.ask("id 1")
            self.assertEqual((said["status"], said["retriable"]), ("CONFIG", False), said)


# ---------------------------------------------------------------- TLS

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"schema": '"int"'}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that does not trust it


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Tls(unittest.TestCase):
    """A server with a certificate for 127.0.0.1 by an authority of the test's own."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="weir-tls-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", cls.folder / "ca.key",
                "-out", cls.folder / "ca.pem", "-subj", "/CN=Test CA", "-days", "2")
        (cls.folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
        for name in ("server", "client"):
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", cls.folder / f"{name}.key",
                    "-out", cls.folder / f"{name}.csr", "-subj", f"/CN={name}")
            openssl("x509", "-req", "-in", cls.folder / f"{name}.csr", "-CA", cls.folder / "ca.pem",
                    "-CAkey", cls.folder / "ca.key", "-CAcreateserial", "-days", "2",
                    "-extfile", cls.folder / "san", "-out", cls.folder / f"{name}.pem")
        openssl("rsa", "-aes256", "-passout", "pass:secret", "-in", cls.folder / "client.key",
                "-out", cls.folder / "locked.key")
        both = (cls.folder / "client.pem").read_text() + (cls.folder / "client.key").read_text()
        (cls.folder / "both.pem").write_text(both)
        openssl("pkcs12", "-export", "-in", cls.folder / "client.pem", "-inkey",
                cls.folder / "client.key", "-out", cls.folder / "client.p12", "-passout", "pass:x")
        cls.urls = {mutual: cls.serve(mutual) for mutual in (False, True)}

    @classmethod
    def serve(cls, mutual):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.folder / "server.pem", cls.folder / "server.key")
        if mutual:
            context.load_verify_locations(cls.folder / "ca.pem")
            context.verify_mode = ssl.CERT_REQUIRED
        server = Server(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        return f"https://127.0.0.1:{server.server_port}"

    def ask(self, url, **settings):
        with Client(url, timeout_ms="1500", **settings) as client:
            return client.ask("id 1") if "name" in client.opened else client.opened

    def path(self, name):
        return str(self.folder / name)

    def assert_works(self, said):
        self.assertEqual(said.get("text"), '"int"', said)

    def test_the_server_has_to_be_known(self):
        url = self.urls[False]
        said = self.ask(url)
        self.assertEqual((said["status"], said["retriable"]), ("CONFIG", False), said)
        self.assertIn("certificate", said["message"])
        self.assert_works(self.ask(url, ca_file=self.path("ca.pem")))
        self.assert_works(self.ask(url, insecure="true"))

    def test_the_name_has_to_fit(self):
        url = self.urls[False].replace("127.0.0.1", "localhost")
        said = self.ask(url, ca_file=self.path("ca.pem"))
        self.assertEqual(said["status"], "CONFIG", said)
        self.assertIn("localhost", said["message"])

    def test_client_certificates(self):
        url, ca = self.urls[True], self.path("ca.pem")
        self.assertIn(self.ask(url, ca_file=ca)["status"], ("CONFIG", "LOG"))
        certificate = self.path("client.pem")
        self.assert_works(self.ask(url, ca_file=ca, certificate_file=certificate,
                                   key_file=self.path("client.key")))
        self.assert_works(self.ask(url, ca_file=ca, certificate_file=self.path("both.pem")))
        self.assert_works(self.ask(url, ca_file=ca, certificate_file=certificate,
                                   key_file=self.path("locked.key"), key_password="secret"))
        said = self.ask(url, ca_file=ca, certificate_file=certificate,
                        key_file=self.path("locked.key"), key_password="wrong-secret")
        self.assertEqual(said["status"], "CONFIG", said)
        self.assertNotIn("secret", said["message"])

    def test_key_stores_are_refused(self):
        said = self.ask(self.urls[True], certificate_file=self.path("client.p12"))
        self.assertEqual(said["status"], "CONFIG")
        self.assertIn("PKCS #12", said["message"])
        self.assertIn("openssl pkcs12", said["hint"])


if __name__ == "__main__":
    service.main()
