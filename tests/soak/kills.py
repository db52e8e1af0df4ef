#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments of two processes of one service, exactly_once_v2.

In each cycle rows come, and one of the processes (now and then both) is killed and started again. All
results are compared with the oracle every 25 cycles, when things have come to rest, and at the end.
"""
import time

import soak
import workload
from kafka_fixture import KafkaBroker


def main():
    args = soak.arguments(__doc__, cycles=500)
    with soak.folder(args) as folder, KafkaBroker() as broker, \
            workload.Workload(broker, folder, seed=args.seed) as work, \
            soak.Count(args, "kills") as count:
        processes = [work.process(name).start() for name in ("a", "b")]
        for cycle in count:
            work.feed(args.rng.randrange(50, 400))
            time.sleep(args.rng.choice([0.05, 0.5, 1.5, 3]) * args.rng.random())
            both = args.rng.random() < 0.1
            hit = processes if both else [args.rng.choice(processes)]
            count.note("both at once" if both else "one alone")
            for process in hit:
                process.kill()
            for process in hit:
                process.start()
            work.poll()
            if cycle % 25 == 24:
                work.wait_complete(processes=processes)
        work.wait_complete(processes=processes)
        for process in processes:
            process.stop()
        work.check()
        work.check_with_java()
        print(f"{len(work.fed)} rows in")


if __name__ == "__main__":
    main()
