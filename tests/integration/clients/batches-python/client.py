# SPDX-License-Identifier: Apache-2.0
"""Record batches by kafka-python: client.py read | write, as ../../record_batches.c says."""
import json
import sys

from kafka.record import MemoryRecords, MemoryRecordsBuilder

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
CONTROL = {0: "abort", 1: "commit"}


def to_hex(value):
    return None if value is None else bytes(value).hex()


def from_hex(text):
    return None if text is None else bytes.fromhex(text)


def read(data):
    for batch in MemoryRecords(data):
        assert batch.validate_crc()
        records, control = [], None
        for record in batch:
            if batch.is_control_batch:
                control = CONTROL.get(record.type, "other")
                continue
            headers = [[name.encode().hex(), to_hex(value)] for name, value in record.headers]
            records.append([record.offset, record.timestamp, to_hex(record.key), to_hex(record.value),
                            headers])
        print(json.dumps({
            "base": batch.base_offset, "last": batch.base_offset + batch.last_offset_delta,
            "codec": CODECS[batch.compression_type], "transactional": batch.is_transactional,
            "append_time": batch.timestamp_type == 1,
            "producer": [batch.producer_id, batch.producer_epoch, batch.base_sequence],
            "control": control, "records": records}))


def write(lines):
    for line in lines:
        batch = json.loads(line)
        producer, epoch, sequence = batch["producer"]
        builder = MemoryRecordsBuilder(2, CODECS.index(batch["codec"]), 1 << 30,
                                       transactional=batch["transactional"], producer_id=producer,
                                       producer_epoch=epoch, base_sequence=sequence)
        for _, timestamp, key, value, headers in batch["records"]:
            added = builder.append(timestamp, from_hex(key), from_hex(value),
                                   [(bytes.fromhex(name).decode(), from_hex(value))
                                    for name, value in headers])
            assert added, "no room"
        builder.close()
        sys.stdout.buffer.write(builder.buffer())


if sys.argv[1] == "read":
    read(sys.stdin.buffer.read())
else:
    write(sys.stdin)
