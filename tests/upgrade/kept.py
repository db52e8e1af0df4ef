# SPDX-License-Identifier: Apache-2.0
"""What the tests of upgrades keep: the input in two halves, and the state that a version of Weir had after
the first one, as a data directory and as Kafka's topics.

The halves do not overlap in event time, so what comes out does not depend on a stop between them.
"""
import base64
import json
import lzma
import random
import tarfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PROGRAM = FOLDER / "program.sql"
SERVICE = "kept_"
SETTINGS = {"ksql.service.id": SERVICE}
INPUTS = ("users", "orders", "clicks", "views")
TABLES = ("totals", "by_word", "by_minute", "hops", "visits", "closed", "bought", "countries")
STREAMS = ("pairs", "located")
START = 2_900_000_000_000  # 2061: a broker begins to delete windows of the past half a minute after its start
HALF_MS = 600_000
WORDS = ("red", "green", "blue", "yellow")
COUNTRIES = ("DE", "FR", "IT")


def half(which):
    """The records of half 0 or 1, as `weir produce --json` takes them."""
    rng = random.Random(which + 1)
    begin = START + which * HALF_MS

    def record(topic, key, value, at):
        return {"topic": topic, "key": key, "value": value, "timestamp": begin + at}

    for n in range(12):
        gone = which and n % 5 == 0
        yield record("users", f"u{n}", None if gone else {"COUNTRY": rng.choice(COUNTRIES)}, n)
    for n in range(20):
        gone = which and n % 7 == 0
        value = None if gone else {"BUYER": f"u{rng.randrange(14)}", "PRICE": rng.randrange(900) / 4}
        yield record("orders", json.dumps(n), value, 20 + n)
    for n in range(300):
        at = 100 + n * (HALF_MS - 1000) // 300
        at -= rng.randrange(min(at, 25_000)) if rng.random() < 0.1 else 0
        yield record("clicks", f"u{rng.randrange(14)}",
                     {"V": rng.randrange(100), "AMOUNT": rng.randrange(10_000) / 100,
                      "WORD": rng.choice(WORDS)}, at)
        if rng.random() < 0.4:
            yield record("views", f"u{rng.randrange(14)}", {"PAGE": f"p{n}"}, at)


def contents(weir):
    """Topic -> what it says: a table's last value of each key, a stream's rows in any order."""
    found = {}
    for topic in TABLES:
        found[topic] = {(r["partition"], r["key"]): r["value"] for r in weir.records(topic)}
        found[topic] = {key: value for key, value in found[topic].items() if value is not None}
    for topic in STREAMS:
        found[topic] = sorted((r["partition"], r["key"], r["value"], r["timestamp"])
                              for r in weir.records(topic))
    return found


def versions():
    """Folders of what is kept, by the name of the version that made them."""
    return sorted(path.parent for path in FOLDER.glob("*/topics.json.xz"))


def pack(data, path):
    """A data directory that nobody has open, without logs, locks and a copy of options with paths."""
    def wanted(entry):
        name = Path(entry.name).name
        if name.startswith(("LOG", "OPTIONS")) or name in ("LOCK", "lock"):
            return None
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry
    with tarfile.open(path, "w:xz", preset=9) as archive:
        archive.add(data, "data", filter=wanted)


def unpack(path, folder):
    with tarfile.open(path) as archive:
        archive.extractall(folder)
    return folder / "data"


def write_topics(path, topics):
    path.write_bytes(lzma.compress(json.dumps(topics, indent=0, sort_keys=True).encode(), preset=9))


def read_topics(path):
    return json.loads(lzma.decompress(path.read_bytes()))


def text(data):
    return None if data is None else base64.b64encode(data).decode()


def binary(data):
    return None if data is None else base64.b64decode(data)
