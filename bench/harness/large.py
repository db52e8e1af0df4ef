# SPDX-License-Identifier: Apache-2.0
"""bench/run large: more state than memory.

Two measures. The store alone, by bench/micro/store_large.c, where it is there. And a whole query,
counts by key: a topic brings every key once, the engine runs to its end; then updates of these keys
follow, and the engine runs again over these, with the state that it has. The second run is what is
told, for Weir and for Kafka Streams.
"""
import array
import json
import subprocess

from harness import oracle, process
from harness.build import Missing, say
from harness.compare import stage
from harness.engines import KafkaStreams, Run, Weir
from harness.workloads import Workload

GOLDEN_INVERSE = pow(0x9e3779b97f4a7c15, -1, 1 << 64)  # undoes gen_key's multiplication
WORKLOAD = Workload("large", "count of keys that do not fit into memory", ("keys",))


def number_of(key):
    return int(key[4:], 16) * GOLDEN_INVERSE & (1 << 64) - 1


def engines(options):
    """Weir's budgets add up to the given one. Kafka Streams has all of it for RocksDB, and its heap
    beside that."""
    mib = options.budget << 20
    weir = Weir("weir", "Weir", *[a for name, part in (
        ("weir.state.cache.bytes", 0.35), ("weir.block.cache.bytes", 0.25),
        ("weir.memtable.bytes", 0.1)) for a in ("--set", f"{name}={int(mib * part)}")])
    ks = KafkaStreams("ks", "Kafka Streams", "--threads", "1", "--memory", str(options.budget),
                      heap=f"{options.budget}m")
    return [e for e in (weir, ks) if not options.strict or e.name in options.engines]


def counts_of_input(broker, keys):
    counts = array.array("I", bytes(4 * keys))
    for key, _, _ in oracle.records(broker, "keys"):
        counts[number_of(key)] += 1
    return counts


def counts_of_output(broker, topic, keys):
    counts = array.array("I", bytes(4 * keys))
    for key, value, _ in oracle.records(broker, topic):
        counts[number_of(key)] = json.loads(value)["CNT"]
    return counts


def micro(options, built, updates):
    tool = built.micro("store_large")
    if not tool:
        say("bench/micro/store_large.c is not there: without the store alone")
        return
    print(built_output([tool, "-k", options.keys, "-u", updates, "-m", options.budget]))


def built_output(command):
    child = process.start(command, stdout=subprocess.PIPE, text=True)
    try:
        text = child.stdout.read()
        if child.wait():
            raise Missing(f"{command[0]} failed")
        return text
    finally:
        process.end(child)


def one_query(options, built, broker, folder, skew, updates):
    """All engines on one distribution of updates; (lines of the table, were all right)"""
    lines, good, runs = [], True, {}
    chosen = engines(options)
    broker.create("keys")
    fill = ["--keys", str(options.keys), "--seed", str(options.seed)]
    broker.fill("keys", *fill)
    for engine in chosen:
        engine.prepare(built)
        where = folder / engine.name
        where.mkdir()
        broker.create(f"large-{engine.name}")
        runs[engine.name] = Run(built, broker.address, where, f"large_{engine.name}",
                                f"large-{engine.name}")
    for phase, records in (("load", options.keys), ("update", updates)):
        if phase == "update":
            broker.fill("keys", *fill, "--first", str(options.keys), "--records", str(updates),
                        "--skew", str(skew))
            wanted = counts_of_input(broker, options.keys)
        for engine in chosen:
            run = runs[engine.name]
            result = process.measured(built, engine.command(WORKLOAD, run), run.folder,
                                      options.limit, broker)
            why = process.failure(result)
            if not why and phase == "update":
                if counts_of_output(broker, run.output, options.keys) != wanted:
                    why = "WRONG: another result"
            cost = result["cpu_s"] / records * 1e6
            say(f"{engine.name} {phase}: {cost:.2f} CPU s/M, {result['wall_s']:.0f} s, "
                f"{result['rss_mib']:.0f} MiB {why or ''}")
            if why:
                say((run.folder / "log").read_text(errors="replace")[-1500:])
                good = False
            elif phase == "update":
                lines.append(f"| {'Zipf' if skew else 'uniform'} | {engine.name} | {cost:.2f}"
                             f" | {result['wall_s']:.0f} | {result['rss_mib']:.0f} |")
        if not good:
            break
    return lines, good


def large(options, built):
    """state that is larger than memory: --keys N --budget MIB"""
    options.limit = max(options.limit, 7200)
    if options.quick:
        options.keys = min(options.keys, 500_000)
    updates = max(options.keys // 10, 1)
    micro(options, built, updates)
    lines, good = [], True
    for skew in (0, 0.99):
        with stage(options, built) as (broker, folder):
            more, right = one_query(options, built, broker, folder, skew, updates)
            lines += more
            good = good and right
    print(f"{options.keys} keys, {updates} updates, {options.budget} MiB\n\n"
          "| updates | engine | CPU s/M | wall s | RSS MiB |\n|---|---|--:|--:|--:|")
    print("\n".join(lines))
    return good
