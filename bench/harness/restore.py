# SPDX-License-Identifier: Apache-2.0
"""bench/run restore: state that comes back from changelogs.

A topic brings every key once, and a query counts them. Then, each with nothing new to read:
  empty   the data directory is lost: all of the changelog comes back
  killed  a service was killed (kill -9) a while after updates had gone through it
What is told is the whole process, start and joining the group included; records are those of the
changelog, as the process says itself (EXPLAIN ANALYZE).
"""
import re
import shutil
import time

from harness import process
from harness.build import say
from harness.compare import stage
from harness.engines import Run, Weir
from harness.workloads import Workload

WORKLOAD = Workload("large", "count of keys", ("keys",))
SESSION_S = 7  # a killed member's, with the settings below
ENGINE = Weir("weir", "Weir", "--set", "processing.guarantee=exactly_once_v2",
              "--set", "consumer.session.timeout.ms=6000", "--analyze")


def restored(run):
    """Records that the process took from the changelog; 0: it had all of it."""
    found = re.search(r"Restore +\| +([\d.]+)([kM]?)", (run.folder / "log").read_text())
    return round(float(found[1]) * {"": 1, "k": 1e3, "M": 1e6}[found[2]]) if found else 0


def one_run(options, built, broker, run, what):
    """(its line of the table; None where it failed)"""
    result = process.measured(built, ENGINE.command(WORKLOAD, run), run.folder, options.limit,
                              broker)
    why = process.failure(result)
    if why:
        say(f"{what}: {why}\n{(run.folder / 'log').read_text(errors='replace')[-1500:]}")
        return None
    records = restored(run)
    per = f"{result['cpu_s'] / records * 1e6:.2f}" if records else "-"
    line = (f"| {what} | {records} | {per} | {result['cpu_s']:.1f} | {result['wall_s']:.1f} |"
            f" {result['rss_mib']:.0f} |")
    say(line)
    return line


def kill_with_updates(options, built, broker, run, fill):
    """A service that has taken up updates, and is killed between two writes of its database."""
    service = [word for word in ENGINE.command(WORKLOAD, run)
               if word not in ("--until-end", "--analyze")]
    with open(run.folder / "service.log", "wb") as log:
        child = process.start(service, stdout=log, stderr=log)
        try:
            broker.fill("keys", *fill, "--first", str(options.keys), "--records",
                        str(options.keys // 20))
            time.sleep(12)
        finally:
            child.kill()
            child.wait()
    time.sleep(SESSION_S)


def restore(options, built):
    """state from changelogs: an empty directory, a killed process: --keys N"""
    options.keys = min(options.keys, 200_000 if options.quick else 5_000_000)
    lines = []
    with stage(options, built) as (broker, folder):
        run = Run(built, broker.address, folder / "weir", "restore", "restore-out")
        run.folder.mkdir()
        broker.create("keys", run.output)
        fill = ["--keys", str(options.keys), "--seed", str(options.seed)]
        broker.fill("keys", *fill)
        lines.append(one_run(options, built, broker, run, "the first run"))
        if all(lines):
            shutil.rmtree(run.folder / "data")
            lines.append(one_run(options, built, broker, run, "empty directory"))
        if all(lines):
            kill_with_updates(options, built, broker, run, fill)
            lines.append(one_run(options, built, broker, run, "after kill -9"))
    if not all(lines):
        return False
    print(f"{options.keys} keys\n\n| | records restored | CPU s/M | CPU s | wall s | RSS MiB |\n"
          "|---|--:|--:|--:|--:|--:|")
    print("\n".join(lines))
    return True
