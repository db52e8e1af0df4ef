#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: kafka registry
# cost: 20
# labels: release
"""Round trips with Go: hamba/avro over franz-go."""
import unittest

import clients_fixture
import service


class Go(clients_fixture.RoundTrips, unittest.TestCase):
    client, formats, fixed = "go", ("AVRO",), False


if __name__ == "__main__":
    service.main()
