#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 25
"""Damaged files of the data directory: refused by name, rebuilt from changelogs, or harmless; never a
wrong result. A few of what tests/soak/damage.py does hundreds of times."""
import random
import sys
import unittest

import program
import service
from kafka_fixture import KafkaBroker

sys.path.insert(0, str(service.SOURCE_DIR / "tests" / "soak"))
import damage  # noqa: E402
import disk  # noqa: E402

SEED = random.SystemRandom().randrange(1 << 31)
IMAGES = 20


class Damage(unittest.TestCase):
    def test_embedded_log(self):
        with program.folder() as folder, self.subTest(seed=SEED):
            embedded = damage.Embedded(folder, SEED)
            outcomes = [word for _, word in damage.images(embedded, random.Random(SEED), IMAGES)]
            self.assertIn(damage.REFUSED, outcomes)

    def test_what_rocksdb_opens(self):
        """Losses that RocksDB does not notice, or makes worse."""
        with program.folder() as folder:
            prepared, _ = disk.prepare(folder, SEED, 50)
            for number, (pattern, how, words) in enumerate((
                    ("CURRENT", damage.remove, "CURRENT is missing"),
                    ("*.log", damage.remove, "changes are missing"),
                    ("MANIFEST-*", lambda _, path: path.write_bytes(path.read_bytes()[:-400]),
                     "is not as it was"))):
                with self.subTest(pattern):
                    weir = disk.copy_of(prepared, folder / str(number))
                    how(None, next((weir.data / "db").glob(pattern)))
                    before = sorted(path.name for path in (weir.data / "db").glob("*.sst"))
                    done = weir.run(disk.QUERIES, status=1)
                    self.assertIn(words, done.stderr)
                    self.assertIn("backup", done.stderr)
                    self.assertLessEqual(set(before), {path.name for path in
                                                       (weir.data / "db").glob("*.sst")})

    def test_kafka(self):
        with program.folder() as folder, KafkaBroker() as broker, self.subTest(seed=SEED):
            on_kafka = damage.OnKafka(folder, broker, SEED)
            (on_kafka.weir.data / "state" / "CURRENT").unlink()
            status, said = on_kafka.next()
            self.assertEqual(status, 0, said)
            self.assertIn("rebuilt from the changelogs", said)
            on_kafka.work.check(on_kafka.weir, on_kafka.work.results())


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    service.main()
