#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: kafka registry
# cost: 30
# labels: release
"""Round trips with Java: Apache Avro and Apicurio's serdes."""
import unittest

import clients_fixture
import service


class Java(clients_fixture.RoundTrips, unittest.TestCase):
    client, formats = "java", ("AVRO",)


if __name__ == "__main__":
    service.main()
