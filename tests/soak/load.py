#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A steady load for --minutes, exactly_once_v2: memory and descriptors must not grow, nothing be lost.

--rate rows a second come in; once a second the process's resident memory, descriptors and threads are
looked at, and written to samples.csv in the folder. Windows are stored for five minutes, so that state
stops growing in the first sixth of an hour; caches are full by then too. From there on the last twelfth
of all samples may not be above the first one by more than 2 %. Then the outputs are read as a whole, the
windows also by Kafka's own consumer.
"""
import csv
import json
import subprocess
import time
from collections import Counter
from pathlib import Path

import soak
import service
import workload
from kafka_fixture import KafkaBroker

KEPT = "RETENTION 5 MINUTES, GRACE PERIOD 1 MINUTE"
BEGAN = int(1000 * time.time())  # the brokers' retention goes by their clock, so the rows' times do too


def row(n):
    """Row n: key, time, value, group. By its number alone, as there are millions."""
    return n * 7 % workload.KEYS, BEGAN + n // 20, n * 13 % 1000, n % workload.GROUPS


def line(n):
    k, at, v, g = row(n)
    return f'k{k}\t{{"N":{n},"TS":{at},"V":{v},"G":"g{g}"}}\n'


def look(pid):
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {"rss_kb": int(status["VmRSS"].split()[0]), "threads": int(status["Threads"]),
            "descriptors": len(list(Path(f"/proc/{pid}/fd").iterdir()))}


def median(values):
    return sorted(values)[len(values) // 2]


def steady(samples, what):
    values = [sample[what] for sample in samples]
    settled, twelfth = values[len(values) // 6:], len(values) // 12
    before, after = median(settled[:twelfth]), median(settled[-twelfth:])
    print(f"{what}: from {values[0]}, after a sixth of the time {before}, last {after} "
          f"({100 * (after / before - 1):+.1f} %), most {max(values)}", flush=True)
    return after <= 1.02 * before


def values_of(work, output):
    """Every record's value from the beginning to the end, read_committed."""
    reader = subprocess.Popen(
        ["kcat", "-b", work.kafka.bootstrap, "-C", "-t", f"{work.name}-{output}", "-o", "beginning",
         "-e", "-q", "-X", "isolation.level=read_committed"], stdout=subprocess.PIPE)
    yield from map(json.loads, reader.stdout)
    if reader.wait():
        raise RuntimeError(f"kcat has ended with {reader.returncode}")


def stream_rows(work, output):
    """How many rows there are. Where those of a key come in order and their number is right, each is
    there once."""
    last, count = [-1] * workload.KEYS, 0
    for value in values_of(work, output):
        n = value["N"]
        if n <= last[row(n)[0]]:
            raise workload.Wrong(f"{output}: row {n} comes after {last[row(n)[0]]}")
        last[row(n)[0]] = n
        count += 1
    return count


def check(work, total):
    even, windows, groups, sums = 0, Counter(), Counter(), Counter()
    for n in range(total):
        k, at, v, g = row(n)
        even += v % 2 == 0
        for counts, key in ((windows, (f"k{k}", at - at % 10000)), (groups, f"g{g}")):
            counts[key] += 1
            sums[key] += v
    found = {"even": stream_rows(work, "even"), "joined": stream_rows(work, "joined"),
             "windows": {(v["KK"], v["WS"]): (v["C"], v["T"]) for v in values_of(work, "windows")},
             "groups": {v["GG"]: (v["C"], v["T"]) for v in values_of(work, "groups")}}
    wanted = {"even": even, "joined": total,
              "windows": {key: (c, sums[key]) for key, c in windows.items()},
              "groups": {key: (c, sums[key]) for key, c in groups.items()}}
    for output, rows in wanted.items():
        if found[output] != rows:
            raise workload.Wrong(f"{output} is wrong: {str(found[output])[:300]}, not {str(rows)[:300]}")
    by_java = [json.loads(line) for line in workload.java_lines(work.kafka, f"{work.name}-windows")]
    if {(v["KK"], v["WS"]): (v["C"], v["T"]) for v in by_java} != wanted["windows"]:
        raise workload.Wrong("Kafka's own consumer reads other windows than kcat does")


def feed_until_over(args, work, process, samples, count):
    """@return the number of rows."""
    feeder = subprocess.Popen(
        ["kcat", "-b", work.kafka.bootstrap, "-P", "-t", f"{work.name}-in", "-K", "\t", "-X",
         "partitioner=murmur2_random", "-X", "enable.idempotence=true"], stdin=subprocess.PIPE)
    began, total = time.monotonic(), 0
    for _ in count:
        due = min(int((time.monotonic() - began + 1) * args.rate) - total, 2 * args.rate)
        feeder.stdin.write("".join(map(line, range(total, total + due))).encode())
        total += due
        process.must_run()
        samples.append(look(process.running.pid))
        time.sleep(1 - (time.monotonic() - began) % 1)
    feeder.stdin.close()
    if feeder.wait():
        raise RuntimeError(f"the feeding kcat has ended with {feeder.returncode}")
    print(f"{total} rows in {time.monotonic() - began:.0f} s", flush=True)
    return total


def main():
    args = soak.arguments(__doc__, cycles=1 << 30, rate=20000)
    args.minutes = args.minutes or 60
    samples = []
    with soak.folder(args) as folder, KafkaBroker(heap="800m") as broker, \
            workload.Workload(broker, folder, seed=args.seed, watched=False, kept=KEPT,
                              settings={"commit.interval.ms": "1000"}) as work, \
            soak.Count(args, "seconds") as count:
        process = work.process("a").start()
        total = feed_until_over(args, work, process, samples, count)
        with open(folder / "samples.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, samples[0])
            writer.writeheader()
            writer.writerows(samples)
        # The lag may be 0 for a moment only before all is committed, so the outputs' ends have to rest.
        seen = []

        def rests():
            time.sleep(3)
            process.must_run()
            seen.append(broker.kcat("-Q", *(word for output in workload.OUTPUTS for p in range(4)
                                            for word in ("-t", f"{work.name}-{output}:{p}:-1"))))
            return len(seen) > 2 and seen[-1] == seen[-2] == seen[-3]

        service.wait_until(rests, 600, "everything has been read")
        process.stop()
        growing = [what for what in samples[0] if not steady(samples, what)]
        check(work, total)
        if growing:
            raise workload.Wrong(f"{', '.join(growing)} must not grow")


if __name__ == "__main__":
    main()
