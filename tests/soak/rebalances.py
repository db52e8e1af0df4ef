#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rebalances: processes of one service come, go, and stand still for longer than their session.

Two processes run throughout; in each cycle rows come while a third joins or leaves, or one of them
stands still (SIGSTOP) until the others have its partitions, and then goes on with a transaction that
it must not commit.
"""
import signal
import time

import soak
import workload
from kafka_fixture import KafkaBroker


def stand_still(process, seconds):
    process.must_run()
    process.running.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    process.running.send_signal(signal.SIGCONT)


def main():
    args = soak.arguments(__doc__, cycles=200)
    with soak.folder(args) as folder, KafkaBroker() as broker, \
            workload.Workload(broker, folder, seed=args.seed) as work, \
            soak.Count(args, "rebalances") as count:
        processes = [work.process(name).start() for name in ("a", "b")]
        third = work.process("c")
        for cycle in count:
            work.feed(args.rng.randrange(50, 400))
            time.sleep(args.rng.random())
            if args.rng.random() < 0.4:
                one = args.rng.choice(processes + [third] * bool(third.running))
                count.note("standing still")
                stand_still(one, args.rng.uniform(1, 6))
            elif third.running:
                count.note("leaving")
                third.stop()
            else:
                count.note("joining")
                third.start()
            work.feed(args.rng.randrange(50, 400))
            work.poll()
            if cycle % 10 == 9:
                work.wait_complete(processes=processes + [third])
        work.wait_complete(processes=processes + [third])
        for process in processes + [third]:
            process.stop()
        work.check_with_java()
        print(f"{len(work.fed)} rows in")


if __name__ == "__main__":
    main()
