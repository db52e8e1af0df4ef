#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Groups that are deleted, moved or expire, exactly_once_v2; and topics that are made anew.

In each cycle rows come while the groups of all queries are deleted under a running process, or
deleted or moved to random offsets while it is stopped; --expiries times they are waited for until the
broker forgets them (a minute each). --recreations times the source topic is deleted and made again under
a running query: what then comes is read, or the query says that it cannot.
"""
import contextlib
import time

import soak
import kafka_wire
import service
import workload
from kafka_fixture import KafkaBroker

SETTINGS = {"offsets.retention.minutes": 1, "offsets.retention.check.interval.ms": 5000}


def move(args, work):
    """A group that still counts a member (of a process that has just stopped) refuses for a while."""
    for group in work.groups():
        offsets = [args.rng.randrange(500) for _ in range(workload.PARTITIONS)]

        def moved(group=group, offsets=offsets):
            with contextlib.suppress(kafka_wire.KafkaError):
                kafka_wire.commit(work.kafka.bootstrap, group, f"{work.name}-in", offsets)
                return True

        service.wait_until(moved, 60, f"{group} is moved")


def delete(work):
    for group in work.groups():
        with contextlib.suppress(kafka_wire.KafkaError):  # in use, or gone
            kafka_wire.delete_group(work.kafka.bootstrap, group)


def harm(args, work, process, count):
    fault = args.rng.choice(("deleted while running", "deleted", "moved"))
    count.note(fault)
    if fault != "deleted while running":
        process.stop()
        time.sleep(0.2)
    delete(work) if fault != "moved" else move(args, work)
    if not process.running:
        process.start()


def expire(work, process, count):
    process.stop()
    service.wait_until(lambda: not work.groups(), 120, "the broker has forgotten the groups")
    count.note("expired")
    process.start()


def recreate(args, broker, folder, count):
    """Everything that was there has been read; what comes after is read as well, or refused."""
    with workload.Workload(broker, folder, seed=args.rng.random()) as work:
        process = work.process(f"{work.name}-data").start()
        work.feed(200)
        work.wait_complete(processes=[process])
        broker.delete_topic(f"{work.name}-in")
        service.wait_until(lambda: f"{work.name}-in" not in broker.metadata(), 30, "the topic is gone")
        time.sleep(args.rng.random())
        broker.create_topic(f"{work.name}-in", workload.PARTITIONS, unique=False)
        work.feed(200)

        def decided():
            return work.complete() or process.failed() or process.running.poll() is not None

        service.wait_until(decided, 90, f"rows of the new topic are read or refused: {process.weir.log}")
        count.note("topic made anew: " + ("read" if work.complete() else "refused"))
        if process.running.poll() is None:
            process.stop()


def main():
    args = soak.arguments(__doc__, cycles=150, expiries=3, recreations=10)
    with soak.folder(args) as folder, KafkaBroker(settings=SETTINGS) as broker, \
            workload.Workload(broker, folder, seed=args.seed) as work, \
            soak.Count(args, "faults") as count:
        process = work.process("a").start()
        for cycle in count:
            work.feed(args.rng.randrange(20, 200))
            time.sleep(args.rng.random())
            harm(args, work, process, count)
            if cycle % 5 == 4:
                work.wait_complete(processes=[process])
        for _ in range(args.expiries):
            work.feed(100)
            work.wait_complete(processes=[process])
            expire(work, process, count)
        work.feed(100)
        work.wait_complete(processes=[process])
        process.stop()
        work.check_with_java()
        for _ in range(args.recreations):
            recreate(args, broker, folder, count)


if __name__ == "__main__":
    main()
