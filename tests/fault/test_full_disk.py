#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# labels: release
# cost: 20
"""The disk is full at some write of a run, and then has room: the queries wait and go on to the results
of the oracle. A few of what tests/soak/full_disk.py does two hundred times."""
import random
import sys
import unittest

import program
import service

sys.path.insert(0, str(service.SOURCE_DIR / "tests" / "soak"))
import full_disk  # noqa: E402

PLACES = 10


class FullDisk(unittest.TestCase):
    def test_places(self):
        seed = random.SystemRandom().randrange(1 << 31)
        with program.folder() as folder, self.subTest(seed=seed):
            disk_full = full_disk.FullDisk(folder, seed)
            cases = full_disk.places_of(disk_full, random.Random(seed), PLACES)
            outcomes = list(full_disk.run_all(disk_full, cases, parallel=PLACES))
            self.assertIn("waited", outcomes)


if __name__ == "__main__":
    service.main()
