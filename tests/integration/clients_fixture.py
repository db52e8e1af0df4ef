# SPDX-License-Identifier: Apache-2.0
"""Round trips with other clients: the programs of clients/, and the tests that every one of them has.

    class Python(clients_fixture.RoundTrips, unittest.TestCase):
        client, formats = "python", ("AVRO", "PROTOBUF", "JSON_SR")

A round trip begins with the table of clients/rows.py, and what comes back is compared with it:
    Weir writes a topic, the client reads it
    the client writes, by a schema of its own and by the one that Weir has registered; Weir reads it
"""
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import unittest
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import kafka_fixture
import program
import registry_fixture
import service

CLIENTS = service.SOURCE_DIR / "tests" / "integration" / "clients"
sys.path.insert(0, str(CLIENTS))
import rows  # noqa: E402
import schemas  # noqa: E402

SECONDS = 120


def fetched(client):
    """The folder of scripts/fetch-clients; skips the test where it has not run."""
    done = subprocess.run([service.SOURCE_DIR / "scripts" / "fetch-clients", "--check", client],
                          capture_output=True, text=True)
    if done.returncode:
        raise unittest.SkipTest(done.stderr.strip() or f"run scripts/fetch-clients {client}")
    return Path(done.stdout.strip())


class Client:
    """One program of clients/, which answers one request and ends."""

    def __init__(self, name, library, bootstrap, registry):
        self.command = [str(fetched(name) / "run")]
        self.common = {"bootstrap": bootstrap, "registry": registry, "library": library}

    def ask(self, action, topic, form, key, value, header=False, validate=True, **more):
        request = {**self.common, "action": action, "topic": topic, "format": form, "key": key,
                   "value": value, "header": header, "validate": validate, **more}
        done = subprocess.run(self.command, input=json.dumps(request), capture_output=True, text=True,
                              timeout=SECONDS)
        if done.returncode:
            raise AssertionError(f"{action} {topic}: {done.stderr[-4000:]}")
        return json.loads(done.stdout)


class Guids(http.server.BaseHTTPRequestHandler):
    """What a registry with GUIDs answers: another one's answers, and the GUID of each id (R02)."""

    target = None

    def answer(self, body=None):
        path = self.path
        if path.startswith("/schemas/guids/"):
            path = f"/schemas/ids/{uuid.UUID(path.split('/')[3].split('?')[0]).int}"
        request = urllib.request.Request(self.target + path, body, method=self.command, headers={
            "Content-Type": "application/vnd.schemaregistry.v1+json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as got:
                status, data = got.status, json.loads(got.read() or "null")
        except urllib.error.HTTPError as error:
            status, data = error.code, json.loads(error.read() or "null")
        asked = path.split("/")
        if isinstance(data, dict) and "error_code" not in data:
            number = data.get("id") or (asked[3].split("?")[0] if asked[1:3] == ["schemas", "ids"]
                                        else None)
            if number:
                data["guid"] = str(uuid.UUID(int=int(number)))
        text = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"] or 0)))

    do_DELETE, do_PUT = do_GET, do_POST

    def log_message(self, *arguments):
        pass


class RoundTrips:
    """The tests of one client; subclasses say which formats it has, and what it cannot do."""

    client, library, formats, version = None, None, (), registry_fixture.VERSION
    reads = writes = property(lambda self: self.formats)
    options = {}  # of sources with the client's records, by format
    protobuf_form = "text"  # in which Weir registers
    fixed = True  # it knows decimals in Avro's fixed
    plain_keys = ()  # formats whose keys are Kafka's own strings

    @classmethod
    def setUpClass(cls):
        fetched(cls.client)
        if not shutil.which("protoc"):
            raise unittest.SkipTest("protoc is not installed (scripts/deps --all installs it)")
        cls.enter(kafka_fixture.shared(), "kafka")
        cls.enter(registry_fixture.shared() if cls.version == registry_fixture.VERSION
                  else registry_fixture.RegistryServer(version=cls.version), "registry")
        cls.enter(program.folder(), "folder")
        cls.program = Client(cls.client, cls.library, cls.kafka.bootstrap, cls.registry.url)

    @classmethod
    def enter(cls, manager, name):
        setattr(cls, name, manager.__enter__())
        cls.addClassCleanup(manager.__exit__, None, None, None)

    # ---- what a client cannot do: docs/interchange.md has it ----

    def cannot(self, form, name):
        """True: it refuses this row."""
        return False

    def columns(self, form):
        return rows.COLUMNS

    def fit(self, form, tree, value):
        """A value that it cannot have, as the nearest one that it can."""
        return value

    # ---- the table, for this client ----

    def tree(self, form):
        return rows.struct_of(self.columns(form))

    def table(self, form):
        tree = self.tree(form)
        return [(name, rows.each(tree, value, lambda t, v: self.fit(form, t, v)))
                for name, value in rows.ROWS
                if rows.can_hold(value, form) and not self.cannot(form, name)]

    def expected(self, form, table, to_weir=False):
        return [(n, rows.kept(self.tree(form), v, form, to_weir)) for n, v in table]

    # ---- helpers ----

    def weir(self, name, registry=None):
        return program.Weir(self.folder / name, self.kafka.bootstrap, {
            "auto.offset.reset": "earliest",
            "ksql.schema.registry.url": registry or self.registry.url,
            "weir.schema.registry.protobuf.form": self.protobuf_form})

    def run_sql(self, name, text, registry=None):
        path = self.folder / f"{name}.sql"
        path.write_text(text)
        weir = self.weir(name, registry)
        weir.run(path)
        return weir

    def source(self, name, columns):
        """A topic with the rows of the table in Weir's JSON; its statement."""
        return (f"CREATE STREAM {name} (K STRING KEY, "
                + ", ".join(f"{n} {t}" for n, t in columns) + ") WITH (KAFKA_TOPIC='%s', "
                "KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON');\n")

    def subject(self, topic, part):
        return self.registry.get(f"/subjects/{topic}-{part}/versions/latest")["schema"]

    def key_tree(self, form):
        return rows.KEY if form != "PROTOBUF" else rows.struct_of([("K", "STRING")])

    def key(self, form, text):
        return {"K": text} if form == "PROTOBUF" and form not in self.plain_keys else text

    def key_format(self, form):
        return "KAFKA" if form in self.plain_keys else form

    def parts(self, form, topic):
        """Keys and values by the schemas that Weir has registered."""
        return (form not in self.plain_keys and
                schemas.part(self.key_tree(form), self.subject(topic, "key"), form),
                schemas.part(self.tree(form), self.subject(topic, "value"), form))

    def own_parts(self, form):
        key = '"string"' if form == "AVRO" else None
        return (form not in self.plain_keys and schemas.part(
            self.key_tree(form), key or schemas.own(self.key_tree(form), form), form),
                schemas.part(self.tree(form), schemas.own(self.tree(form), form, self.fixed), form))

    def written_by_weir(self, form):
        """A topic of the table's rows that Weir has written; once for each format."""
        made = type(self).__dict__.get("written") or {}
        type(self).written = made
        if form not in made:
            source = self.kafka.create_topic("rows")
            table = self.table(form)
            self.kafka.produce(source, [
                kafka_fixture.Record(name, None if v is None else rows.to_weir(self.tree(form), v))
                for name, v in table])
            topic = self.kafka.unique(f"out-{form.lower()}")
            nullable = ", VALUE_PROTOBUF_NULLABLE_REPRESENTATION='OPTIONAL'" \
                if form == "PROTOBUF" else ""
            statement = self.source("rows", self.columns(form)) % source
            self.run_sql(topic, statement + f"CREATE STREAM out WITH (KAFKA_TOPIC='{topic}', "
                         f"KEY_FORMAT='{self.key_format(form)}', VALUE_FORMAT='{form}', "
                         f"PARTITIONS=1{nullable}) AS SELECT * FROM rows;\n")
            made[form] = topic, table
        return made[form]

    def read_by_weir(self, form, topic, registry=None):
        back = self.kafka.unique("back")
        columns = ", ".join(f"{n} {t}" for n, t in self.columns(form))
        more = self.options.get(form, "")
        weir = self.run_sql(back, f"CREATE STREAM inp (K STRING KEY, {columns}) WITH "
                            f"(KAFKA_TOPIC='{topic}', KEY_FORMAT='{self.key_format(form)}', "
                            f"VALUE_FORMAT='{form}'{more});\n"
                            f"CREATE STREAM back WITH (KAFKA_TOPIC='{back}', KEY_FORMAT='KAFKA', "
                            "VALUE_FORMAT='JSON', PARTITIONS=1) AS SELECT * FROM inp;\n", registry)
        return [(r["key"].decode(), None if r["value"] is None else
                 rows.from_weir(self.tree(form), rows.parse_weir(r["value"].decode())))
                for r in weir.records(back)]

    def compare(self, got, expected):
        self.maxDiff = 3000
        got, expected = dict(got), dict(expected)
        self.assertEqual(list(got), list(expected))
        for name, value in expected.items():
            if isinstance(value, dict) and isinstance(got[name], dict):
                for column in value:
                    self.assertEqual(got[name].get(column), value[column], f"{name}: {column}")
            self.assertEqual(got[name], value, name)

    # ---- tests ----

    def weir_to_client(self, form):
        topic, table = self.written_by_weir(form)
        key, value = self.parts(form, topic)
        got = self.program.ask("read", topic, form, key, value, count=len(table), validate=False)
        self.compare([(r["key"]["K"] if isinstance(r["key"], dict) else r["key"], r["value"])
                      for r in got["rows"]], self.expected(form, table))

    def client_to_weir(self, form, parts, weirs_registry=None, **options):
        topic = self.kafka.create_topic(f"in-{self.client}-{form.lower()}")
        table = self.table(form)
        self.program.ask("write", topic, form, *parts, rows=[
            {"key": self.key(form, n), "value": v} for n, v in table], validate=False, **options)
        self.compare(self.read_by_weir(form, topic, weirs_registry),
                     self.expected(form, table, to_weir=True))

    def each(self, formats, test):
        for form in formats:
            with self.subTest(form):
                test(form)

    def test_weir_to_client(self):
        self.each(self.reads, self.weir_to_client)

    def test_client_to_weir_by_its_own_schema(self):
        self.each(self.writes, lambda form: self.client_to_weir(form, self.own_parts(form)))

    def test_client_to_weir_by_the_schema_of_weir(self):
        self.each(self.writes, lambda form: self.client_to_weir(form, self.parts(
            form, self.written_by_weir(form)[0])))

    def test_keys_of_several_columns(self):
        self.each(self.writes, self.several_keys)

    def several_keys(self, form):
        """A record of both as the key, written by the client, read by Weir and written again."""
        if form in self.plain_keys:
            return
        tree, value = rows.struct_of(rows.KEYS), rows.struct_of([("V", "STRING")])
        table = [({"K1": 1, "K2": "a"}, {"V": "x"}), ({"K1": -2**31, "K2": ""}, {"V": ""})]
        parts = [schemas.part(t, schemas.own(t, form), form) for t in (tree, value)]
        topic, back = self.kafka.create_topic(f"keys-{form.lower()}"), self.kafka.unique("keys")
        self.program.ask("write", topic, form, *parts,
                         rows=[{"key": k, "value": v} for k, v in table])
        nullable = ", KEY_PROTOBUF_NULLABLE_REPRESENTATION='OPTIONAL'" * (form == "PROTOBUF")
        self.run_sql(back, "CREATE STREAM inp (K1 INT KEY, K2 STRING KEY, V STRING) WITH "
                     f"(KAFKA_TOPIC='{topic}', FORMAT='{form}');\n"
                     f"CREATE STREAM back WITH (KAFKA_TOPIC='{back}', FORMAT='{form}', PARTITIONS=1"
                     f"{nullable}) AS SELECT * FROM inp;\n")
        if form not in self.reads:
            return
        parts = [schemas.part(t, self.subject(back, name), form)
                 for t, name in ((tree, "key"), (value, "value"))]
        got = self.program.ask("read", back, form, *parts, count=len(table), validate=False)
        self.assertEqual([(r["key"], r["value"]) for r in got["rows"]], table)


class ConfluentClients(RoundTrips):
    """What Confluent's serializers do beyond the common form."""

    def test_schema_ids_in_headers(self):
        """A GUID in a header, the payload bare (R01); the registry has GUIDs by a server between."""
        handler = type("Handler", (Guids,), {"target": self.registry.url})
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_address[1]}"
            try:
                self.each(self.writes, lambda form: self.client_to_weir(
                    form, self.own_parts(form), url, header=True, registry=url))
            finally:
                server.shutdown()

    def test_bytes_without_length(self):
        """The top-level Avro schema "bytes": the payload is the bytes alone (A01)."""
        tree = rows.parse_type("BYTES")
        values = [rows.base64_of(b) for b in (b"\x02a", b"", bytes(range(256)), b"\x00")]
        topic, back = self.kafka.create_topic("bytes"), self.kafka.unique("bytes")
        key = schemas.part(rows.KEY, '"string"', "AVRO")
        self.program.ask("write", topic, "AVRO", key, schemas.part(tree, '"bytes"', "AVRO"),
                         rows=[{"key": str(i), "value": v} for i, v in enumerate(values)])
        weir = self.run_sql(back, "CREATE STREAM inp (K STRING KEY, V BYTES) WITH (KAFKA_TOPIC="
                            f"'{topic}', FORMAT='AVRO', WRAP_SINGLE_VALUE=false);\n"
                            f"CREATE STREAM back WITH (KAFKA_TOPIC='{back}', KEY_FORMAT='KAFKA', "
                            "VALUE_FORMAT='JSON', PARTITIONS=1, WRAP_SINGLE_VALUE=true) AS "
                            "SELECT * FROM inp;\n")
        self.assertEqual([json.loads(r["value"])["V"] for r in weir.records(back)], values)
