#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: kafka registry
# cost: 40
"""Round trips with Confluent's Python client."""
import unittest

import clients_fixture
import service


class Python(clients_fixture.RoundTrips, unittest.TestCase):
    client, formats = "python", ("AVRO", "PROTOBUF", "JSON_SR")


if __name__ == "__main__":
    service.main()
