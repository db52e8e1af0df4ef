# SPDX-License-Identifier: Apache-2.0
"""Measures beside the comparison: bench/run many | latency | start | threads | large | restore |
avro-reader.

Each is a function (options, built) -> all went well. How to add one: a function and its name in
OTHERS; the first line of its text is the help.
"""
import collections
import json
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from harness import oracle, process
from harness.build import BENCH, say
from harness.compare import stage
from harness.engines import ENGINES, Run, Weir
from harness.large import large
from harness.restore import restore
from harness.workloads import WORKLOADS, Workload, make_inputs

# What docs/operations.md recommends where latency counts more than cost.
LOW_LATENCY = ("producer.linger.ms=0", "cache.max.bytes.buffering=0")


def median_of(runs, name):
    found = [r[name] for r in runs if r[name] is not None]
    return statistics.median(found) if found else float("nan")


def run_engine(options, built, broker, folder, engine, workload, output, watch=True):
    """One measured run in a folder of its own; None where it failed, which is told."""
    where = Path(tempfile.mkdtemp(prefix=f"{engine.name}-", dir=folder))
    run = Run(built, broker.address, where, output.replace("-", "_"), output)
    result = process.measured(built, engine.command(workload, run), where, options.limit, broker,
                              output if watch else None)
    why = process.failure(result)
    if why:
        say(f"{engine.name}: {why}\n{(where / 'log').read_text(errors='replace')[-1500:]}")
        return None
    shutil.rmtree(where, ignore_errors=True)
    return result


def prepared(names, built):
    engines = [ENGINES[name] for name in names]
    for engine in engines:
        engine.prepare(built)
    return engines


# ---- many queries

# As in Topologies.many: query i takes campaign 1 + i % 10 and country i / 10.
MANY_COUNTRIES = ("United States", "Germany", "France", "India", "Brazil", "United Kingdom", "Japan",
                  "Mexico", "Canada", "Spain")


class Many(Workload):
    @property
    def sql(self):
        return self.path


def many_sql(path):
    text = WORKLOADS["W1"].sql.read_text()
    source = text[text.index("SET "):text.index("CREATE STREAM w1 ")]
    for i in range(100):
        source += (f"CREATE STREAM many_{i} WITH (KAFKA_TOPIC = '${{out}}-{i}', VALUE_FORMAT = 'JSON')"
                   f" AS SELECT id, campaignId, country FROM clicks WHERE campaignId = {1 + i % 10}"
                   f" AND country = '{MANY_COUNTRIES[i // 10]}' EMIT CHANGES;\n")
    path.write_text(source)


def many(options, built):
    """100 filter queries on one topic, CPU in total"""
    workload = Many("many", "100 filters on one topic", ("clicks",))
    names = options.engines if options.strict else ["raw-consume", "weir-default", "ks"]
    engines, runs, good = prepared(names, built), collections.defaultdict(list), True
    with stage(options, built) as (broker, folder):
        make_inputs(broker, [workload], options.records, options.seed)
        object.__setattr__(workload, "path", folder / "many.sql")
        many_sql(workload.path)
        rows = collections.Counter((c["campaignId"], c["country"])
                                   for _, c, _ in oracle.clicks(broker))
        wanted = [rows[1 + i % 10, MANY_COUNTRIES[i // 10]] for i in range(100)]
        for turn in range(options.runs):
            for engine in engines:
                before, name = broker.topics(), f"{engine.name}-{turn}"
                outputs = [f"{name}-{i}" for i in range(100)]
                broker.create(*outputs)
                result = run_engine(options, built, broker, folder, engine, workload, name, False)
                if result and engine.name != "raw-consume":
                    counts = broker.counts(*outputs)
                    if counts != wanted:
                        bad = [(n, c, w) for n, c, w in zip(outputs, counts, wanted) if c != w]
                        say(f"{engine.name}: WRONG: {sum(counts)} records, not {sum(wanted)};"
                            f" (topic, records, right): {bad[:5]}")
                        result = None
                good = good and result is not None
                if result:
                    runs[engine.name].append(result)
                    say(f"{engine.name}: {result['cpu_s'] / options.records * 1e6:.2f} CPU s/M, "
                        f"{result['wall_s']:.1f} s, {result['rss_mib']:.0f} MiB")
                broker.delete(*(broker.topics() - before))
    print("| 100 queries | CPU s/M in total | wall s | RSS MiB |\n|---|--:|--:|--:|")
    for name, found in runs.items():
        print(f"| {name} | {median_of(found, 'cpu_s') / options.records * 1e6:.2f}"
              f" | {median_of(found, 'wall_s'):.1f} | {median_of(found, 'rss_mib'):.0f} |")
    return good


# ---- start

IDLE_S = 5


def idle(built, broker, folder):
    """(MiB resident, CPU ms a second) of a service whose queries have nothing to do."""
    with open(folder / "idle.log", "wb") as log:
        child = process.start([built.weir, "run", WORKLOADS["W1"].sql, "--bootstrap-servers",
                               broker.address, "--data", folder / "idle", "--define",
                               "out=idle"], stdout=log, stderr=log)
    try:
        time.sleep(3)  # it has started, read what is there, and committed
        before = process.cpu_of(child.pid)
        time.sleep(IDLE_S)
        used = process.cpu_of(child.pid) - before
        text = Path(f"/proc/{child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024, used / IDLE_S * 1000
    finally:
        process.end(child)


def start(options, built):
    """process start to the first output record; an idle service"""
    names = options.engines if options.strict else ["weir-default", "ks"]
    engines, good = prepared(names, built), True
    lines = ["| workload | engine | first output, median ms | min | max |", "|---|---|--:|--:|--:|"]
    with stage(options, built) as (broker, folder):
        chosen = [WORKLOADS[n] for n in options.workloads]
        make_inputs(broker, chosen, 10_000, options.seed)
        for workload in chosen:
            for engine in engines:
                seen = []
                for turn in range(max(options.runs, 1 if options.quick else 5)):
                    before, output = broker.topics(), f"{workload.plain}-{engine.name}-{turn}"
                    broker.create(output)
                    result = run_engine(options, built, broker, folder, engine, workload, output)
                    broker.delete(*(broker.topics() - before))
                    if result and result["first_output_s"]:
                        seen.append(result["first_output_s"] * 1000)
                    else:
                        good = False
                if seen:
                    lines.append(f"| {workload.name} | {engine.name} | {statistics.median(seen):.0f}"
                                 f" | {min(seen):.0f} | {max(seen):.0f} |")
                    say(lines[-1])
        if "clicks" in broker.topics():
            broker.create("idle")
            rss, cpu = idle(built, broker, folder)
            lines += ["", f"Idle, Weir with W1: {rss:.0f} MiB resident, {cpu:.1f} ms CPU a second"]
    print("\n".join(lines))
    return good


# ---- latency

def wait_until_all_pass(probe):
    """The query reads from the end of its topic: it must be there before anything is measured."""
    for _ in range(5):
        if subprocess.run(probe, capture_output=True).returncode == 0:
            return
    say("the query does not pass records on")


def latency(options, built):
    """from produce to output visible, at 20,000 records a second"""
    tool, sql = built.tool("latency"), BENCH / "workloads" / "latency.sql"
    lines = ["| settings | p50 ms | p99 ms | p99.9 ms |", "|---|--:|--:|--:|"]
    good = True
    with stage(options, built) as (broker, folder):
        broker.create("latency_in", "latency_out")
        for title, settings in (("default", ()), ("low latency", LOW_LATENCY)):
            where = folder / title.replace(" ", "-")
            where.mkdir()
            with open(where / "log", "wb") as log:
                child = process.start([built.weir, "run", sql, "--bootstrap-servers", broker.address,
                                       "--data", where / "data", "--set",
                                       f"ksql.service.id={where.name}_",
                                       *[a for s in settings for a in ("--set", s)]],
                                      stdout=log, stderr=log)
            try:
                topics = [tool, "--bootstrap", broker.address, "--in", "latency_in", "--out",
                          "latency_out"]
                wait_until_all_pass([*topics, "--rate", "100", "--seconds", "1", "--warmup", "0"])
                done = subprocess.run(
                    # The broker is a cold JVM: it gets time to compile what it runs.
                    [*topics, "--rate", "20000", "--seconds", "5" if options.quick else "20",
                     "--warmup", "5" if options.quick else "20"],
                    capture_output=True, text=True)
                alive = child.poll() is None
            finally:
                process.end(child)
            if done.returncode or not alive:
                say(f"{title}: {done.stdout}{done.stderr}{(where / 'log').read_text()[-1500:]}")
                good = False
            else:
                found = json.loads(done.stdout.splitlines()[-1])
                lines.append(f"| {title} | {found['p50_ms']:.2f} | {found['p99_ms']:.2f}"
                             f" | {found['p999_ms']:.2f} |")
                say(lines[-1])
    print("\n".join(lines))
    return good


# ---- threads

def weir_lines(built, *arguments):
    """What a command of weir prints, line by line."""
    child = subprocess.Popen([built.weir, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    yield from child.stdout
    if child.wait():
        raise RuntimeError(f"weir {arguments[0]} failed")


def threads_answer(built, data):
    """What workloads/threads.sql says, in Python."""
    found = collections.Counter()
    for line in weir_lines(built, "consume", "clicks", "--data", data, "--from-beginning",
                           "--until-end"):
        c = json.loads(line)
        place = f"{c['city'].lower()}/{c['country'].upper()}/{c['browser']}".replace("a", "aa")
        swapped = re.sub(r"([0-9]+)\.([0-9]+)", r"\2.\1", c["platformVersion"])
        if len(re.sub("[0-9]+", "", c["uuid"])) > 15 and swapped != "0" and len(place) > 10:
            at, ms = divmod(c["timestamp"], 1000)
            found[re.sub("[A-F]+", "-", c["uuid"].upper()),
                  time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at)) + f".{ms:03d}"] += 1
    return found


def threads(options, built):
    """1 and 2 threads on a query that is bound by CPU, from the embedded log"""
    sql = BENCH / "workloads" / "threads.sql"
    walls, cpus, good = collections.defaultdict(list), collections.defaultdict(list), True
    Weir("", "", threads=2).prepare(built)
    folder = Path(tempfile.mkdtemp(prefix="weir-bench-", dir=options.tmp))
    try:
        data = folder / "data"
        say(f"generating {options.records} records")
        list(weir_lines(built, "datagen", "clicks", "--count", options.records, "--seed",
                        options.seed, "--data", data))
        answer = threads_answer(built, data)
        for turn in range(options.runs):
            for n in (1, 2) if turn % 2 == 0 else (2, 1):
                mine = folder / f"run-{turn}-{n}"
                shutil.copytree(data, mine)
                result = process.measured(built, [built.weir, "run", sql, "--data", mine,
                                                  "--until-end", "--threads", n], folder,
                                          options.limit)
                why = process.failure(result)
                if not why:
                    found = collections.Counter(
                        (row["DIGITS"], row["MOMENT"]) for row in map(json.loads, weir_lines(
                            built, "consume", "threads", "--data", mine, "--from-beginning",
                            "--until-end")))
                    why = None if found == answer else "WRONG: another result"
                if why:
                    say(f"{n} threads: {why}\n{(folder / 'log').read_text()[-1500:]}")
                    good = False
                else:
                    walls[n].append(result["wall_s"])
                    cpus[n].append(result["cpu_s"])
                    say(f"{n} threads: {result['wall_s']:.2f} s, {result['cpu_s']:.2f} CPU s, "
                        f"others {result['other_cores']:.2f} cores")
                shutil.rmtree(mine)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if walls[1] and walls[2]:
        one, two = statistics.median(walls[1]), statistics.median(walls[2])
        print(f"1 thread {one:.2f} s ({statistics.median(cpus[1]):.2f} CPU s), 2 threads {two:.2f} s"
              f" ({statistics.median(cpus[2]):.2f} CPU s): {one / two:.2f} times as fast")
    return good


# ---- Avro alone

def avro_reader(options, built):
    """Avro records to values, alone: Weir's decoder and Java's generic reader, taking turns"""
    micro = built.micro("decode_registry")
    java = ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", built.peer,
            "weir.bench.AvroReader"]
    runs = collections.defaultdict(list)   # (nullable, fields, reader): nanoseconds
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=options.tmp) as folder:
        for turn in range(options.runs):
            text = subprocess.run([micro, "avro"], capture_output=True, text=True, check=True).stdout
            nullable = False
            for line in text.splitlines():
                if found := re.search(r"clicks, fields (not )?nullable", line):
                    nullable = not found.group(1)
                elif found := re.match(r"AVRO, (\d+) of \d+ fields +([\d.]+) ns", line):
                    runs[nullable, int(found.group(1)), "weir"].append(float(found.group(2)))
            for nullable, command in ((False, "write"), (True, "write-nullable")):
                path = Path(folder, "records")
                subprocess.run([micro, command, path], check=True)
                text = subprocess.run([*java, path], capture_output=True, text=True,
                                      check=True).stdout
                for line in text.splitlines():
                    count, took = line.split()
                    runs[nullable, int(count), "java"].append(float(took))
            say(f"turn {turn + 1} of {options.runs}")
    print("| fields | read | Weir ns | Java ns | x |\n|---|--:|--:|--:|--:|")
    for nullable, count, reader in runs:
        if reader != "java":
            continue
        own, java_ns = (statistics.median(runs[nullable, count, r]) for r in ("weir", "java"))
        print(f"| {'nullable' if nullable else 'not nullable'} | {count} of 10 | {own:.0f} |"
              f" {java_ns:.0f} | {java_ns / own:.1f} |")
    return True


OTHERS = {"avro-reader": avro_reader, "many": many, "latency": latency, "start": start, "threads": threads, "large": large,
          "restore": restore}
