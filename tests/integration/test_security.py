#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# labels: release
# cost: 40
"""TLS and SASL on a real broker: what works, what the message is where it does not, and that no
password is found anywhere afterwards."""
import os
import resource
import subprocess
import tempfile
import unittest
from pathlib import Path

import clients_fixture
import program
import security_fixture
import service
from kafka_fixture import Record
from security_fixture import KEY_PASSWORD, PASSWORD, USER

WIRE_READER = Path(os.environ["WEIR_BUILD_DIR"]) / "tests/wire_reader"
WIRE_WRITER = Path(os.environ["WEIR_BUILD_DIR"]) / "tests/wire_writer"
SQL = """
CREATE STREAM s (k STRING KEY, v INT) WITH (KAFKA_TOPIC = 'in', VALUE_FORMAT = 'JSON');
CREATE TABLE counts AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
"""


def newer_librdkafka():
    """That of confluent-kafka, which knows SCRAM as brokers want it."""
    found = list(clients_fixture.fetched("python").glob("venv/lib/*/site-packages/confluent_kafka.libs/"
                                                        "librdkafka*.so*"))
    if not found:
        raise unittest.SkipTest("confluent-kafka brings no librdkafka")
    return str(found[0])


class Security(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="weir-security-")))
        cls.broker = cls.enterClassContext(security_fixture.SecureBroker(cls.folder))
        cls.tls = {"security.protocol": "ssl", "ssl.ca.location": cls.broker.path("ca.pem")}
        cls.mutual = {**cls.tls, "ssl.certificate.location": cls.broker.path("client.pem")}
        cls.sasl = {"security.protocol": "sasl_ssl", "ssl.ca.location": cls.broker.path("ca.pem"),
                    "sasl.mechanism": "PLAIN", "sasl.username": USER, "sasl.password": PASSWORD}

    def weir(self, listener, settings):
        return program.Weir(self.folder / self.id().rsplit(".", 1)[1],
                            self.broker.address_of(listener), settings=settings)

    def topics(self, listener, settings, status=0, **more):
        weir = self.weir(listener, settings)
        return weir.call(*weir.options(), *weir.settings_options(), "-e", "SHOW TOPICS;",
                         status=status, **more)

    def refused(self, listener, settings, *said):
        done = self.topics(listener, settings, status=1)
        for words in said:
            self.assertIn(words, done.stderr)
        # One message, not one for each try of librdkafka's.
        self.assertLessEqual(done.stderr.count("\n"), 8, done.stderr)
        return done.stderr

    def test_what_works(self):
        self.topics("TLS", self.tls)
        self.topics("MTLS", {**self.mutual, "ssl.key.location": self.broker.path("client.key")})
        self.topics("MTLS", {**self.mutual, "ssl.key.location": self.broker.path("client-locked.key"),
                             "ssl.key.password": KEY_PASSWORD})
        self.topics("PLAIN", self.sasl)
        self.topics("EXPIRED", {"security.protocol": "ssl",
                                "enable.ssl.certificate.verification": "false"})

    def test_certificates(self):
        other = {**self.tls, "ssl.ca.location": self.broker.path("other.pem")}
        self.refused("TLS", other, "authority that has signed it", "ssl.ca.location")
        self.refused("EXPIRED", self.tls, "it has expired")
        self.refused("OTHERNAME", self.tls, "it is for another address")
        self.refused("MTLS", self.tls, "wants a certificate", "ssl.certificate.location")
        locked = {**self.mutual, "ssl.key.location": self.broker.path("client-locked.key")}
        said = self.refused("MTLS", {**locked, "ssl.key.password": "falsch-3d"}, "ssl.key.password")
        self.assertNotIn("falsch-3d", said)

    def test_protocols(self):
        self.refused("TLS", {}, "security.protocol must be the listener's")
        self.refused("PLAINTEXT", self.tls, "security.protocol must be the listener's")
        self.refused("PLAIN", self.tls, "security.protocol must be the listener's: sasl_ssl")
        self.refused("TLS", self.sasl, "wants no user")

    def test_users(self):
        said = self.refused("PLAIN", {**self.sasl, "sasl.password": "falsch-3d"},
                            "Invalid username or password", "Check sasl.mechanism")
        self.assertNotIn("falsch-3d", said)
        self.refused("SCRAM", self.sasl, "SCRAM-SHA-512", "one of those that the broker names")

    def test_scram(self):
        for bits in ("256", "512"):
            settings = {**self.sasl, "sasl.mechanism": f"SCRAM-SHA-{bits}"}
            newer = dict(os.environ, LD_PRELOAD=newer_librdkafka())
            self.topics("SCRAM", settings, env=newer)
            wrong = self.topics("SCRAM", {**settings, "sasl.password": "falsch-3d"}, status=1, env=newer)
            self.assertIn("Check sasl.mechanism, sasl.username and sasl.password", wrong.stderr)
            linked = self.topics("SCRAM", settings, status=None)
            if linked.returncode:
                self.assertIn("does not work between librdkafka", linked.stderr)

    def wire(self, program, topic, one, two, listener, settings):
        """Our own client, with nothing of librdkafka's but the settings."""
        words = [f"{name}={value}" for name, value in
                 {"bootstrap.servers": self.broker.address_of(listener), **settings}.items()]
        return subprocess.run([program, topic, str(one), str(two), *words], capture_output=True,
                              text=True, timeout=60)

    def wire_reader(self, listener, settings):
        return self.wire(WIRE_READER, "wire", 1, 3, listener, settings)

    def test_own_client_writes(self):
        """Requests of megabytes, over TLS in pieces; by a user; what is not permitted."""
        key = {**self.mutual, "ssl.key.location": self.broker.path("client.key")}
        scram = {**self.sasl, "sasl.mechanism": "SCRAM-SHA-256"}
        for number, (listener, settings) in enumerate([
                ("PLAINTEXT", {}), ("TLS", self.tls), ("TLS", {**self.tls, "compression.type": "lz4"}),
                ("MTLS", key), ("PLAIN", self.sasl), ("SCRAM", scram)]):
            topic = self.broker.create_topic(f"written-{number}", unique=False)
            done = self.wire(WIRE_WRITER, topic, 20000, 1000, listener,
                             {**settings, "enable.idempotence": "true"})
            self.assertEqual((done.stdout, done.stderr.count("fault")), ("20000\n", 0), done.stderr)
            read = self.wire(WIRE_READER, topic, 1, 20000, listener, settings)
            values = [line.split()[2].rstrip(".") for line in read.stdout.splitlines()]
            self.assertEqual(values, [str(i) for i in range(20000)])
        wrong = self.wire(WIRE_WRITER, "written-0", 1, 10, "PLAIN",
                          {**self.sasl, "sasl.password": "falsch-3d"})
        self.assertEqual((wrong.returncode, wrong.stdout), (1, "-1\n"))
        self.assertIn("SASL authentication error", wrong.stderr)

    def test_own_client(self):
        """TLS with and without certificates of clients, PLAIN, SCRAM; and why a broker is refused."""
        self.broker.create_topic("wire", unique=False)
        self.broker.produce("wire", [Record("k", value) for value in "abc"])
        key = {**self.mutual, "ssl.key.location": self.broker.path("client.key")}
        locked = {**self.mutual, "ssl.key.location": self.broker.path("client-locked.key"),
                  "ssl.key.password": KEY_PASSWORD}
        pem = {"security.protocol": "ssl", "ssl.ca.pem": Path(self.broker.path("ca.pem")).read_text(),
               "ssl.certificate.pem": Path(self.broker.path("client.pem")).read_text(),
               "ssl.key.pem": Path(self.broker.path("client.key")).read_text()}
        scram = [{**self.sasl, "sasl.mechanism": f"SCRAM-SHA-{bits}"} for bits in (256, 512)]
        unchecked = {"security.protocol": "ssl", "enable.ssl.certificate.verification": "false"}
        for listener, settings in [("PLAINTEXT", {}), ("TLS", self.tls), ("MTLS", key), ("MTLS", locked),
                                   ("MTLS", pem), ("PLAIN", self.sasl), ("SCRAM", scram[0]),
                                   ("SCRAM", scram[1]), ("EXPIRED", unchecked)]:
            done = self.wire_reader(listener, settings)
            self.assertEqual(done.stdout.splitlines(), ["0 0 a", "0 1 b", "0 2 c"],
                             f"{listener} {settings} {done.stderr}")
            self.assertEqual(done.returncode, 0)
        wrong = "falsch-3d"
        for listener, settings, said in [
                ("TLS", {**self.tls, "ssl.ca.location": self.broker.path("other.pem")},
                 "certificate verify failed"),
                ("EXPIRED", self.tls, "certificate has expired"),
                ("OTHERNAME", self.tls, "IP address mismatch"),
                ("MTLS", self.tls, "bad certificate"),
                ("PLAIN", {**self.sasl, "sasl.password": wrong}, "SASL authentication error"),
                ("SCRAM", {**scram[0], "sasl.password": wrong}, "SASL authentication error"),
                ("SCRAM", self.sasl, "the broker knows SCRAM-SHA-"),
                ("TLS", self.sasl, "SASL"),
                ("PLAINTEXT", self.tls, "SSL handshake failed"),
                ("TLS", {}, "requesting ApiVersion"),
                ("MTLS", {**locked, "ssl.key.password": wrong}, "ssl.key.location"),
                ("TLS", {**self.tls, "ssl.ca.location": "/no/such"}, "ssl.ca.location")]:
            done = self.wire_reader(listener, settings)
            self.assertNotEqual(done.returncode, 0, f"{listener} {settings}")
            self.assertIn(said, done.stderr, f"{listener} {settings}")
            self.assertNotIn(wrong, done.stderr)

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
            process.wait()

    def service(self, settings, env=None):
        """A service that has read and written something, and its SQL file."""
        weir = self.weir("PLAIN", settings)
        file = self.folder / f"{weir.data.name}.sql"
        file.write_text(SQL)
        if "in" not in self.broker.metadata():
            self.broker.create_topic("in", unique=False)
        self.broker.produce("in", [Record("k", '{"V": 1}')])

        def core_dumps():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

        running = weir.start_run(file, preexec_fn=core_dumps, cwd=self.folder,
                                 env=dict(os.environ, **(env or {})))
        self.addCleanup(self.end, running)
        service.wait_until(lambda: "COUNTS" in self.broker.metadata(), 60, "the sink is there")
        self.broker.consume_until("COUNTS", 1)
        return weir, running

    def test_password_is_nowhere(self):
        """Exactly once over TLS with a password: not in the log, the data, the list of processes."""
        weir, running = self.service({**self.sasl, "processing.guarantee": "exactly_once_v2",
                                      "auto.offset.reset": "earliest", "debug": "security,broker"})
        try:
            self.assertIn(b"sasl.password=xxx", Path(f"/proc/{running.pid}/cmdline").read_bytes())
            self.assertNotIn(PASSWORD.encode(), Path(f"/proc/{running.pid}/cmdline").read_bytes())
        finally:
            program.stop(running)
        asked = weir.call(*weir.options(), *weir.settings_options(), "-e",
                          "SHOW PROPERTIES; SHOW QUERIES EXTENDED; DESCRIBE COUNTS EXTENDED; "
                          "EXPLAIN SELECT k FROM COUNTS EMIT CHANGES;", status=None)
        said = asked.stdout + asked.stderr
        self.assertIn("[hidden]", said)
        refused = weir.call(*weir.options(), *weir.settings_options(), "-e",
                            f"SET 'sasl.password' = '{PASSWORD}';", status=1)
        self.assertIn("Cannot override property 'sasl.password'", refused.stderr)
        self.assertNotIn(PASSWORD, said + weir.log.read_text(errors="replace"))
        for path in weir.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(PASSWORD.encode(), path.read_bytes(), path)

    def test_no_core_dump(self):
        for keep in ("", "1"):
            _, running = self.service({**self.sasl, "auto.offset.reset": "earliest"},
                                      {"WEIR_CORE_DUMPS": keep})
            subprocess.run(["kill", "-ABRT", str(running.pid)], check=True)
            _, status = os.waitpid(running.pid, 0)
            running.returncode = -6
            for core in self.folder.glob("core*"):
                core.unlink()
            if keep and not os.WCOREDUMP(status):
                self.skipTest("this machine makes no core dumps")
            self.assertEqual(os.WCOREDUMP(status), bool(keep))


if __name__ == "__main__":
    service.main()
