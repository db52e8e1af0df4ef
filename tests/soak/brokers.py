#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Faults of brokers: three that replicate, two processes of one service, exactly_once_v2.

In each cycle rows come while a broker is killed, stopped in order, or stands still for some seconds, or
all are restarted one after the other. Rows are fed by an idempotent producer, so that the input
has each row once whatever happens to the brokers.
"""
import time

import soak
import service
import workload
from kafka_fixture import KafkaCluster

FAULTS = ("killed", "stopped", "paused", "rolling restart")


def strike(args, cluster, fault, work):
    broker = args.rng.choice(cluster.brokers)
    if fault == "rolling restart":
        for one in cluster.brokers:
            one.stop()
            work.feed_on(50)
            one.start()
            service.wait_until(cluster.complete, 120, "the cluster is whole")
    elif fault == "paused":
        broker.pause()
        work.feed_on(50)
        time.sleep(args.rng.uniform(0.5, 8))
        broker.resume()
    else:
        broker.kill() if fault == "killed" else broker.stop()
        work.feed_on(50)
        time.sleep(args.rng.uniform(0, 6))
        broker.start()


def main():
    args = soak.arguments(__doc__, cycles=100)
    with soak.folder(args) as folder, KafkaCluster() as cluster, \
            workload.Workload(cluster, folder, seed=args.seed) as work, \
            soak.Count(args, "faults") as count:
        processes = [work.process(name).start() for name in ("a", "b")]
        work.feed_on(100)
        work.wait_complete(180, processes)
        for _ in count:
            work.feed_on(args.rng.randrange(50, 300))
            time.sleep(args.rng.random())
            fault = args.rng.choices(FAULTS, (4, 3, 3, 1))[0]
            strike(args, cluster, fault, work)
            count.note(fault)
            service.wait_until(cluster.complete, 120, "the cluster is whole")
            work.wait_complete(90, processes)
        for process in processes:
            process.stop()
        work.check_with_java()
        print(f"{len(work.fed)} rows in; kcat stood still {work.readers_stuck} times")


if __name__ == "__main__":
    main()
