# SPDX-License-Identifier: Apache-2.0
"""What is compared. An engine is a command that reads the workload's topics from the beginning to
the ends that they have at its start, writes the output topic, and exits with status 0.

No name of a topic is used twice: a broker that is asked to delete and to create it at once may for a
moment still take records for the old one, and these are lost.

How to add one: a class with `name`, `title` and `command(workload, run)`, and a line in ENGINES.
"""
import dataclasses
import subprocess
from pathlib import Path

from harness.build import Built, Missing, say


@dataclasses.dataclass
class Run:
    """The surroundings of one run."""
    built: Built
    address: str    # the broker's
    folder: Path    # its own, for state
    id: str         # unlike that of any other run
    output: str     # the output topic
    registry: str = None  # the schema registry's address, where the workload needs one


class Raw:
    """A loop around librdkafka that does nothing: the floor."""

    def __init__(self, what, title):
        self.name, self.title, self.what = f"raw-{what}", title, what

    def prepare(self, built):
        built.tool("rawloop")

    def command(self, workload, run):
        out = ["--out", run.output] if self.what == "copy" else []
        return [run.built.tool("rawloop"), self.what, "--bootstrap", run.address, *out,
                *workload.inputs]


class Weir:
    def __init__(self, name, title, *options, threads=None):
        self.name, self.title, self.threads = name, title, threads
        self.given = self.options = options

    def prepare(self, built):
        if self.threads is None:
            return
        text = subprocess.run([built.weir, "run", "--help"], capture_output=True, text=True)
        if "--threads" in text.stdout:
            self.options = ("--threads", str(self.threads), *self.given)
        elif self.threads == 1:
            say(f"{self.name}: this weir has no option --threads; it runs as it comes")
        else:
            raise Missing("this weir has no option --threads")

    def command(self, workload, run):
        registry = ["--set", f"ksql.schema.registry.url={run.registry}"] if run.registry else []
        return [run.built.weir, "run", workload.sql, "--bootstrap-servers", run.address, "--data",
                run.folder / "data", "--define", f"out={run.output}", "--set",
                f"ksql.service.id={run.id}_", *registry, "--until-end", *self.options]


class KafkaStreams:
    def __init__(self, name, title, *options, heap="1g"):
        self.name, self.title, self.options, self.heap = name, title, options, heap

    def prepare(self, built):
        if not built.peer:
            raise Missing("the Kafka Streams peer")

    def command(self, workload, run):
        registry = ["--registry", run.registry] if run.registry else []
        return ["java", f"-Xmx{self.heap}", "-cp", run.built.peer,
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "weir.bench.Peer",
                workload.plain, "--bootstrap", run.address, "--state", run.folder / "state",
                "--id", run.id, "--out", run.output, *registry, *self.options]


def guarantee(short, title, value, interval):
    """Weir with a guarantee and commits as often as it says: exactly-once costs what is between
    two of these with the same interval."""
    return Weir(short, title, "--set", f"processing.guarantee={value}", "--set",
                f"commit.interval.ms={interval}", threads=1)


ENGINES = {e.name: e for e in (
    Raw("consume", "librdkafka: consume"),
    Raw("copy", "librdkafka: consume + produce"),
    Weir("weir", "Weir, 1 thread", threads=1),
    Weir("weir-wire", "Weir, 1 thread, its own client", "--set", "weir.kafka.client=wire", threads=1),
    Weir("weir-2", "Weir, 2 threads", threads=2),
    Weir("weir-default", "Weir as it comes"),
    guarantee("weir-alo-100", "Weir, at least once, commits each 100 ms", "at_least_once", 100),
    guarantee("weir-eos-100", "Weir, exactly once, commits each 100 ms", "exactly_once_v2", 100),
    guarantee("weir-alo-1s", "Weir, at least once, commits each second", "at_least_once", 1000),
    guarantee("weir-eos-1s", "Weir, exactly once, commits each second", "exactly_once_v2", 1000),
    KafkaStreams("ks", "Kafka Streams, 1 thread", "--threads", "1"),
    KafkaStreams("ks-2", "Kafka Streams, 2 threads", "--threads", "2"),
    KafkaStreams("ks-eos", "Kafka Streams, exactly once", "--threads", "1", "--eos"),
    KafkaStreams("ks-eos-stores", "Kafka Streams, exactly once, transactional stores", "--threads", "1",
                 "--eos", "enable.transactional.statestores=true"),
)}
FLOOR = "raw-consume"
PEER = "ks"
