#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: kafka registry
# cost: 40
# labels: release
"""Round trips with Confluent's Python client."""
import unittest

import clients_fixture
import service


class Python(clients_fixture.ConfluentClients, unittest.TestCase):
    client, formats = "python", ("AVRO", "PROTOBUF", "JSON_SR")


class OnApicurio3(clients_fixture.RoundTrips, unittest.TestCase):
    """The same with a registry that answers otherwise in places (facts: R04, R05)."""

    client, formats, version = "python", ("AVRO", "PROTOBUF", "JSON_SR"), "3.0.9"


if __name__ == "__main__":
    service.main()
