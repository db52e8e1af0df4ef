#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# cost: 60
"""Weir beside the model for a minute, with a new seed each time; README.md has the long runs."""
import os
import random
import unittest

import differ
import program
import service
from expressions import Failed, Maker
from values import random_value

# Under sanitizers everything takes ten times as long: fewer cases, the same seconds.
SECONDS = float(os.environ.get("WEIR_MODEL_SECONDS", "60"))
KNOWN_SEEDS = range(400)  # the same ones in each run, beside the new ones


class Model(unittest.TestCase):
    def test_seeds_that_never_change(self):
        weir = program.program()
        for kind in differ.CASES:
            self.assertEqual(differ.run(weir, kind, KNOWN_SEEDS), 0, kind)

    def test_new_seeds(self):
        seed = random.randrange(1 << 40)
        done, wrong = differ.run_for(program.program(), SECONDS, seed, differ.KINDS)
        self.assertEqual(wrong, 0, f"{done} cases from seed {seed}: see above")

    def test_model_can_fail(self):
        """A model that takes nothing apart would agree with everything."""
        rng = random.Random(1)
        maker = Maker(rng, differ.COLUMNS)
        seen = set()
        for _ in range(500):
            node = maker.make(rng.choice(differ.TYPES), 3)
            row = {name: random_value(rng, its) for name, its in differ.COLUMNS.items()}
            try:
                seen.add(type(node.value(row)))
            except Failed:
                seen.add(Failed)
        self.assertTrue({Failed, type(None), int, str, bool, float} <= seen, seen)


if __name__ == "__main__":
    service.main()
