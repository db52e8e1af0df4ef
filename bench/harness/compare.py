# SPDX-License-Identifier: Apache-2.0
"""The comparison: every engine on every workload, taking turns, each answer checked."""
import contextlib
import re
import shutil
import tempfile
import time
from pathlib import Path

from harness import oracle, process, workloads
from harness.broker import Broker
from harness.build import Missing, say
from harness.engines import ENGINES, Raw, Run

import registry_fixture  # harness.broker has made tests/integration known


@contextlib.contextmanager
def stage(options, built):
    """A temporary folder and a running broker in it; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="weir-bench-", dir=options.tmp))
    try:
        say("starting Kafka")
        with Broker(built, folder / "broker") as broker:
            yield broker, folder
    finally:
        if options.keep:
            say(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def usable(names, built):
    """The engines of these names that can be run here; says why others cannot."""
    found = []
    for name in names:
        try:
            ENGINES[name].prepare(built)
            found.append(ENGINES[name])
        except Missing as why:
            say(f"without {name}: {why}")
    return found


class Comparison:
    def __init__(self, options, built, broker, folder, registry=None):
        self.options, self.built, self.broker, self.folder = options, built, broker, folder
        self.registry = registry
        self.number = 0
        self.answers = {}   # of the workload that is being run

    def answer(self, kind, workload):
        if kind not in self.answers:
            say(f"{workload.name}: computing the right answer")
            if kind == "digest":
                self.answers[kind] = oracle.digest(self.broker, *workload.inputs)
            else:
                self.answers[kind] = oracle.expected(workload, self.broker)
        return self.answers[kind]

    def run(self, engine, workload, turn):
        self.number += 1
        folder = self.folder / f"run-{self.number}"
        folder.mkdir()
        output = f"{workload.plain}-{self.number}"
        before = self.broker.topics()
        self.broker.create(output)
        records = self.broker.count(*workload.inputs)
        speed = process.speed(self.built)
        run = Run(self.built, self.broker.address, folder, f"bench{self.number}", output,
                  self.registry.url if workload.avro else None)
        writes = engine.name != "raw-consume"
        result = process.measured(self.built, engine.command(workload, run), folder,
                                  self.options.limit, self.broker,
                                  output if writes else None)
        why = process.failure(result)
        text, written = why, 0
        if not why:
            right, text, written = self.check(engine, workload, run, records)
            why = None if right else text
        million = records / 1e6
        result.update(kind="run", workload=workload.name, engine=engine.name, turn=turn,
                      records=records, cpu_per_million=result["cpu_s"] / million,
                      records_per_s=records / result["wall_s"], output_records=written,
                      broker_cpu_per_million=result["broker_cpu_s"] / million, speed=speed,
                      ok=why is None, check=text, time=int(time.time()))
        say(f"{workload.name} {engine.name:13} {result['cpu_per_million']:6.2f} CPU s/M "
            f"{result['wall_s']:6.2f} s {result['rss_mib']:5.0f} MiB, first output "
            f"{result['first_output_s'] or 0:.2f} s, others {result['other_cores']:.2f} cores; {text}")
        if why:
            log = (folder / "log").read_text(errors="replace").strip()
            say("    " + log[-1500:].replace("\n", "\n    "))
        self.broker.delete(*(self.broker.topics() - before))
        if not self.options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        return result

    def check(self, engine, workload, run, records):
        if not isinstance(engine, Raw):
            return oracle.check(workload, self.broker, run.output,
                                self.answer("result", workload))
        if engine.name == "raw-consume":
            said = re.match(rb"(\d+) records", (run.folder / "log").read_bytes())
            right = bool(said) and int(said.group(1)) == records
            return right, f"read {records} records" if right else "did not read all records", 0
        want, found = self.answer("digest", workload), oracle.digest(self.broker, run.output)
        if want == found:
            return True, f"right: {found[0]} records", found[0]
        return False, f"WRONG: {found[0]} records of {want[0]}, or other ones", found[0]


def compare(options, built, save):
    """Run what the options ask for; save(result) is called for each run. True: all were right."""
    chosen = [workloads.WORKLOADS[name] for name in options.workloads]
    engines = usable(options.engines, built)
    good = bool(engines) and len(engines) == len(options.engines) or not options.strict
    with contextlib.ExitStack() as parts:
        broker, folder = parts.enter_context(stage(options, built))
        registry = None
        if any(workload.avro for workload in chosen):
            say("starting the schema registry")
            built.fetch_registry()
            registry = parts.enter_context(registry_fixture.RegistryServer(folder / "registry"))
        say(f"generating {options.records} records")
        workloads.make_inputs(broker, chosen, options.records, options.seed, registry=registry)
        comparison = Comparison(options, built, broker, folder, registry)
        for workload in chosen:
            comparison.answers.clear()
            for turn in range(options.runs):
                # Another one begins each time, so that none always runs on a cold or hot machine.
                shift = turn % len(engines) if engines else 0
                for engine in engines[shift:] + engines[:shift]:
                    result = comparison.run(engine, workload, turn)
                    save(result)
                    good = good and result["ok"]
    return good
