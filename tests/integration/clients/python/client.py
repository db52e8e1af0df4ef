# SPDX-License-Identifier: Apache-2.0
"""Confluent's Python client: writes or reads the records of one request; ../README.md has the protocol."""
import base64
import datetime
import json
import struct
import sys
from decimal import Context, Decimal

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import (Schema, SchemaRegistryClient,
                                             header_schema_id_serializer,
                                             prefix_schema_id_serializer)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
DAY = datetime.date(1970, 1, 1).toordinal()
MIDNIGHT = datetime.datetime(1970, 1, 1)
EXACT = Context(prec=80)


def double(bits):
    return struct.unpack(">d", bytes.fromhex(bits))[0]


def bits(value):
    return struct.pack(">d", value).hex()


def fixed(value, scale):
    """All digits of a decimal, as text."""
    return f"{value.quantize(Decimal(1).scaleb(-scale), context=EXACT):f}"


def millis(value):
    return str(round((value - EPOCH) / datetime.timedelta(milliseconds=1)))


class Avro:
    """What fastavro takes and gives: Decimal, date, time and datetime for the logical types."""

    def __init__(self, part):
        self.entries = part["entries"]

    def to(self, tree, v):
        kind = tree["type"]
        if v is None or kind in ("BOOLEAN", "INT", "STRING"):
            return v
        if kind == "BIGINT":
            return int(v)
        if kind == "DOUBLE":
            return double(v)
        if kind == "DECIMAL":
            return Decimal(v)
        if kind == "BYTES":
            return base64.b64decode(v)
        if kind == "DATE":
            return datetime.date.fromordinal(DAY + v)
        if kind == "TIME":
            return (MIDNIGHT + datetime.timedelta(milliseconds=int(v))).time()
        if kind == "TIMESTAMP":
            return EPOCH + datetime.timedelta(milliseconds=int(v))
        if kind == "ARRAY":
            return [self.to(tree["of"], x) for x in v]
        if kind == "MAP" and self.entries:
            return [{"key": k, "value": self.to(tree["of"], x)} for k, x in v.items()]
        if kind == "MAP":
            return {k: self.to(tree["of"], x) for k, x in v.items()}
        return {n: self.to(t, v[n]) for n, t in tree["fields"]}

    def back(self, tree, v):
        kind = tree["type"]
        if v is None or kind in ("BOOLEAN", "INT", "STRING"):
            return v
        if kind == "BIGINT":
            return str(v)
        if kind == "DOUBLE":
            return bits(v)
        if kind == "DECIMAL":
            return fixed(v, tree["scale"])
        if kind == "BYTES":
            return base64.b64encode(v).decode()
        if kind == "DATE":
            return v.toordinal() - DAY
        if kind == "TIME":
            return str(((v.hour * 60 + v.minute) * 60 + v.second) * 1000 + v.microsecond // 1000)
        if kind == "TIMESTAMP":
            return millis(v)
        if kind == "ARRAY":
            return [self.back(tree["of"], x) for x in v]
        if kind == "MAP" and isinstance(v, list):
            return {x["key"]: self.back(tree["of"], x["value"]) for x in v}
        if kind == "MAP":
            return {k: self.back(tree["of"], x) for k, x in v.items()}
        return {n: self.back(t, v[n]) for n, t in tree["fields"]}


class Json(Avro):
    """Numbers for times, Decimal for a number with its digits, base64; NaN and infinities as words."""

    def to(self, tree, v):
        kind = tree["type"]
        if v is None:
            return v
        if kind in ("TIME", "TIMESTAMP"):
            return int(v)
        if kind in ("DATE", "BYTES"):
            return v
        if kind == "DOUBLE":
            number = double(v)
            return number if number - number == 0 else {
                "nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[repr(number)]
        return super().to(tree, v)

    def back(self, tree, v):
        kind = tree["type"]
        if v is None:
            return v
        if kind in ("TIME", "TIMESTAMP", "BIGINT"):
            return str(v)
        if kind in ("DATE", "BYTES"):
            return v
        if kind == "DOUBLE":
            return bits(float(v))
        if kind == "DECIMAL":
            return fixed(Decimal(v), tree["scale"])
        return super().back(tree, v)


def encode_json(value):
    """Decimals with their digits, which json has no way to write."""
    digits = {}

    def text(d):
        digits[f"@{len(digits)}@"] = f"{d:f}"
        return f"@{len(digits) - 1}@"

    out = json.dumps(value, default=text)
    for mark, number in digits.items():
        out = out.replace(f'"{mark}"', number)
    return out


def decode_json(text):
    return json.loads(text, parse_float=Decimal)


def is_map(m, name):
    """A map field; else entries are messages of a list, as Connect writes maps."""
    return m.DESCRIPTOR.fields_by_name[name].message_type.GetOptions().map_entry


class Protobuf:
    """Messages of the class that protoc's descriptors make; known messages for times and decimals."""

    def __init__(self, part):
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(
                base64.b64decode(part["descriptors"])).file:
            pool.Add(file)
        self.type = message_factory.GetMessageClass(pool.FindMessageTypeByName(part["message"]))

    def to(self, tree, v):
        message = self.type()
        self.fill(message, tree, v)
        return message

    def fill(self, m, tree, v):
        for name, t in tree["fields"]:
            x = v[name]
            if x is None:
                continue
            kind = t["type"]
            if kind == "ARRAY":
                for item in x:
                    if t["of"]["type"] == "STRUCT":
                        self.fill(getattr(m, name).add(), t["of"], item)
                    else:
                        getattr(m, name).append(self.scalar(t["of"], item))
            elif kind == "MAP" and not is_map(m, name):
                for key, item in x.items():
                    entry = getattr(m, name).add()
                    entry.key = key
                    if item is not None:
                        self.fill(entry, {"fields": [["value", t["of"]]]}, {"value": item})
            elif kind == "MAP":
                for key, item in x.items():
                    if t["of"]["type"] == "STRUCT":
                        self.fill(getattr(m, name)[key], t["of"], item)
                    else:
                        getattr(m, name)[key] = self.scalar(t["of"], item)
            elif kind == "STRUCT":
                getattr(m, name).SetInParent()
                self.fill(getattr(m, name), t, x)
            elif kind in ("DATE", "TIME", "TIMESTAMP", "DECIMAL"):
                getattr(m, name).SetInParent()
                self.known(getattr(m, name), t, x)
            else:
                setattr(m, name, self.scalar(t, x))

    def scalar(self, t, v):
        return {"BIGINT": int, "DOUBLE": double, "BYTES": base64.b64decode}.get(
            t["type"], lambda x: x)(v)

    def known(self, m, t, v):
        if t["type"] == "DECIMAL":
            unscaled = int(Decimal(v).scaleb(t["scale"], context=EXACT))
            m.value = unscaled.to_bytes(unscaled.bit_length() // 8 + 1, "big", signed=True)
            m.precision, m.scale = t["precision"], t["scale"]
        elif t["type"] == "TIMESTAMP":
            m.seconds, m.nanos = int(v) // 1000, int(v) % 1000 * 1000000
        elif t["type"] == "DATE":
            day = datetime.date.fromordinal(DAY + v)
            m.year, m.month, m.day = day.year, day.month, day.day
        else:
            time = (MIDNIGHT + datetime.timedelta(milliseconds=int(v))).time()
            m.hours, m.minutes, m.seconds = time.hour, time.minute, time.second
            m.nanos = time.microsecond * 1000

    def back(self, tree, m):
        out = {}
        for name, t in tree["fields"]:
            kind = t["type"]
            if kind == "ARRAY":
                out[name] = [self.one(t["of"], x) for x in getattr(m, name)]
            elif kind == "MAP" and not is_map(m, name):
                value = [["value", t["of"]]]
                out[name] = {e.key: self.back({"fields": value}, e)["value"]
                             for e in getattr(m, name)}
            elif kind == "MAP":
                out[name] = {k: self.one(t["of"], x) for k, x in getattr(m, name).items()}
            else:
                field = m.DESCRIPTOR.fields_by_name[name]
                there = not field.has_presence or m.HasField(name)
                out[name] = self.one(t, getattr(m, name)) if there else None
        return out

    def one(self, t, v):
        kind = t["type"]
        if kind == "STRUCT":
            return self.back(t, v)
        if kind == "DECIMAL":
            return fixed(Decimal(int.from_bytes(v.value, "big", signed=True)).scaleb(
                -v.scale, context=EXACT), t["scale"])
        if kind == "TIMESTAMP":
            return str(v.seconds * 1000 + v.nanos // 1000000)
        if kind == "DATE":
            return datetime.date(v.year, v.month, v.day).toordinal() - DAY
        if kind == "TIME":
            return str(((v.hours * 60 + v.minutes) * 60 + v.seconds) * 1000 + v.nanos // 1000000)
        return {"BIGINT": str, "DOUBLE": bits, "BYTES": lambda x: base64.b64encode(x).decode()}.get(
            kind, lambda x: x)(v)


FORMS = {"AVRO": Avro, "JSON_SR": Json, "PROTOBUF": Protobuf}


def serializer(request, part, form, registry):
    conf = {"auto.register.schemas": True,
            "schema.id.serializer": header_schema_id_serializer if request["header"]
            else prefix_schema_id_serializer}
    if request["format"] == "AVRO":
        return AvroSerializer(registry, part["schema"], conf=conf)
    if request["format"] == "JSON_SR":
        return JSONSerializer(part["schema"], registry, conf={**conf, "validate": request["validate"]},
                              json_encode=encode_json)
    return ProtobufSerializer(form.type, registry, conf={**conf, "use.deprecated.format": False})


def deserializer(request, form, registry):
    if request["format"] == "AVRO":
        return AvroDeserializer(registry)
    if request["format"] == "JSON_SR":
        return JSONDeserializer(None, schema_registry_client=registry,
                                conf={"validate": request["validate"]}, json_decode=decode_json)
    # Without the registry: the client wants the writer's schema as a descriptor, and Apicurio has
    # texts as they came.
    return ProtobufDeserializer(form.type, {"use.deprecated.format": False})


def write(request, forms, registry):
    producer = Producer({"bootstrap.servers": request["bootstrap"]})
    serializers = {name: serializer(request, request[name], forms[name], registry)
                   for name in ("key", "value")}
    fields = {"key": MessageField.KEY, "value": MessageField.VALUE}
    for row in request["rows"]:
        headers, payload = [], {}
        for name in ("key", "value"):
            native = row[name]
            if native is not None:
                native = forms[name].to(request[name]["tree"], native)
            context = SerializationContext(request["topic"], fields[name], headers)
            payload[name] = None if native is None else serializers[name](native, context)
        producer.produce(request["topic"], key=payload["key"], value=payload["value"], partition=0,
                         headers=headers)
    producer.flush(30)
    return {"written": len(request["rows"])}


def read(request, forms, registry):
    consumer = Consumer({"bootstrap.servers": request["bootstrap"], "group.id": "none",
                         "enable.auto.commit": False})
    consumer.assign([TopicPartition(request["topic"], 0, 0)])
    deserializers = {name: deserializer(request, forms[name], registry) for name in ("key", "value")}
    rows = []
    while len(rows) < request["count"]:
        message = consumer.poll(30)
        if message is None or message.error():
            raise RuntimeError(message.error() if message else "no record within 30 s")
        headers = message.headers() or []
        row = {}
        for name, field, payload in (("key", MessageField.KEY, message.key()),
                                     ("value", MessageField.VALUE, message.value())):
            context = SerializationContext(request["topic"], field, headers)
            native = None if payload is None else deserializers[name](payload, context)
            row[name] = None if native is None else forms[name].back(request[name]["tree"], native)
        rows.append(row)
    consumer.close()
    return {"rows": rows}


def main():
    request = json.load(sys.stdin)
    registry = SchemaRegistryClient({"url": request["registry"]})
    forms = {name: FORMS[request["format"]](request[name]) for name in ("key", "value")}
    json.dump((write if request["action"] == "write" else read)(request, forms, registry),
              sys.stdout)


main()
