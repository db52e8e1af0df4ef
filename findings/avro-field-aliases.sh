#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a reader's field is found by its own name, and by an alias only where the writer has no
# field of that name; so an old name may be used again: {id} became {old_id (alias id), id}.
# Seen: old records {"id":7} read with the new schema have
#   Java, hamba (Go)         old_id 7, and the default in id: the alias takes a field that is there
#   fastavro, avro (Python)  id 7, and the default in old_id (the latter knows no aliases at all)
#   avsc                     7 in both
#   twmb (Go), apache-avro   refuse the schema (the Rust one finds no field by its alias at all)
# One version later, when the writer has both fields {"old_id":7,"id":8} and the reader one field
# more: Java refuses to read, hamba says old_id 8 and id 0, so the value of old_id is
# *lost* and id's is in its place, without an error. And a writer with both names, where the reader
# only has the new one with the old as alias: fastavro gives the *old* field's value, three others
# the new one's, three refuse.
# Matters: two consumers of one topic have other values in a key column. Look up by name first, and
# never use a name again.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 go cargo mvn java node npm; do
    command -v $tool >/dev/null || missing $tool
done

# A name, the writer's fields and values, the reader's fields.
python3 - >cases.json <<'END'
import json


def record(*fields):
    return {"type": "record", "name": "r", "fields": list(fields)}


def long(name, *aliases, **more):
    return {"name": name, "type": "long"} | ({"aliases": aliases} if aliases else {}) | more


reused = [long("old_id", "id", default=-1), long("id", default=0)]
print(json.dumps([
    ("renamed", record(long("id")), {"id": 7}, record(long("old_id", "id"))),
    ("renamed, name reused", record(long("id")), {"id": 7}, record(*reused)),
    ("the version after that", record(*reused), {"old_id": 7, "id": 8},
     record(*reused, long("more", default=0))),
    ("writer with both names", record(long("old"), long("new")), {"old": 1, "new": 2},
     record(long("new", "old"))),
]))
END

cat >expected <<'END'
renamed
  apache-avro  refused
  avro-python  refused
  avsc         {"old_id": 7}
  fastavro     {"old_id": 7}
  hamba        {"old_id": 7}
  java         {"old_id": 7}
  twmb         {"old_id": 7}
renamed, name reused
  apache-avro  refused
  avro-python  {"id": 7, "old_id": -1}
  avsc         {"id": 7, "old_id": 7}
  fastavro     {"id": 7, "old_id": -1}
  hamba        {"id": 0, "old_id": 7}
  java         {"id": 0, "old_id": 7}
  twmb         refused
the version after that
  apache-avro  refused
  avro-python  {"id": 8, "more": 0, "old_id": 7}
  avsc         refused
  fastavro     {"id": 8, "more": 0, "old_id": 7}
  hamba        {"id": 0, "more": 0, "old_id": 8}
  java         refused
  twmb         refused
writer with both names
  apache-avro  {"new": 2}
  avro-python  {"new": 2}
  avsc         refused
  fastavro     {"new": 1}
  hamba        {"new": 2}
  java         refused
  twmb         refused
END

cat >pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>avro</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.avro</groupId><artifactId>avro</artifactId><version>1.12.2</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.16</version>
    </dependency>
  </dependencies>
</project>
END
cat >Read.java <<'END'
import com.fasterxml.jackson.databind.*;
import java.nio.file.*;
import org.apache.avro.*;
import org.apache.avro.generic.*;
import org.apache.avro.io.*;

public class Read {
    public static void main(String[] args) throws Exception {
        int number = 0;
        for (JsonNode given : new ObjectMapper().readTree(Files.readString(Path.of("cases.json")))) {
            Schema writer = new Schema.Parser().parse(given.get(1).toString());
            Schema reader = new Schema.Parser().parse(given.get(3).toString());
            byte[] data = Files.readAllBytes(Path.of(number++ + ".bin"));
            String seen;
            try {
                seen = new GenericDatumReader<Object>(writer, reader)
                    .read(null, DecoderFactory.get().binaryDecoder(data, null)).toString();
            } catch (AvroRuntimeException refused) {
                seen = "refused";
            }
            System.out.println(given.get(0).asText() + "\tjava\t" + seen);
        }
    }
}
END

cat >read.py <<'END'
import io
import json

import avro.errors
import avro.io
import avro.schema
import fastavro


def attempt(read):
    try:
        return json.dumps(read())
    except (KeyError, avro.errors.AvroException):
        return "refused"


for number, (name, writer, value, reader) in enumerate(json.load(open("cases.json"))):
    data = io.BytesIO()
    fastavro.schemaless_writer(data, writer, value)
    data = data.getvalue()
    open(f"{number}.bin", "wb").write(data)
    print(name, "fastavro", attempt(lambda: fastavro.schemaless_reader(
        io.BytesIO(data), writer, reader)), sep="\t")
    print(name, "avro-python", attempt(lambda: avro.io.DatumReader(
        avro.schema.parse(json.dumps(writer)), avro.schema.parse(json.dumps(reader))).read(
            avro.io.BinaryDecoder(io.BytesIO(data)))), sep="\t")
END

cat >go.mod <<'END'
module finding
go 1.24
require (
	github.com/hamba/avro/v2 v2.31.0
	github.com/twmb/avro v1.9.1
)
END
cat >main.go <<'END'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	hamba "github.com/hamba/avro/v2"
	twmb "github.com/twmb/avro"
)

func show(value any, err error) string {
	if err != nil {
		return "refused"
	}
	text, _ := json.Marshal(value)
	return string(text)
}

func first(writer, reader, data []byte) (value any, err error) {
	from, err := hamba.ParseBytesWithCache(writer, "", &hamba.SchemaCache{})
	if err != nil {
		return nil, err
	}
	to, err := hamba.ParseBytesWithCache(reader, "", &hamba.SchemaCache{})
	if err != nil {
		return nil, err
	}
	schema, err := hamba.NewSchemaCompatibility().Resolve(to, from)
	if err != nil {
		return nil, err
	}
	err = hamba.Unmarshal(schema, data, &value)
	return value, err
}

func second(writer, reader, data []byte) (value any, err error) {
	from, err := twmb.Parse(string(writer))
	if err != nil {
		return nil, err
	}
	to, err := twmb.Parse(string(reader))
	if err != nil {
		return nil, err
	}
	schema, err := twmb.Resolve(from, to)
	if err != nil {
		return nil, err
	}
	_, err = schema.Decode(data, &value)
	return value, err
}

func main() {
	text, _ := os.ReadFile("cases.json")
	var cases [][]json.RawMessage
	if err := json.Unmarshal(text, &cases); err != nil {
		panic(err)
	}
	for number, given := range cases {
		var name string
		_ = json.Unmarshal(given[0], &name)
		data, _ := os.ReadFile(fmt.Sprint(number, ".bin"))
		fmt.Printf("%s\thamba\t%s\n", name, show(first(given[1], given[3], data)))
		fmt.Printf("%s\ttwmb\t%s\n", name, show(second(given[1], given[3], data)))
	}
}
END

cat >read.js <<'END'
const avro = require('avsc');
const fs = require('fs');
JSON.parse(fs.readFileSync('cases.json')).forEach(([name, from, , to], number) => {
    let text;
    try {
        const writer = avro.Type.forSchema(from);
        const reader = avro.Type.forSchema(to);
        text = JSON.stringify(reader.fromBuffer(
            fs.readFileSync(number + '.bin'), reader.createResolver(writer)));
    } catch (error) {
        text = 'refused';
    }
    console.log([name, 'avsc', text].join('\t'));
});
END

mkdir src
cat >Cargo.toml <<'END'
[package]
name = "finding"
version = "0.1.0"
edition = "2021"
[dependencies]
apache-avro = "=0.22.0"
serde_json = "1"
END
cat >src/main.rs <<'END'
#![allow(deprecated)]
use apache_avro::{from_avro_datum, types::Value, Schema};

fn read(writer: &serde_json::Value, reader: &serde_json::Value, data: &[u8]) -> Option<String> {
    let writer = Schema::parse(writer).ok()?;
    let reader = Schema::parse(reader).ok()?;
    let Value::Record(fields) = from_avro_datum(&writer, &mut &data[..], Some(&reader)).ok()? else {
        return None;
    };
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| match value {
            Value::Long(n) => format!("\"{name}\":{n}"),
            other => format!("\"{name}\":{other:?}"),
        })
        .collect();
    Some(format!("{{{}}}", fields.join(",")))
}

fn main() {
    let text = std::fs::read_to_string("cases.json").unwrap();
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (number, case) in cases.as_array().unwrap().iter().enumerate() {
        let data = std::fs::read(format!("{number}.bin")).unwrap();
        let seen = read(&case[1], &case[3], &data).unwrap_or("refused".to_string());
        println!("{}\tapache-avro\t{seen}", case[0].as_str().unwrap());
    }
}
END

mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing avro.jar
python3 -m venv env
env/bin/pip install -q fastavro==1.13.1 avro==1.12.2 >pip.log 2>&1 || missing "fastavro, avro"
npm install --silent --no-save avsc@5.7.9 >npm.log 2>&1 || missing avsc
go mod tidy 2>go.log || missing "the Go modules"
cargo fetch -q 2>cargo.log || missing "the crate apache-avro"
echo "Avro 1.12.2 (Java), hamba/avro 2.31.0, twmb/avro 1.9.1, fastavro 1.13.1, avro 1.12.2 (Python)," \
     "apache-avro 0.22.0 (Rust), avsc 5.7.9"
{
    env/bin/python read.py
    java -Xmx256m -cp 'jars/*' Read.java
    go run .
    node read.js
    cargo run -q
} >rows
# The members of an object by name, without blanks.
python3 - >seen <<'END'
import json

last = None
for row in sorted(open("rows")):
    name, library, value = row.rstrip("\n").split("\t")
    if name != last:
        print(name)
        last = name
    if value != "refused":
        value = json.dumps(json.loads(value), sort_keys=True)
    print(f"  {library:12} {value}")
END
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
