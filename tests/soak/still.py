#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A broker that stands still, for less and for longer than a transaction may take, exactly_once_v2.

In each cycle rows come to --services services on one broker, each of one or two processes, and at a
random moment of their transactions the broker stands still (SIGSTOP) for 1 to 25 s; the transactions'
time-out is 10 s, so that some go on, some are lost, and some were decided just when it stopped. In one
cycle of three a process of each is killed meanwhile, or right after. The broker's log stays in --folder.
"""
import contextlib
import time

import soak
import workload
from kafka_fixture import KafkaBroker
from service import wait_until

# A lone broker that has stood still for longer than its session is without leaders for a while, and
# loses ends of transactions (findings/kafka-leaderless-transaction-end.sh).
BROKER = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": 2000,
          "broker.session.timeout.ms": 9000}
RUNS = ", Kafka at "  # of the line that a process writes when its statements are executed


class Service:
    """A workload and its processes."""

    def __init__(self, args, broker, folder, number):
        self.rng = args.rng
        self.work = workload.Workload(broker, folder / f"service-{number}", seed=args.rng.random())
        self.processes = [self.work.process(name) for name in ("a", "b")[:1 + number % 2]]

    def kill_one(self):
        self.rng.choice(self.processes).kill()

    def start(self):
        """Those that do not run, until they do. One that starts while no broker answers gives up."""
        for process in self.processes:
            if not process.running:
                starts = process.text().count(RUNS) if process.weir.log.exists() else 0
                process.start()
                wait_until(lambda p=process, n=starts: p.text().count(RUNS) > n, 120,
                           f"{process.weir.log} says that it runs")

    def complete(self):
        self.work.wait_complete(180, self.processes)


def stand_still(args, broker, services, count):
    for service in services:
        service.work.feed_on(args.rng.randrange(50, 600))
    time.sleep(args.rng.choice((0.1, 0.5, 2)) * args.rng.random())
    killed = args.rng.choice(("nothing killed", "nothing killed", "killed meanwhile", "killed after"))
    seconds = args.rng.uniform(1, 25)
    count.note(("longer than 10 s, " if seconds > 10 else "shorter, ") + killed)
    broker.pause()
    try:
        time.sleep(seconds / 2)
        if killed == "killed meanwhile":
            for service in services:
                service.kill_one()
        time.sleep(seconds / 2)
    finally:
        broker.resume()
    time.sleep(args.rng.choice((0, 0.3, 3)) * args.rng.random())
    for service in services:
        if killed == "killed after":
            service.kill_one()
        service.start()


def main():
    args = soak.arguments(__doc__, cycles=100, services=3)
    with soak.folder(args) as folder, KafkaBroker(folder / "broker", settings=BROKER) as broker, \
            contextlib.ExitStack() as stack, soak.Count(args, "pauses") as count:
        services = []
        for number in range(args.services):
            (folder / f"service-{number}").mkdir()
            services.append(Service(args, broker, folder, number))
            stack.enter_context(services[-1].work)
        for service in services:
            service.start()
            service.work.feed_on(100)
            service.complete()
        for _ in count:
            stand_still(args, broker, services, count)
            for service in services:
                service.complete()
        for service in services:
            for process in service.processes:
                process.stop()
            service.work.check_with_java()
        print(f"{sum(len(service.work.fed) for service in services)} rows in")


if __name__ == "__main__":
    main()
