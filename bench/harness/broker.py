# SPDX-License-Identifier: Apache-2.0
"""The private Kafka broker of a benchmark: one node on 127.0.0.1, with data of its own.

It is a child that dies with this process, however that ends (tests/integration/service.py), so
Ctrl-C leaves nothing running.
"""
import subprocess
import sys

from harness.build import ROOT, run

sys.path.insert(0, str(ROOT / "tests/integration"))
import service  # noqa: E402

CONFIG = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/logs
num.partitions=4
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.segment.delete.delay.ms=1000
# Record times are event times of the past: nothing may be deleted by age.
log.retention.ms=-1
"""
PARTITIONS = 4


class Broker(service.Service):
    name = "kafka"

    def __init__(self, built, folder, heap="1g"):
        super().__init__(folder)
        self.built = built
        self.heap = heap
        port, controller_port = service.free_ports(2)
        self.address = f"127.0.0.1:{port}"
        self.config = self.folder / "server.properties"
        self.config.write_text(CONFIG.format(port=port, controller_port=controller_port,
                                             folder=self.folder))
        run(self.java("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c",
                      self.config), "formatting the broker's data")

    def java(self, *arguments):
        return ["java", f"-Xmx{self.heap}", "-XX:+UseG1GC",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
                f"{self.built.kafka_jars}/*", *map(str, arguments)]

    def command(self):
        return self.java("kafka.Kafka", self.config)

    def ready(self):
        with service.socket.socket() as probe:
            host, port = self.address.split(":")
            if probe.connect_ex((host, int(port))):
                return False
        return subprocess.run(self.topics_command("list"), capture_output=True).returncode == 0

    @property
    def pid(self):
        return self.process.pid

    # ---- topics

    def topics_command(self, *arguments):
        return [str(self.built.tool("topics")), "--bootstrap", self.address, *map(str, arguments)]

    def topics(self):
        return set(run(self.topics_command("list"), "listing topics").split())

    def create(self, *names):
        run(self.topics_command("create", PARTITIONS, "retention.ms=-1", *names),
            "creating topics")

    def delete(self, *names):
        names = sorted(set(names) & self.topics())
        if names:
            run(self.topics_command("delete", *names), "deleting topics")

    def counts(self, *names):
        """Records of each topic, as its offsets say (markers of transactions count too)."""
        return [int(n) for n in run(self.topics_command("count", *names), "counting").split()]

    def count(self, *names):
        return sum(self.counts(*names))

    def fill(self, generator, *arguments):
        run([self.built.tool("gen"), generator, "--bootstrap", self.address, *arguments],
            f"generating {generator}")
