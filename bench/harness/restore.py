# SPDX-License-Identifier: Apache-2.0
"""bench/run restore: state that comes back from changelogs.

A topic brings every key once, and a query counts them. Then, each with nothing new to read:
  empty   the data directory is lost: all of the changelog comes back
  killed  a service was killed (kill -9) a while after updates had gone through it
What is told is the whole process, start and joining the group included; records are those of the
changelog, as the process says itself (EXPLAIN ANALYZE; Kafka Streams' listener of restores). Kafka
Streams, exactly once, has as many restore threads as it makes: one; and --engines chooses.
"""
import re
import shutil
import time

from harness import process
from harness.build import say
from harness.compare import stage
from harness.engines import KafkaStreams, Run, Weir
from harness.workloads import Workload

WORKLOAD = Workload("large", "count of keys", ("keys",))
SESSION_S = 7  # a killed member's, with the settings below
SETTLE_S = 30  # for whoever starts slowly, to take up the updates


class WeirRestore(Weir):
    def __init__(self, name, title, *options):
        super().__init__(name, title, "--set", "processing.guarantee=exactly_once_v2", "--set",
                         "consumer.session.timeout.ms=6000", "--analyze", *options)

    def service(self, run):
        return [w for w in self.command(WORKLOAD, run) if w not in ("--until-end", "--analyze")]

    @staticmethod
    def restored(log):
        found = re.search(r"Restore +\| +([\d.]+)([kM]?)", log)
        return round(float(found[1]) * {"": 1, "k": 1e3, "M": 1e6}[found[2]]) if found else 0


class KafkaStreamsRestore(KafkaStreams):
    def __init__(self, name, title, *options):
        super().__init__(name, title, "--threads", "1", "--eos", "session.timeout.ms=6000",
                         *options)

    def service(self, run):
        return [*self.command(WORKLOAD, run), "--stay"]

    @staticmethod
    def restored(log):
        found = re.search(r"^restored (\d+)$", log, re.M)
        return int(found[1]) if found else 0


CHOICE = {e.name: e for e in (
    WeirRestore("weir", "Weir"),
    WeirRestore("weir-wire", "Weir, its own client", "--set", "weir.kafka.client=wire"),
    KafkaStreamsRestore("ks-eos", "Kafka Streams"),
    KafkaStreamsRestore("ks-eos-stores", "Kafka Streams, transactional stores",
                        "enable.transactional.statestores=true"),
)}


def one_run(options, built, broker, run, engine, what):
    """(its line of the table; None where it failed)"""
    result = process.measured(built, engine.command(WORKLOAD, run), run.folder, options.limit,
                              broker)
    log = (run.folder / "log").read_text(errors="replace")
    why = process.failure(result)
    if why:
        say(f"{engine.name}, {what}: {why}\n{log[-1500:]}")
        return None
    records = engine.restored(log)
    per = f"{result['cpu_s'] / records * 1e6:.2f}" if records else "-"
    line = (f"| {engine.title} | {what} | {records} | {per} | {result['cpu_s']:.1f} |"
            f" {result['wall_s']:.1f} | {result['rss_mib']:.0f} |")
    say(line)
    return line


def kill_with_updates(options, broker, run, engine, fill):
    """A service that has taken up updates, and is killed between two writes of its database."""
    with open(run.folder / "service.log", "wb") as log:
        child = process.start(engine.service(run), stdout=log, stderr=log)
        try:
            broker.fill("keys", *fill, "--first", str(options.keys), "--records",
                        str(options.keys // 20))
            time.sleep(SETTLE_S)
        finally:
            child.kill()
            child.wait()
    time.sleep(SESSION_S)


def one_engine(options, built, engine):
    """(lines of the table, were all runs right)"""
    lines = []
    engine.prepare(built)
    with stage(options, built) as (broker, folder):
        run = Run(built, broker.address, folder / engine.name, "restore", "restore-out")
        run.folder.mkdir()
        broker.create("keys", run.output)
        fill = ["--keys", str(options.keys), "--seed", str(options.seed)]
        broker.fill("keys", *fill)

        def runs(what):
            lines.append(one_run(options, built, broker, run, engine, what))
            return lines[-1]

        if runs("the first run"):
            for state in ("data", "state"):
                shutil.rmtree(run.folder / state, ignore_errors=True)
            time.sleep(SESSION_S)
            if runs("empty directory"):
                kill_with_updates(options, broker, run, engine, fill)
                runs("after kill -9")
    return [line for line in lines if line], all(lines)


def restore(options, built):
    """state from changelogs: an empty directory, a killed process: --keys N"""
    options.keys = min(options.keys, 200_000 if options.quick else 5_000_000)
    lines, good = [], True
    for engine in CHOICE.values():
        if options.strict and engine.name not in options.engines:
            continue
        more, right = one_engine(options, built, engine)
        lines += more
        good = good and right
    print(f"{options.keys} keys\n\n| engine | | records restored | CPU s/M | CPU s | wall s |"
          " RSS MiB |\n|---|---|--:|--:|--:|--:|--:|")
    print("\n".join(lines))
    return good
