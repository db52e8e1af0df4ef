#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: serialized "deterministically", one message with a map field has the same bytes in Go
# and in Python, and certainly in one version of Python's library: by the keys, in rising order.
# Seen (Go 1.36.12, Python 7.36.2 with upb, its default, and with its pure Python form):
#   Go and pure Python  rising: -2 -1 0 5 300, false true, "" B a aa z
#   Python with upb     falling, numbers as if unsigned: -1 -2 300 5 0, true false; text
#                       rising, but a longer text before its own prefix: B aa a z ""
# All three read each other's bytes; each is the same on each run.
# Matters: a Kafka key in Protobuf with a map in it lands on another partition and is another key
# for compaction, joins and GROUP BY, by who wrote it; setting
# PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION, or an image without the binary wheel, is enough. Keys
# must be compared by value, or hold no maps.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 go; do command -v $tool >/dev/null || missing $tool; done
python3 -m venv env
env/bin/pip install -q protobuf==7.36.2 kafka-python==3.0.12 >pip.log 2>&1 || missing protobuf

cat >order.py <<'END'
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal import api_implementation

FIELDS = {"text": ("TYPE_STRING", ["aa", "z", "", "B", "a"]), "int": ("TYPE_INT32", [5, -1, 0, 300, -2]),
          "bool": ("TYPE_BOOL", [True, False])}


def schema():
    """message M { map<string, int32> text = 1; map<int32, int32> int = 2; … }"""
    file = descriptor_pb2.FileDescriptorProto(name="m.proto", package="m", syntax="proto3")
    message = file.message_type.add(name="M")
    for number, (name, (kind, _)) in enumerate(FIELDS.items(), 1):
        entry = message.nested_type.add(name=name.title() + "Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, type=kind, label="LABEL_OPTIONAL")
        entry.field.add(name="value", number=2, type="TYPE_INT32", label="LABEL_OPTIONAL")
        message.field.add(name=name, number=number, type="TYPE_MESSAGE", label="LABEL_REPEATED",
                          type_name=f".m.M.{entry.name}")
    return file


pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(schema().SerializeToString())
M = message_factory.GetMessageClass(pool.FindMessageTypeByName("m.M"))
if sys.argv[1] == "schema":
    open("m.bin", "wb").write(schema().SerializeToString())
elif sys.argv[1] == "write":
    for name, (_, keys) in FIELDS.items():
        message = M()
        for key in keys:
            getattr(message, name)[key] = 1
        print(name, "python-" + api_implementation.Type(),
              message.SerializeToString(deterministic=True).hex(), sep="\t")
else:
    from kafka.partitioner.default import murmur2
    seen = {}
    for line in open("rows"):
        name, library, text = line.split()
        data = bytes.fromhex(text)
        assert dict(getattr(M.FromString(data), name)) == dict.fromkeys(FIELDS[name][1], 1)
        keys, rest = [], data
        while rest:  # one entry after another: tag, length (below 128), entry
            keys += getattr(M.FromString(rest[:2 + rest[1]]), name).keys()
            rest = rest[2 + rest[1]:]
        seen[name, library] = keys
        partition = (murmur2(data) & 0x7fffffff) % 12
        print(f"{name:5} {library:14} {json.dumps(keys):32} partition {partition:2} of 12")
    rising = {name: sorted(keys) for name, (_, keys) in FIELDS.items()}
    upb = {"text": ["B", "aa", "a", "z", ""], "int": [-1, -2, 300, 5, 0], "bool": [True, False]}
    expected = {(name, library): upb[name] if library == "python-upb" else rising[name]
                for name in FIELDS for library in ("go", "python-upb", "python-python")}
    if seen != expected:
        sys.exit(f"CHANGED: not as described\nexpected {expected}\nseen     {seen}")
    print("as described")
END

cat >go.mod <<'END'
module finding
go 1.24
require google.golang.org/protobuf v1.36.12
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

func main() {
	data, err := os.ReadFile("m.bin")
	if err != nil {
		panic(err)
	}
	var file descriptorpb.FileDescriptorProto
	if err := proto.Unmarshal(data, &file); err != nil {
		panic(err)
	}
	parsed, err := protodesc.NewFile(&file, nil)
	if err != nil {
		panic(err)
	}
	kind := parsed.Messages().ByName("M")
	for name, keys := range map[protoreflect.Name][]any{"text": {"aa", "z", "", "B", "a"},
		"int": {int32(5), int32(-1), int32(0), int32(300), int32(-2)}, "bool": {true, false}} {
		message := dynamicpb.NewMessage(kind)
		entries := message.Mutable(kind.Fields().ByName(name)).Map()
		for _, key := range keys {
			entries.Set(protoreflect.ValueOf(key).MapKey(), protoreflect.ValueOfInt32(1))
		}
		out, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s\tgo\t%x\n", name, out)
	}
}
END
go mod tidy 2>go.log || missing "the Go module"
env/bin/python order.py schema
{
    go run .
    env/bin/python order.py write
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python env/bin/python order.py write
} | sort >rows
echo "protobuf-go 1.36.12, protobuf (Python) 7.36.2"
env/bin/python order.py compare
