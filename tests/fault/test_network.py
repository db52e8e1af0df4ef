#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# own-client: all
# cost: 30
"""Requests of transactions that are lost, cut off or late, exactly_once_v2: results are the oracle's.

A few of what tests/soak/network.py does a hundred times.
"""
import sys
import time
import unittest

import kafka_proxy
import program
import service

sys.path.insert(0, str(service.SOURCE_DIR / "tests" / "soak"))
import workload  # noqa: E402

FAULTS = ((kafka_proxy.PRODUCE, "cut after", 0), (kafka_proxy.ADD_PARTITIONS, "cut", 0),
          (kafka_proxy.TXN_OFFSET_COMMIT, "lose", 0), (kafka_proxy.END_TXN, "cut after", 0),
          (kafka_proxy.END_TXN, "hold", 4))


class Network(unittest.TestCase):
    def test_requests(self):
        with program.folder() as folder, kafka_proxy.ProxiedBroker() as broker, \
                workload.Workload(broker, folder, bootstrap=broker.proxy.bootstrap) as work:
            process = work.process("a").start()
            try:
                work.feed(100)
                work.wait_complete(processes=[process])
                for api, action, seconds in FAULTS:
                    broker.proxy.arm(api, action, seconds)
                    deadline = time.monotonic() + 60
                    while broker.proxy.armed:
                        self.assertLess(time.monotonic(), deadline, kafka_proxy.TRANSACTION[api])
                        work.feed(20)
                        time.sleep(0.1)
                    work.wait_complete(processes=[process])
                self.assertEqual(len(broker.proxy.struck), len(FAULTS))
            finally:
                process.stop()


if __name__ == "__main__":
    service.main()
