# SPDX-License-Identifier: Apache-2.0
"""The workloads: which topics they read and write, and what their SQL is.

How to add one: a line here, workloads/<name>.sql, its answer in oracle.py, and its topology in
kstreams/.../Topologies.java. The SQL writes to ${out}.
"""
import dataclasses
import json

from harness.build import BENCH


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str       # as in options and results: W1
    title: str
    inputs: tuple
    avro: bool = False  # values are Avro, their schemas in a registry

    @property
    def plain(self):
        """The name as in files and topics."""
        return self.name.lower()

    @property
    def sql(self):
        return BENCH / "workloads" / f"{self.plain}.sql"


WORKLOADS = {w.name: w for w in (
    Workload("W1", "filter and project", ("clicks",)),
    Workload("W1A", "W1 with Avro on both sides", ("clicks-avro",), avro=True),
    Workload("W2", "count and sum per campaign and minute", ("clicks",)),
    Workload("W3", "count per address, 0.9 M keys", ("clicks",)),
    Workload("W4", "join with a table, count per name", ("clicks", "campaigns")),
    Workload("W5", "join of two streams within 10 s", ("bid", "auction")),
    Workload("W6", "count per campaign in hopping minutes", ("clicks",)),
    Workload("W7", "sessions per address", ("clicks",)),
)}
# As most producers have it: no field may be null.
CLICK_SCHEMA = {"type": "record", "name": "Click", "fields": [
    {"name": name, "type": {"campaignId": "int", "pubId": "int", "timestamp": "long"}.get(name, "string")}
    for name in ("uuid", "campaignId", "pubId", "timestamp", "ip", "city", "country", "browser",
                 "platform", "platformVersion")]}
NEXMARK = ("person", "auction", "bid")


def make_inputs(broker, workloads, records, seed, ips=None, registry=None):
    """Create and fill the topics that the workloads read; those of Avro need a registry."""
    topics = {topic for w in workloads for topic in w.inputs}
    size = ["--records", str(records), "--seed", str(seed)]
    if "clicks" in topics:
        broker.create("clicks")
        broker.fill("clicks", *size, *(["--ips", str(ips)] if ips else []))
    if "clicks-avro" in topics:
        broker.create("clicks-avro")
        made = registry.post("/subjects/clicks-avro-value/versions",
                             {"schema": json.dumps(CLICK_SCHEMA)})
        broker.fill("clicks-avro", *size, "--schema-id", str(made["id"]),
                    *(["--ips", str(ips)] if ips else []))
    if "campaigns" in topics:
        broker.create("campaigns")
        broker.fill("campaigns")
    if topics & set(NEXMARK):
        broker.create(*NEXMARK)
        broker.fill("nexmark", *size)
