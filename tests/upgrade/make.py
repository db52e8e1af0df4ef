#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the state that today's Weir has after the first half of the input, for tests of later ones:

    WEIR=build/release/weir PYTHONPATH=tests/integration python3 tests/upgrade/make.py NAME

writes NAME/data.tar.xz, a data directory of the embedded log, NAME/catalog.tar.xz, one with the statements
of a prompt, and NAME/topics.json.xz, Kafka's topics.
NAME says when, as 2026-11. What is there already is never written again.
"""
import shutil
import sys

import kafka_fixture
import kafka_wire
import kept
import program


def first_half(weir, file):
    weir.run(file)  # creates the topics
    weir.feed(kept.half(0))
    weir.run(file)


def embedded(folder, file, target):
    weir = program.Weir(folder / "data", settings=kept.SETTINGS)
    first_half(weir, file)
    kept.pack(weir.data, target / "data.tar.xz")


def catalog(folder, target):
    weir = program.Weir(folder / "catalog", settings=kept.SETTINGS)
    weir.sql(kept.PROGRAM.read_text())
    kept.pack(weir.data, target / "catalog.tar.xz")


def topics(folder, file, target):
    with kafka_fixture.KafkaBroker(folder / "broker") as kafka:
        weir = program.Weir(folder / "kafka", kafka.bootstrap, settings=kept.SETTINGS)
        first_half(weir, file)
        found = {"topics": {}, "groups": {}}
        sizes = {name: count for name, count in kafka.metadata().items() if not name.startswith("__")}
        for name, partitions in sizes.items():
            records = [[r["partition"], r["timestamp"], kept.text(r["key"]), kept.text(r["value"]),
                        r.get("headers") or []] for r in weir.records(name)]
            compact = kafka.topic_settings(name)["cleanup.policy"]
            found["topics"][name] = {"partitions": partitions, "cleanup.policy": compact,
                                     "records": records}
        for group in kafka_wire.groups(kafka.bootstrap):
            offsets = {name: kafka_wire.committed(kafka.bootstrap, group, name, partitions)
                       for name, partitions in sizes.items()}
            found["groups"][group] = {name: at for name, at in offsets.items() if max(at) >= 0}
        kept.write_topics(target / "topics.json.xz", found)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = kept.FOLDER / sys.argv[1]
    target.mkdir()
    with program.folder() as folder:
        # Data directories name the program's file: not one that is there when they are used.
        file = shutil.copy(kept.PROGRAM, folder)
        embedded(folder, file, target)
        catalog(folder, target)
        topics(folder, file, target)


if __name__ == "__main__":
    main()
