# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of the test's own, and Kafka Connect with Debezium's connector for it.

    with debezium_fixture.Postgres() as database:
        database.sql("CREATE TABLE t (id INT PRIMARY KEY)")
        with debezium_fixture.Connect(kafka, {"name": connector settings, ...}) as connect:
            ...                             the topics fill
"""
import glob
import json
import os
import shutil
import socket
import subprocess
import unittest
import urllib.error
import urllib.request

import service

USER = "weir"
DATABASE = "postgres"


def postgres_program(name):
    """PostgreSQL's programs are in no PATH of Debian's; psql may be."""
    found = shutil.which(name) or max(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), default=None)
    if not found:
        raise unittest.SkipTest(f"PostgreSQL's {name} is not installed (scripts/deps --all)")
    return found


class Postgres(service.Service):
    """Logical decoding on, server and session zone UTC, one user who may do everything."""

    name = "postgres"

    def __init__(self, folder=None):
        self.server, initdb = postgres_program("postgres"), postgres_program("initdb")
        self.psql = postgres_program("psql")
        super().__init__(folder)
        self.port, = service.free_ports(1)
        # It refuses to run as root.
        self.as_user = []
        if os.geteuid() == 0:
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
                            "--pdeathsig=KILL"]
            shutil.chown(self.folder, "postgres", "postgres")
        subprocess.run([*self.as_user, initdb, "-D", self.folder / "data", "-U", USER, "-A",
                        "trust", "-N", "-E", "UTF8", "--locale=C"], check=True,
                       capture_output=True, cwd=self.folder)

    def command(self):
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "fsync": "off",
                    "unix_socket_directories": "", "wal_level": "logical", "timezone": "UTC",
                    "max_connections": 20, "shared_buffers": "16MB"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [*self.as_user, self.server, "-D", str(self.folder / "data"), *options]

    def ready(self):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)):
                return False
        return self.run("SELECT 1").returncode == 0

    def run(self, text):
        return subprocess.run([self.psql, "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h",
                               "127.0.0.1", "-p", str(self.port), "-U", USER, DATABASE],
                              input=text, capture_output=True, text=True, timeout=60, check=False)

    def sql(self, text):
        """Statements, each a transaction of its own; the lines that they print."""
        done = self.run(text)
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr}")
        return done.stdout.splitlines()

    def rows(self, query):
        """Rows of a query as objects."""
        return [json.loads(line) for line in self.sql(f"SELECT row_to_json(q) FROM ({query}) q;")]

    def connector(self, prefix, **settings):
        """Settings of a connector to it; topics are PREFIX.schema.table."""
        name = prefix.replace("-", "_").replace(".", "_")
        return {"connector.class": "io.debezium.connector.postgresql.PostgresConnector",
                "tasks.max": "1", "plugin.name": "pgoutput", "topic.prefix": prefix,
                "slot.name": name, "publication.name": name, "database.hostname": "127.0.0.1",
                "database.port": self.port, "database.user": USER, "database.dbname": DATABASE,
                **{key.replace("__", "."): value for key, value in settings.items()}}


class Connect(service.Service):
    """Kafka Connect, one process for all connectors: {name: settings}."""

    name = "connect"
    start_seconds = 120

    def __init__(self, kafka, connectors, folder=None):
        self.jars = service.fetched("fetch-debezium")
        super().__init__(folder)
        self.port, = service.free_ports(1)
        self.connectors = connectors
        json_converter = "org.apache.kafka.connect.json.JsonConverter"
        self.write("worker", {
            "bootstrap.servers": kafka.bootstrap, "listeners": f"http://127.0.0.1:{self.port}",
            "key.converter": json_converter, "value.converter": json_converter,
            "offset.storage.file.filename": self.folder / "offsets",
            "plugin.discovery": "service_load"})
        for name, settings in connectors.items():
            self.write(name, {"name": name, **settings})

    def write(self, name, settings):
        lines = "".join(f"{key}={value}\n" for key, value in settings.items())
        (self.folder / f"{name}.properties").write_text(lines)

    def command(self):
        return ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                f"{self.jars}/*", "org.apache.kafka.connect.cli.ConnectStandalone",
                "worker.properties", *(f"{name}.properties" for name in self.connectors)]

    def get(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return json.loads(answer.read())

    def ready(self):
        try:
            states = [self.get(f"/connectors/{name}/status") for name in self.connectors]
        except (urllib.error.URLError, ConnectionError, ValueError, TimeoutError):
            return False
        tasks = [task for state in states for task in state["tasks"]]
        for task in tasks:
            if task["state"] == "FAILED":
                raise RuntimeError(f"a connector failed: {task.get('trace')}")
        return len(tasks) == len(self.connectors) and all(t["state"] == "RUNNING" for t in tasks)
