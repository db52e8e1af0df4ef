#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests of transactions that are held, lost or cut off, exactly_once_v2.

In each cycle rows come while one request (Produce, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn,
TxnOffsetCommit) meets a fault of the network; held ones come late, some after the client has given
them up and begun again. No transaction may be torn.
"""
import time

import soak
import workload
from kafka_proxy import ACTIONS, TRANSACTION, ProxiedBroker


def main():
    args = soak.arguments(__doc__, cycles=100)
    with soak.folder(args) as folder, ProxiedBroker() as broker, \
            workload.Workload(broker, folder, seed=args.seed, bootstrap=broker.proxy.bootstrap) as work, \
            soak.Count(args, "faults") as count:
        process = work.process("a").start()
        for cycle in count:
            api, action = args.rng.choice(list(TRANSACTION)), args.rng.choice(ACTIONS)
            broker.proxy.arm(api, action, args.rng.choice([0.5, 4, 8]))
            deadline = time.monotonic() + 20
            while broker.proxy.armed and time.monotonic() < deadline:
                work.feed(args.rng.randrange(20, 200))
                work.poll()
                time.sleep(0.1)
            if not broker.proxy.disarm():
                count.note(f"{TRANSACTION[api]} {action}")
            process.must_run()
            if cycle % 5 == 4:
                work.wait_complete(processes=[process])
        work.wait_complete(processes=[process])
        process.stop()
        work.check_with_java()
        print(f"{len(work.fed)} rows in")


if __name__ == "__main__":
    main()
