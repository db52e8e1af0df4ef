#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# labels: release
# fixtures: registry
"""The schema registry answers as Confluent's does."""
import unittest
import urllib.error
import uuid

import registry_fixture
import service


class SharedRegistry(unittest.TestCase):
    def test_subjects(self):
        with registry_fixture.shared() as registry:
            subject = f"clicks-{uuid.uuid4().hex[:8]}-value"
            self.assertNotIn(subject, registry.get("/subjects"))
            schema = '{"type": "record", "name": "Click", "fields": [{"name": "a", "type": "int"}]}'
            answer = registry.post(f"/subjects/{subject}/versions", {"schema": schema})
            self.assertIn(subject, registry.get("/subjects"))
            self.assertIn('"Click"', registry.get(f"/schemas/ids/{answer['id']}")["schema"])
            with self.assertRaises(urllib.error.HTTPError) as caught:
                registry.get("/subjects/no-such-subject/versions")
            self.assertEqual(caught.exception.code, 404)
            caught.exception.close()


if __name__ == "__main__":
    service.main()
