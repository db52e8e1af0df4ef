#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a field that comes with another wire type than the reader's schema says (its number was
# used again: a string became an int32) is an unknown field, as Protobuf's conformance tests want
# it; or the message is refused. Its bytes are never taken for anything else.
# Seen:
#   Protobuf for Go 1.36.11, Python 7.36.2 (upb and pure Python), protobufjs 8.8.1   unknown: both
#                              fields that the reader knows have no value
#   @bufbuild/protobuf 2.17.0  does not look at the wire type: the text's length is the int32, and
#                              the *text* is read as fields. The two characters "84" are the field 7
#                              with the value 52; "as usual" ends in an error ("premature EOF")
# Matters: @confluentinc/schemaregistry 1.10.1 depends on @bufbuild/protobuf 2. A consumer fails
# on one old record, and makes a number of a customer's text on the next, where the consumers beside
# it see no value.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 node npm go; do command -v $tool >/dev/null || missing $tool; done
python3 -m venv env
env/bin/pip install -q protobuf==7.36.2 >pip.log 2>&1 || missing "protobuf (Python)"
npm install --silent --no-save protobufjs@8.8.1 @bufbuild/protobuf@2.17.0 >npm.log 2>&1 ||
    missing "protobufjs, @bufbuild/protobuf"
cat >go.mod <<'END'
module finding
go 1.23
require google.golang.org/protobuf v1.36.11
END

# The writer's: message Order { string note = 1; }; the reader's: { int32 code = 1; int32 amount = 7; }
cat >read.py <<'END'
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal import api_implementation

Field = descriptor_pb2.FieldDescriptorProto


def order(fields):
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", syntax="proto3")
    message = file.message_type.add(name="Order")
    for name, number, kind in fields:
        message.field.add(name=name, number=number, type=kind, label=Field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return file, message_factory.GetMessageClass(pool.FindMessageTypeByName("Order"))


file, reader = order([("code", 1, Field.TYPE_INT32), ("amount", 7, Field.TYPE_INT32)])
if sys.argv[1:] == ["write"]:
    writer = order([("note", 1, Field.TYPE_STRING)])[1]
    for name, note in (("first", "84"), ("second", "as usual")):
        with open(name, "wb") as out:
            out.write(writer(note=note).SerializeToString())
    with open("descriptors", "wb") as out:
        out.write(descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString())
    sys.exit()
for name in ("first", "second"):
    message = reader.FromString(open(name, "rb").read())
    print(name, f"python-{api_implementation.Type()}", message.code, message.amount)
END
cat >read.mjs <<'END'
import fs from 'fs';
import protobufjs from 'protobufjs';
import {createFileRegistry, fromBinary} from '@bufbuild/protobuf';
import {FileDescriptorSetSchema} from '@bufbuild/protobuf/wkt';
const text = 'syntax = "proto3"; message Order { int32 code = 1; int32 amount = 7; }';
const plain = protobufjs.parse(text).root.lookupType('Order');
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync('descriptors')));
const es = registry.getMessage('Order');
for (const name of ['first', 'second']) {
    const bytes = fs.readFileSync(name);
    for (const [library, decode] of [['protobufjs', () => plain.decode(bytes)],
                                     ['bufbuild', () => fromBinary(es, bytes)]]) {
        let seen;
        try {
            const {code, amount} = decode();
            seen = code + ' ' + amount;
        } catch (error) {
            seen = 'refused: ' + error.message;
        }
        console.log(name, library, seen);
    }
}
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(must(os.ReadFile("descriptors")), &set); err != nil {
		panic(err)
	}
	order := must(protodesc.NewFile(set.File[0], nil)).Messages().Get(0)
	for _, name := range []string{"first", "second"} {
		message := dynamicpb.NewMessage(order)
		if err := proto.Unmarshal(must(os.ReadFile(name)), message); err != nil {
			fmt.Println(name, "go", err)
			continue
		}
		fmt.Println(name, "go", message.Get(order.Fields().Get(0)), message.Get(order.Fields().Get(1)))
	}
}
END
go mod tidy 2>go.log || missing "google.golang.org/protobuf"

env/bin/python read.py write
echo "protobuf 7.36.2 (Python), 1.36.11 (Go), protobufjs 8.8.1, @bufbuild/protobuf 2.17.0;" \
     "record, library, code, amount"
{
    env/bin/python read.py
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python env/bin/python read.py
    node read.mjs
    go run .
} | LC_ALL=C sort | tee seen
cat >expected <<'END'
first bufbuild 2 52
first go 0 0
first protobufjs 0 0
first python-python 0 0
first python-upb 0 0
second bufbuild refused: premature EOF
second go 0 0
second protobufjs 0 0
second python-python 0 0
second python-upb 0 0
END
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
