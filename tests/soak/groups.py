#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Groups that are deleted, moved or expire, exactly_once_v2; and topics that are made anew.

In each cycle rows come while the groups of all queries are deleted under a running process, or
deleted or moved to random offsets while it is stopped. --expiries times a broker forgets the groups of a
service that runs or is stopped: it takes a minute or two, so of --services at the same time.
--recreations times the source topic is deleted and made again under a running query, a few at the same
time: what then comes is read, or the query says that it cannot.
"""
import concurrent.futures
import contextlib
import time

import soak
import kafka_wire
import service
import workload
from kafka_fixture import KafkaBroker

SETTINGS = {"offsets.retention.minutes": 1, "offsets.retention.check.interval.ms": 5000}
PARALLEL = 4  # recreations of topics at a time


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


def start_or_kill(process):
    if process.running:
        process.kill()
    process.start()


EXPIRED = {  # what becomes of the process: before its groups expire, and after
    "expired while stopped": (workload.Process.stop, workload.Process.start),
    "expired while running": (workload.Process.must_run, workload.Process.must_run),
    "expired while running, then killed": (workload.Process.must_run, start_or_kill),
}


def expire(args, broker, folder, count):
    """--services at a time, as often as it takes."""
    with contextlib.ExitStack() as stack:
        works = []
        for number in range(min(args.services, args.expiries)):
            (folder / f"expiring-{number}").mkdir()
            works.append(stack.enter_context(workload.Workload(
                broker, folder / f"expiring-{number}", seed=args.rng.random())))
            works[-1].process("data").start()
        done = 0
        while done < args.expiries:
            done += expire_together(args, works[:args.expiries - done], count)
        for work in works:
            work.processes[0].stop()
            work.check()
        works[0].check_with_java()  # half a minute for each output: one is enough


def forgettable(work):
    """Its groups but for one that has a member: a query with a repartition topic is alone in its
    worker, which joins the query's group."""
    running = work.processes[0].running
    return [g for g in work.groups() if not (running and g.endswith("_GROUPS_0"))]


def expire_together(args, works, count):
    """Rows come before and after each process goes on. @return how many services' groups have
    expired."""
    for work in works:
        work.feed(100)
    for work in works:
        work.wait_complete(processes=work.processes)
    hows = [args.rng.choice(list(EXPIRED)) for _ in works]
    for work, how in zip(works, hows):
        EXPIRED[how][0](work.processes[0])
    for work in works:
        service.wait_until(lambda work=work: not forgettable(work), 180,
                           "the broker has forgotten the groups")
    for work, how in zip(works, hows):
        work.feed(50)
        EXPIRED[how][1](work.processes[0])
        work.feed(50)
        count.note(how)
    for work in works:
        work.wait_complete(processes=work.processes)
    return len(works)


def recreate(args, broker, folder, count):
    """Everything that was there has been read; what comes after is read as well, or refused."""
    folder.mkdir()
    with workload.Workload(broker, folder, seed=args.rng.random()) as work:
        process = work.process("data").start()
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


def harm_often(args, broker, folder, count):
    with workload.Workload(broker, folder, seed=args.seed) as work:
        process = work.process("a").start()
        for cycle in count:
            work.feed(args.rng.randrange(20, 200))
            time.sleep(args.rng.random())
            harm(args, work, process, count)
            if cycle % 5 == 4:
                work.wait_complete(processes=[process])
        work.wait_complete(processes=[process])
        process.stop()
        work.check_with_java()


def main():
    args = soak.arguments(__doc__, cycles=150, expiries=50, services=17, recreations=50)
    with soak.folder(args) as folder, KafkaBroker(settings=SETTINGS) as broker, \
            soak.Count(args, "faults") as count:
        harm_often(args, broker, folder, count)
        if args.expiries:
            expire(args, broker, folder, count)
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(lambda n: recreate(args, broker, folder / f"recreated-{n}", count),
                          range(args.recreations)))


if __name__ == "__main__":
    main()
