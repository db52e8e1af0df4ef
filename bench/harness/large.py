# SPDX-License-Identifier: Apache-2.0
"""bench/run large: more state than memory.

Two measures. The store alone, by bench/micro/store_large.c, where it is there. And a whole query,
counts by key: a topic brings every key once, the engine runs to its end; then updates of these keys
follow, and the engine runs again over these, with the state that it has. The second run is what is
told, for Weir and for Kafka Streams.
"""
import array
import json
import shutil

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


def counts_of_output(broker, keys):
    counts = array.array("I", bytes(4 * keys))
    for key, value, _ in oracle.records(broker, "large"):
        counts[number_of(key)] = json.loads(value)["CNT"]
    return counts


def micro(options, built, updates):
    tool = built.micro("store_large")
    if not tool:
        say("bench/micro/store_large.c is not there: without the store alone")
        return
    print(built_output([tool, "-k", options.keys, "-u", updates, "-m", options.budget]))


def built_output(command):
    child = process.start(command, stdout=process.subprocess.PIPE, text=True)
    try:
        text = child.stdout.read()
        if child.wait():
            raise Missing(f"{command[0]} failed")
        return text
    finally:
        process.end(child)


def one_query(options, built, broker, folder, skew, updates):
    """Both engines on one distribution; (lines of the table, were all right)"""
    lines, good = [], True
    broker.create("keys")
    broker.fill("keys", "--keys", str(options.keys), "--seed", str(options.seed))
    runs = {}
    chosen = engines(options)
    for phase in ("load", "update"):
        if phase == "update":
            broker.fill("keys", "--keys", str(options.keys), "--first", str(options.keys),
                        "--records", str(updates), "--skew", str(skew), "--seed",
                        str(options.seed))
            wanted = counts_of_input(broker, options.keys)
        for engine in chosen:
            where = folder / engine.name
            where.mkdir(exist_ok=True)
            if phase == "load":
                runs[engine.name] = Run(built, broker.address, where, f"large-{engine.name}")
                engine.prepare(built)
            broker.create("large")
            result = process.measured(built, engine.command(WORKLOAD, runs[engine.name]), where,
                                      options.limit, broker)
            why = process.failure(result)
            if not why and phase == "update":
                found = counts_of_output(broker, options.keys)
                # The topic is new in this phase: only keys that were updated are in it.
                if any(f and f != w or not f and w > 1 for f, w in zip(found, wanted)):
                    why = "WRONG: another result"
            broker.delete("large")
            records = options.keys if phase == "load" else updates
            say(f"{engine.name} {phase}: {why or ''} {result['cpu_s'] / records * 1e6:.2f} CPU s/M, "
                f"{result['wall_s']:.0f} s, {result['rss_mib']:.0f} MiB")
            if why:
                say((where / "log").read_text(errors="replace")[-1500:])
                return lines, False
            if phase == "update":
                lines.append(f"| {'Zipf' if skew else 'uniform'} | {engine.name}"
                             f" | {result['cpu_s'] / records * 1e6:.2f} | {result['wall_s']:.0f}"
                             f" | {result['rss_mib']:.0f} |")
    for engine in chosen:
        shutil.rmtree(folder / engine.name, ignore_errors=True)
    broker.delete(*(t for t in broker.topics() if not t.startswith("__")))
    return lines, good


def large(options, built):
    """state that is larger than memory: --keys N --budget MIB"""
    options.limit = max(options.limit, 7200)
    if options.quick:
        options.keys = min(options.keys, 500_000)
    updates = max(options.keys // 10, 1)
    micro(options, built, updates)
    lines, good = [], True
    with stage(options, built) as (broker, folder):
        for skew in (0, 0.99):
            more, right = one_query(options, built, broker, folder, skew, updates)
            lines += more
            good = good and right
    print(f"{options.keys} keys, {updates} updates, {options.budget} MiB\n\n"
          "| updates | engine | CPU s/M | wall s | RSS MiB |\n|---|---|--:|--:|--:|")
    print("\n".join(lines))
    return good
