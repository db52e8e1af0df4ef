# SPDX-License-Identifier: Apache-2.0
"""Any number of clicks like those of queries/clicks, whose queries have every kind of state."""
from program import recompute

NOON = 1714564800000


def clicks(rng, count):
    """Clicks like those of queries/clicks, many more; some broken."""
    for n in range(count):
        at = NOON + 100 * n - (rng.randrange(100000) if rng.random() < 0.2 else 0)
        value = {"uuid": f"{n:06d}", "campaignId": rng.randint(1, 10), "pubId": rng.randint(1, 5),
                 "timestamp": at, "ip": f"192.0.2.{rng.randint(1, 9)}", "city": None,
                 "country": rng.choice(["Germany", "France", None]),
                 "browser": rng.choice(["Firefox", "Chrome"]),
                 "platform": rng.choice(["Linux", "Android"]), "platformVersion": "1"}
        if rng.random() < 0.01:
            value = "broken"
        yield {"topic": "clicks", "key": f"k{n}", "value": value, "timestamp": at}


class Records(recompute.Input):
    """Input that is not from a file."""

    def __init__(self, records):  # pylint: disable=super-init-not-called
        self.records = records
