#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A steady load for --minutes, exactly_once_v2: memory and descriptors must not grow, nothing be lost.

--rate rows a second come in; once a second the process's resident memory, descriptors and threads are
looked at, and written to samples.csv in the folder. The last third of the samples may not be above the
second third by more than a tenth: by then caches are full. Then the results are checked.
"""
import csv
import subprocess
import time
from pathlib import Path

import soak
import workload
from kafka_fixture import KafkaBroker


def look(pid):
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {"rss_kb": int(status["VmRSS"].split()[0]), "threads": int(status["Threads"]),
            "descriptors": len(list(Path(f"/proc/{pid}/fd").iterdir()))}


def steady(samples, what):
    values = [sample[what] for sample in samples]
    third = len(values) // 3
    before, after = sorted(values[third:2 * third])[third // 2], sorted(values[-third:])[third // 2]
    print(f"{what}: from {values[0]}, middle {before}, last {after}, most {max(values)}", flush=True)
    if after > 1.1 * before:
        raise workload.Wrong(f"{what} grows: {before} to {after}")


def main():
    args = soak.arguments(__doc__, cycles=1 << 30, rate=20000)
    args.minutes = args.minutes or 60
    samples = []
    with soak.folder(args) as folder, KafkaBroker(heap="800m") as broker, \
            workload.Workload(broker, folder, seed=args.seed,
                              settings={"commit.interval.ms": "1000"}) as work, \
            soak.Count(args, "seconds") as count:
        process = work.process("a").start()
        feeder = subprocess.Popen(
            ["kcat", "-b", broker.bootstrap, "-P", "-t", f"{work.name}-in", "-K", "\t", "-X",
             "partitioner=murmur2_random", "-X", "enable.idempotence=true"], stdin=subprocess.PIPE)
        began = time.monotonic()
        for _ in count:
            due = int((time.monotonic() - began) * args.rate) - len(work.fed)
            feeder.stdin.write("".join(f"{k}\t{v}\n" for k, v in work.rows(min(due, args.rate))).encode())
            work.poll()
            process.must_run()
            samples.append(look(process.running.pid))
            time.sleep(max(0, 1 - (time.monotonic() - began) % 1))
        feeder.stdin.close()
        feeder.wait()
        print(f"{len(work.fed)} rows in {time.monotonic() - began:.0f} s", flush=True)
        with open(folder / "samples.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, samples[0])
            writer.writeheader()
            writer.writerows(samples)
        work.wait_complete(300, [process])
        process.stop()
        for what in samples[0]:
            steady(samples, what)


if __name__ == "__main__":
    main()
