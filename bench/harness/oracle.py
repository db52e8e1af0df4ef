# SPDX-License-Identifier: Apache-2.0
"""The right answers, computed in plain Python from the input topics, and the comparison.

An answer is a dict. For tables: key bytes -> values of the columns, of the last record of each key
in the output topic; keys whose last value is NULL are gone. For streams: (key bytes, values) -> how
often. Keys are compared byte by byte, values as JSON objects that have exactly these columns.
"""
import collections
import gc
import json
import struct
import subprocess
import zlib

COUNTRIES = {"United States", "Germany", "France"}
MINUTE = 60_000
GAP = 5 * MINUTE
HEAD = struct.Struct("=iiq")
CHUNK = 1 << 22


def records(broker, topic):
    """(key, value, time) of every committed record, in the order of each partition."""
    child = subprocess.Popen(broker.topics_command("dump", topic), stdout=subprocess.PIPE)
    rest = b""
    try:
        while chunk := child.stdout.read(CHUNK):
            data = rest + chunk
            at, end = 0, len(data)
            while at + HEAD.size <= end:
                key_len, value_len, time = HEAD.unpack_from(data, at)
                key_at = at + HEAD.size
                value_at = key_at + max(key_len, 0)
                after = value_at + max(value_len, 0)
                if after > end:
                    break
                yield (data[key_at:value_at] if key_len >= 0 else None,
                       data[value_at:after] if value_len >= 0 else None, time)
                at = after
            rest = data[at:]
    finally:
        child.stdout.close()
        status = child.wait()
    if status or rest:
        raise RuntimeError(f"{topic} could not be read")


def clicks(broker):
    for key, value, time in records(broker, "clicks"):
        yield key, json.loads(value), time


class AvroReader:
    """The fields of an Avro record, one after the other; the mark before it is not looked at."""

    def __init__(self, value):
        self.value, self.at = value, 5

    def number(self):
        bits = shift = 0
        while True:
            byte = self.value[self.at]
            self.at += 1
            bits |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return bits >> 1 ^ -(bits & 1)

    def text(self):
        size = self.number()
        self.at += size
        return self.value[self.at - size:self.at].decode()

    def optional(self, read):
        """Of a union of null and something."""
        return read(self) if self.number() else None

    def end(self):
        if self.at != len(self.value):
            raise ValueError("an Avro record is longer than its schema says")


# ---- one function for each workload: the answer

def w1(broker):
    found = collections.Counter()
    for key, c, _ in clicks(broker):
        if c["browser"] == "Chrome" and c["country"] in COUNTRIES:
            found[key, (c["uuid"], c["campaignId"], c["ip"], c["country"])] += 1
    return found


def w1a(broker):
    found = collections.Counter()
    for key, value, _ in records(broker, "clicks-avro"):
        c = AvroReader(value)
        uuid, campaign = c.text(), c.number()
        c.number(), c.number()
        ip, _, country, browser = c.text(), c.text(), c.text(), c.text()
        if browser == "Chrome" and country in COUNTRIES:
            found[key, (uuid, campaign, ip, country)] += 1
    return found


def w2(broker):
    found = {}
    for _, c, time in clicks(broker):
        key = c["campaignId"], time - time % MINUTE
        count, total = found.get(key, (0, 0))
        found[key] = count + 1, total + c["pubId"]
    return {struct.pack(">iq", *key): values for key, values in found.items()}


def w3(broker):
    found = collections.Counter(c["ip"] for _, c, _ in clicks(broker))
    return {ip.encode(): (count,) for ip, count in found.items()}


def w4(broker):
    names = {struct.unpack(">i", key)[0]: json.loads(value)["name"]
             for key, value, _ in records(broker, "campaigns")}
    by_id = collections.Counter(c["campaignId"] for _, c, _ in clicks(broker))
    found = collections.Counter()
    for campaign, count in by_id.items():
        if campaign in names:
            found[names[campaign]] += count
    return {name.encode(): (count,) for name, count in found.items()}


def w5(broker):
    auctions = collections.defaultdict(list)
    for key, value, time in records(broker, "auction"):
        a = json.loads(value)
        auctions[key].append((time, a["category"], a["seller"]))
    found = collections.Counter()
    for key, value, time in records(broker, "bid"):
        for opened, category, seller in auctions.get(key, ()):
            if abs(time - opened) <= 10_000:
                b = json.loads(value)
                found[key, (b["bidder"], b["price"], category, seller)] += 1
    return found


def w6(broker):
    found = collections.Counter()
    for _, c, time in clicks(broker):
        last = time - time % 10_000
        for start in range(max(last - 50_000, 0), last + 1, 10_000):
            found[c["campaignId"], start] += 1
    return {struct.pack(">iq", *key): (count,) for key, count in found.items()}


def w7(broker):
    times = collections.defaultdict(list)
    for _, c, time in clicks(broker):
        times[c["ip"]].append(time)
    found = {}
    for ip, seen in times.items():
        seen.sort()
        first, count = seen[0], 0
        for i, time in enumerate(seen):
            count += 1
            if i + 1 == len(seen) or seen[i + 1] - time > GAP:
                # A windowed key of a session: the key, then the end, then the start.
                found[ip.encode() + struct.pack(">qq", time, first)] = (count,)
                if i + 1 < len(seen):
                    first, count = seen[i + 1], 0
    return found


# name: (answer, columns of the output, is it a stream); columns of Avro as what reads them
ANSWERS = {
    "W1": (w1, ("UUID", "CAMPAIGNID", "IP", "COUNTRY"), True),
    "W1A": (w1a, (AvroReader.text, AvroReader.number, AvroReader.text, AvroReader.text), True),
    "W2": (w2, ("CNT", "TOTAL"), False),
    "W3": (w3, ("CNT",), False),
    "W4": (w4, ("CNT",), False),
    "W5": (w5, ("BIDDER", "PRICE", "CATEGORY", "SELLER"), True),
    "W6": (w6, ("CNT",), False),
    "W7": (w7, ("CNT",), False),
}


def expected(workload, broker):
    gc.disable()  # millions of small objects that all stay: the collector would look at each again
    try:
        return ANSWERS[workload.name][0](broker)
    finally:
        gc.enable()


def columns_of(value, columns):
    if callable(columns[0]):
        reader = AvroReader(value)
        found = tuple(reader.optional(read) for read in columns)
        reader.end()
        return found
    found = json.loads(value)
    if len(found) != len(columns):
        raise ValueError(f"columns {list(found)}, not {list(columns)}")
    return tuple(found[column] for column in columns)


def actual(workload, broker, topic):
    """(how many records an output topic has, the answer in it)"""
    _, columns, stream = ANSWERS[workload.name]
    if stream:
        found = collections.Counter((key, columns_of(value, columns))
                                    for key, value, _ in records(broker, topic))
        return sum(found.values()), found
    count, last = 0, {}
    for key, value, _ in records(broker, topic):
        count += 1
        last[key] = value
    return count, {key: columns_of(value, columns) for key, value in last.items()
                   if value is not None}


def check(workload, broker, topic, answer):
    """(is the output topic right, a sentence about it, how many records it has)"""
    gc.disable()
    try:
        count, found = actual(workload, broker, topic)
    except (LookupError, ValueError, TypeError) as error:
        return False, f"{topic} holds something else: {error!r}", 0
    finally:
        gc.enable()
    if found == answer:
        return True, f"right: {len(answer)} results", count
    missing = [key for key in answer if key not in found]
    extra = [key for key in found if key not in answer]
    other = [key for key in answer if key in found and found[key] != answer[key]]
    text = (f"WRONG: {len(missing)} results missing, {len(extra)} too many, {len(other)} differ,"
            f" of {len(answer)}")
    for what, keys in (("missing", missing), ("extra", extra)):
        text += "".join(f"; {what} {key}" for key in keys[:1])
    text += "".join(f"; {key}: {found[key]}, not {answer[key]}" for key in other[:1])
    return False, text, count


def digest(broker, *topics):
    """(records, sum of checksums): equal for topics with the same records in any order."""
    count = total = 0
    for topic in topics:
        for key, value, _ in records(broker, topic):
            count += 1
            total += zlib.crc32(value or b"", zlib.crc32(key or b""))
    return count, total
