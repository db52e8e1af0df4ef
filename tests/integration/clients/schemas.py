# SPDX-License-Identifier: Apache-2.0
"""The schemas that an application would write by hand for the columns of rows.py."""
import base64
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

PROTO = Path(__file__).resolve().parent / "proto"


# ---- Avro: Avro's own maps, a decimal in a fixed, plain and nullable unions ----

def avro(tree, name="Row", nullable=True, fixed=True):
    made = _avro(tree, name, fixed)
    return ["null", made] if nullable else made


def _avro(tree, name, fixed):
    kind = tree["type"]
    logical = {"TIME": ("int", "time-millis"), "DATE": ("int", "date"),
               "TIMESTAMP": ("long", "timestamp-millis")}
    if kind in logical:
        return {"type": logical[kind][0], "logicalType": logical[kind][1]}
    if kind == "DECIMAL":
        decimal = {"logicalType": "decimal", "precision": tree["precision"], "scale": tree["scale"]}
        if tree["precision"] > 30 and fixed:
            return {"type": "fixed", "size": 16, "name": f"{name}_16", **decimal}
        return {"type": "bytes", **decimal}
    if kind == "ARRAY":
        return {"type": "array", "items": avro(tree["of"], name, True, fixed)}
    if kind == "MAP":
        return {"type": "map", "values": avro(tree["of"], name, True, fixed)}
    if kind == "STRUCT":
        return {"type": "record", "name": name, "namespace": "shop.events", "fields": [
            {"name": n, "type": avro(t, f"{name}_{n}", True, fixed), "default": None}
            for n, t in tree["fields"]]}
    return {"BOOLEAN": "boolean", "INT": "int", "BIGINT": "long", "DOUBLE": "double",
            "STRING": "string", "BYTES": "bytes"}[kind]


def avro_text(tree, fixed=True):
    return json.dumps(avro(tree, "Row", False, fixed))


# ---- JSON Schema: draft-07; Connect's words where a type has no word of its own ----

CONNECT = {
    "INT": {"type": "integer", "connect.type": "int32"},
    "BYTES": {"type": "string", "connect.type": "bytes"},
    "TIME": {"type": "integer", "title": "org.apache.kafka.connect.data.Time",
             "connect.type": "int32"},
    "DATE": {"type": "integer", "title": "org.apache.kafka.connect.data.Date",
             "connect.type": "int32"},
    "TIMESTAMP": {"type": "integer", "title": "org.apache.kafka.connect.data.Timestamp",
                  "connect.type": "int64"},
}


def json_schema(tree, nullable=True):
    kind = tree["type"]
    if kind == "ARRAY":
        made = {"type": "array", "items": json_schema(tree["of"])}
    elif kind == "MAP":
        made = {"type": "object", "additionalProperties": json_schema(tree["of"])}
    elif kind == "STRUCT":
        made = {"type": "object", "properties": {n: json_schema(t) for n, t in tree["fields"]}}
    elif kind == "DECIMAL":
        made = {"type": "number", "title": "org.apache.kafka.connect.data.Decimal",
                "connect.type": "bytes", "connect.parameters": {"scale": str(tree["scale"])}}
    else:
        made = CONNECT.get(kind) or {"type": {
            "BOOLEAN": "boolean", "STRING": "string", "DOUBLE": "number"}.get(kind, "integer")}
    return {"oneOf": [{"type": "null"}, made]} if nullable else made


def json_text(tree):
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#",
                       **json_schema(tree, nullable=False)})


# ---- Protobuf ----

IMPORTS = [("google.protobuf.Timestamp", "google/protobuf/timestamp.proto"),
           ("google.type.Date", "google/type/date.proto"),
           ("google.type.TimeOfDay", "google/type/timeofday.proto"),
           ("confluent.type.Decimal", "confluent/type/decimal.proto"),
           ("confluent.field_meta", "confluent/meta.proto")]


def proto_text(tree, name="Row"):
    message = _message(tree, name)
    text = "\n".join(message)
    imports = [f'import "{file}";' for word, file in IMPORTS if word in text]
    return "\n".join(['syntax = "proto3";', "package shop.events;", *imports, *message]) + "\n"


def _message(tree, name):
    lines, nested = [f"message {name} {{"], []
    for number, (field, t) in enumerate(tree["fields"], 1):
        label, kind = "optional ", t
        if t["type"] == "ARRAY":
            label, kind = "repeated ", t["of"]
        elif t["type"] == "MAP":
            label, kind = "", t["of"]
        type_name = _proto_type(kind, f"{name}_{field}")
        if kind["type"] == "STRUCT":
            nested += _message(kind, f"{name}_{field}")
        if t["type"] == "MAP":
            type_name = f"map<string, {type_name}>"
        options = ""
        if kind["type"] == "DECIMAL":
            options = (' [(confluent.field_meta) = {params: [{key: "precision", value: '
                       f'"{kind["precision"]}"}}, {{key: "scale", value: "{kind["scale"]}"}}]}}]')
        lines.append(f"  {label}{type_name} {field} = {number}{options};")
    return lines + ["  " + line for line in nested] + ["}"]


def _proto_type(tree, struct_name):
    return {"BOOLEAN": "bool", "INT": "int32", "BIGINT": "int64", "DOUBLE": "double",
            "STRING": "string", "BYTES": "bytes", "TIMESTAMP": "google.protobuf.Timestamp",
            "DATE": "google.type.Date", "TIME": "google.type.TimeOfDay",
            "DECIMAL": "confluent.type.Decimal", "STRUCT": struct_name}[tree["type"]]


def protoc(*words, **options):
    return subprocess.run(["protoc", f"-I{PROTO}", *words], check=True, capture_output=True,
                          **options).stdout


def descriptors(text):
    """(FileDescriptorSet with all imports in base64, full name of the first message), of a file's text
    or of its descriptor in base64."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "row.proto"), Path(folder, "row.binpb")
        if "syntax" in text:
            source.write_text(text)
            own = b""
        else:  # a set is its files one after the other, and each stands behind its imports
            own = base64.b64decode(text, validate=True)
            source.write_text("".join(f'import "{file}";' for _, file in IMPORTS))
        protoc(f"-I{folder}", "--include_imports", f"--descriptor_set_out={out}", os.fspath(source))
        files = out.read_bytes()
    if own:
        files += b"\n" + length(len(own)) + own
        text = protoc("--decode=google.protobuf.FileDescriptorProto",
                      "google/protobuf/descriptor.proto", input=own).decode()
    package = re.findall(r'^package:? "?([\w.]+)', text, re.M)
    message = re.findall(r'^message(?:_type \{\n  name:)? "?(\w+)', text, re.M)[0]
    return base64.b64encode(files).decode(), ".".join(package + [message])


def length(n):
    """Protobuf's varint."""
    return bytes([n]) if n < 128 else bytes([n % 128 + 128]) + length(n // 128)


def part(tree, text, form):
    """How a request describes keys or values."""
    entries = "MapEntry" in text or '"connect.type":"map"' in text  # Connect's form of a map
    made = {"tree": tree, "schema": text, "entries": entries, "descriptors": None, "message": None}
    made["entriesAreMessages"] = form == "PROTOBUF" and "map<" not in text
    if form == "PROTOBUF":
        made["descriptors"], made["message"] = descriptors(text)
    return made


def own(tree, form, fixed=True):
    """The application's schema, as text. Without `fixed` all decimals are bytes."""
    if form == "AVRO":
        return avro_text(tree, fixed)
    return {"JSON_SR": json_text, "PROTOBUF": proto_text}[form](tree)
