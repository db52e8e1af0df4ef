# SPDX-License-Identifier: Apache-2.0
"""As much of Kafka's protocol as the tests need and kcat has not: creating and deleting topics,
reading their settings, and producing records with timestamps, headers, null keys and null values.

One connection per call, to the first of the brokers that accepts one; producing finds the leader by
asking each. What is about groups is for a broker that is alone. Versions are the highest before the
"flexible" encodings, all of them spoken by Kafka 4.
"""
import contextlib
import itertools
import socket
import struct
import time

PRODUCE, OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR, LIST_GROUPS = 0, 8, 9, 10, 16
CREATE_TOPICS, DELETE_TOPICS, INIT_PRODUCER_ID, DESCRIBE_CONFIGS, DELETE_GROUPS = 19, 20, 22, 32, 42
TXN_OFFSET_COMMIT, DESCRIBE_TRANSACTIONS = 28, 65
TOPIC_RESOURCE = 2
CONCURRENT = 51  # what the producer has left is being ended
TRANSACTIONAL = 0x10  # an attribute of a batch
NO_COORDINATOR = {14, 15, 16}  # it is loading, there is none yet, it is another one
RETRIED_ERRORS = {3, 5, 6}  # unknown topic, no leader yet, not the leader yet


class KafkaError(Exception):
    def __init__(self, code, text=""):
        super().__init__(f"Kafka error {code} {text or ''}".strip())
        self.code = code


# ---------------------------------------------------------------- primitive types

def string(value):
    if value is None:
        return struct.pack(">h", -1)
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def array(items, encode):
    return struct.pack(">i", len(items)) + b"".join(map(encode, items))


def zigzag(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sized(data):
    """Bytes with a varint length; -1 for null."""
    return zigzag(-1) if data is None else zigzag(len(data)) + data


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        value, = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(">" + form)
        return value

    def string(self):
        length = self.take("h")
        if length < 0:
            return None
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def array(self, read):
        return [read() for _ in range(max(0, self.take("i")))]


CRC_TABLE = []
for _n in range(256):
    _c = _n
    for _ in range(8):
        _c = _c >> 1 ^ 0x82F63B78 if _c & 1 else _c >> 1
    CRC_TABLE.append(_c)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def murmur2(data):
    """The hash of Kafka's default partitioner."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(data)) & mask
    full = len(data) & ~3
    for at in range(0, full, 4):
        k = int.from_bytes(data[at:at + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    rest = data[full:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def partition_of(key, partitions):
    return (murmur2(key) & 0x7FFFFFFF) % partitions


# ---------------------------------------------------------------- requests

_correlation = itertools.count(1)


def connect(bootstrap, seconds):
    """To the first that accepts. ConnectionError where none does."""
    for address in bootstrap.split(","):
        host, port = address.rsplit(":", 1)
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection((host, int(port)), timeout=seconds)
    raise ConnectionRefusedError(f"nobody listens at {bootstrap}")


def call(bootstrap, api, version, body, seconds=30, tags=b""):
    """tags: the empty tagged fields of a flexible version's head, b"\\0"."""
    request = (struct.pack(">hhi", api, version, next(_correlation)) + string("weir-tests") + tags
               + body)
    with connect(bootstrap, seconds) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)

        def receive(count):
            data = b""
            while len(data) < count:
                piece = connection.recv(count - len(data))
                if not piece:
                    raise ConnectionError("the broker closed the connection")
                data += piece
            return data

        length, = struct.unpack(">i", receive(4))
        return Reader(receive(length)[4 + len(tags):])


def create_topic(bootstrap, name, partitions=1, settings=None):
    """With as many replicas as the broker's default says."""
    body = array([name], lambda topic: (
        string(topic) + struct.pack(">ih", partitions, -1) + array([], bytes)
        + array(sorted((settings or {}).items()), lambda kv: string(kv[0]) + string(str(kv[1])))))
    reader = call(bootstrap, CREATE_TOPICS, 4, body + struct.pack(">i?", 30000, False))
    reader.take("i")
    for _, code, text in reader.array(lambda: (reader.string(), reader.take("h"),
                                               reader.string())):
        if code:
            raise KafkaError(code, text)


def groups(bootstrap):
    """The names of all groups."""
    reader = call(bootstrap, LIST_GROUPS, 2, b"")
    reader.take("i")
    code = reader.take("h")
    if code:
        raise KafkaError(code)
    return [name for name, _ in reader.array(lambda: (reader.string(), reader.string()))]


def delete_group(bootstrap, name):
    reader = call(bootstrap, DELETE_GROUPS, 1, array([name], string))
    reader.take("i")
    for _, code in reader.array(lambda: (reader.string(), reader.take("h"))):
        if code:
            raise KafkaError(code)


def committed(bootstrap, group, topic, partitions):
    """The group's offset of each partition; -1: none."""
    body = string(group) + array([topic], lambda name: string(name) + array(
        list(range(partitions)), lambda p: struct.pack(">i", p)))
    reader = call(bootstrap, OFFSET_FETCH, 5, body)
    reader.take("i")
    found = {}

    def partition():
        number, offset, _ = reader.take("i"), reader.take("q"), reader.take("i")
        reader.string()
        code = reader.take("h")
        if code:
            raise KafkaError(code)
        found[number] = offset

    reader.array(lambda: (reader.string(), reader.array(partition)))
    return [found[p] for p in range(partitions)]


def find_coordinator(bootstrap, group):
    """On a new broker asking for the coordinator makes the topic of offsets."""
    call(bootstrap, FIND_COORDINATOR, 1, string(group) + b"\0")


def commit(bootstrap, group, topic, offsets, seconds=30):
    """Move a group that has no members: an offset for each partition from 0."""
    body = string(group) + struct.pack(">i", -1) + string("") + string(None) + array(
        [topic], lambda name: string(name) + array(list(enumerate(offsets)), lambda one: (
            struct.pack(">iqi", one[0], one[1], -1) + string(None))))
    deadline = time.monotonic() + seconds
    while True:
        reader = call(bootstrap, OFFSET_COMMIT, 7, body)
        reader.take("i")
        answers = reader.array(lambda: (reader.string(), reader.array(
            lambda: (reader.take("i"), reader.take("h")))))
        codes = {code for _, partitions in answers for _, code in partitions} - {0}
        if not codes:
            return
        if not codes <= NO_COORDINATOR or time.monotonic() > deadline:
            raise KafkaError(max(codes), f"offsets of {group}")
        find_coordinator(bootstrap, group)
        time.sleep(0.05)


def commit_in_transaction(bootstrap, group, topic, offsets, producer):
    """As commit, but it counts when the producer's transaction is committed."""
    body = string(producer.transactional_id) + string(group) + struct.pack(
        ">qh", producer.number, producer.epoch) + array([topic], lambda name: string(name) + array(
            list(enumerate(offsets)), lambda one: struct.pack(">iq", *one) + string(None)))
    reader = call(bootstrap, TXN_OFFSET_COMMIT, 0, body)
    reader.take("i")
    for _, partitions in reader.array(lambda: (reader.string(), reader.array(
            lambda: (reader.take("i"), reader.take("h"))))):
        for _, code in partitions:
            if code:
                raise KafkaError(code, f"offsets of {group} in a transaction")


def delete_topic(bootstrap, name):
    body = array([name], string) + struct.pack(">i", 30000)
    reader = call(bootstrap, DELETE_TOPICS, 1, body)
    reader.take("i")
    for _, code in reader.array(lambda: (reader.string(), reader.take("h"))):
        if code:
            raise KafkaError(code)


def topic_settings(bootstrap, name):
    """{setting: value} of a topic, defaults included."""
    body = array([name], lambda topic: struct.pack(">b", TOPIC_RESOURCE) + string(topic)
                 + struct.pack(">i", -1)) + b"\0"
    reader = call(bootstrap, DESCRIBE_CONFIGS, 1, body)
    reader.take("i")

    def entry():
        key, value = reader.string(), reader.string()
        reader.take("?"), reader.take("b"), reader.take("?")
        reader.array(lambda: (reader.string(), reader.string(), reader.take("b")))
        return key, value

    def resource():
        code, text = reader.take("h"), reader.string()
        reader.take("b"), reader.string()
        entries = reader.array(entry)
        if code:
            raise KafkaError(code, text)
        return dict(entries)

    return reader.array(resource)[0]


class Producer:
    """By which brokers know a batch that they have already. transactional_id: of the transactions
    that it takes up, ending the one that is open."""

    def __init__(self, bootstrap, transactional_id=None, seconds=30):
        self.transactional_id = transactional_id
        deadline = time.monotonic() + seconds
        while True:
            reader = call(bootstrap, INIT_PRODUCER_ID, 0,
                          string(transactional_id) + struct.pack(">i", 30000))
            _, code = reader.take("i"), reader.take("h")
            self.number, self.epoch = reader.take("q"), reader.take("h")
            if not code:
                return
            if code not in NO_COORDINATOR | {CONCURRENT} or time.monotonic() > deadline:
                raise KafkaError(code, "a producer's id")
            time.sleep(0.05)


class ProducerOf(Producer):
    """The one that has a transactional id now, as it is."""

    def __init__(self, bootstrap, transactional_id):
        self.transactional_id = transactional_id
        name = transactional_id.encode()
        assert len(name) < 127
        reader = call(bootstrap, DESCRIBE_TRANSACTIONS, 0,
                      b"\2" + bytes([len(name) + 1]) + name + b"\0", tags=b"\0")
        _, _, code = reader.take("i"), reader.take("b"), reader.take("h")
        if code:
            raise KafkaError(code, transactional_id)
        for _ in range(2):  # its id, its state
            length = reader.take("b")
            reader.at += length - 1
        reader.take("i"), reader.take("q")
        self.number, self.epoch = reader.take("q"), reader.take("h")


def record_batch(records, now, producer):
    """The first batch of a producer, format 2, of [(key, value, timestamp or None, [(header,
    value)])], bytes or None."""
    attributes = TRANSACTIONAL if producer.transactional_id else 0
    stamps = [now if stamp is None else stamp for _, _, stamp, _ in records]
    body = b""
    for position, (key, value, _, headers) in enumerate(records):
        record = b"\0" + zigzag(stamps[position] - stamps[0]) + zigzag(position)
        record += sized(key) + sized(value) + zigzag(len(headers))
        for name, content in headers:
            record += sized(name.encode()) + sized(content)
        body += sized(record)
    checked = struct.pack(">hiqqqhii", attributes, len(records) - 1, stamps[0], max(stamps),
                          producer.number, producer.epoch, 0, len(records)) + body
    rest = struct.pack(">ibI", -1, 2, crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(rest)) + rest


def produce(bootstrap, topic, partition, records, seconds=30, producer=None):
    """Append the records to a partition in one batch (acks=all), once: a leader may append, and
    say that it is none any more. It is the first of the producer there."""
    producer = producer or Producer(bootstrap)
    batch = record_batch(records, int(time.time() * 1000), producer)
    body = string(producer.transactional_id) + struct.pack(">hi", -1, 30000) + array([topic], lambda name: (
        string(name) + array([partition], lambda number: (
            struct.pack(">ii", number, len(batch)) + batch))))
    deadline = time.monotonic() + seconds
    for address in itertools.cycle(bootstrap.split(",")):
        try:
            reader = call(address, PRODUCE, 7, body)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            continue
        answers = reader.array(lambda: (reader.string(), reader.array(lambda: (
            reader.take("i"), reader.take("h"), reader.take("q"), reader.take("q"),
            reader.take("q")))))
        code = answers[0][1][0][1]
        if not code:
            return
        if code not in RETRIED_ERRORS or time.monotonic() > deadline:
            raise KafkaError(code, f"producing to {topic}")
        time.sleep(0.05)
