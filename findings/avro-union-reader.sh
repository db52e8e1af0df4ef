#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a field changes from "int" or "long" to a union; for old records the reader's branch is
# found from the two schemas alone, by one rule: the first branch that the writer's type resolves
# to.
# Seen: three rules, and in two libraries no rule of the schemas at all.
#   hamba, avsc, fastavro      the first branch that promotion can reach: int 7 is double 7.0
#   Java, twmb, apache-avro    a branch of the very type wins over an earlier one: int 7 is int 7
#   avro (Python)              the value is not promoted at all: a union without int gives int
#   apache-avro (Rust)         goes by the value: long 5 is *int* 5 in ["int","double"], 2^40 is
#                              double; long into ["null","int"], which all others refuse, works
#                              while it fits
#   fastavro                   does not round to float: 16777217 for ["float","long"] stays as it is
# Matters: two consumers of one topic give a column different types; after a GROUP BY or a
# re-encode 7 and 7.0 are different keys. In Rust a pipeline passes every test until the first
# large value.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 go cargo mvn java node npm; do
    command -v $tool >/dev/null || missing $tool
done

# writer's type, value, reader's union
cat >cases <<'END'
int 7 ["double","int"]
int 16777217 ["float","long"]
long 5 ["int","double"]
long 1099511627776 ["int","double"]
long 5 ["null","int"]
END

cat >expected <<'END'
int 16777217 ["float","long"]
  apache-avro  float 16777216
  avro-python  int 16777217
  avsc         float 16777217
  fastavro     float 16777217.0
  hamba        float 16777216
  java         float 16777216
  twmb         float 16777216
int 7 ["double","int"]
  apache-avro  int 7
  avro-python  int 7
  avsc         double 7
  fastavro     float 7.0
  hamba        double 7
  java         int 7
  twmb         int 7
long 1099511627776 ["int","double"]
  apache-avro  double 1099511627776
  avro-python  int 1099511627776
  avsc         double 1099511627776
  fastavro     float 1099511627776.0
  hamba        double 1099511627776
  java         double 1099511627776
  twmb         double 1099511627776
long 5 ["int","double"]
  apache-avro  int 5
  avro-python  int 5
  avsc         double 5
  fastavro     float 5.0
  hamba        double 5
  java         double 5
  twmb         double 5
long 5 ["null","int"]
  apache-avro  int 5
  avro-python  refused
  avsc         refused
  fastavro     refused
  hamba        refused
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
import java.io.*;
import java.math.BigDecimal;
import java.nio.file.*;
import java.util.Map;
import org.apache.avro.*;
import org.apache.avro.generic.*;
import org.apache.avro.io.*;

public class Read {
    static String read(String type, long value, String union) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
        encoder.writeLong(value);  // an int has the same bytes
        Schema writer = new Schema.Parser().parse('"' + type + '"');
        Schema reader = new Schema.Parser().parse(union);
        try {
            Object seen = new GenericDatumReader<Object>(writer, reader).read(
                null, DecoderFactory.get().binaryDecoder(bytes.toByteArray(), null));
            String name = Map.of("Integer", "int").getOrDefault(seen.getClass().getSimpleName(),
                seen.getClass().getSimpleName().toLowerCase());
            return name + " " + new BigDecimal(((Number) seen).doubleValue()).toPlainString();
        } catch (AvroTypeException refused) {
            return "refused";
        }
    }

    public static void main(String[] args) throws Exception {
        for (String line : Files.readAllLines(Path.of("cases"))) {
            String[] part = line.split(" ");
            System.out.println(line + "\tjava\t" + read(part[0], Long.parseLong(part[1]), part[2]));
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
        value = read()
    except (fastavro.read.SchemaResolutionError, avro.errors.SchemaResolutionException):
        return "refused"
    return f"{type(value).__name__} {value!r}"


for line in open("cases"):
    line = line.strip()
    kind, value, union = line.split(" ")
    data = io.BytesIO()
    fastavro.schemaless_writer(data, kind, int(value))
    data = data.getvalue()
    print(line, "fastavro", attempt(lambda: fastavro.schemaless_reader(
        io.BytesIO(data), kind, json.loads(union))), sep="\t")
    print(line, "avro-python", attempt(lambda: avro.io.DatumReader(
        avro.schema.parse(json.dumps(kind)), avro.schema.parse(union)).read(
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
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	hamba "github.com/hamba/avro/v2"
	twmb "github.com/twmb/avro"
)

func show(value any, err error) string {
	switch v := value.(type) {
	case float32:
		return fmt.Sprintf("float %.0f", v)
	case float64:
		return fmt.Sprintf("double %.0f", v)
	case int, int32:
		return fmt.Sprint("int ", v)
	case int64:
		return fmt.Sprint("long ", v)
	}
	return fmt.Sprint(value, err)
}

func first(writer, reader string, data []byte) string {
	schema, err := hamba.NewSchemaCompatibility().Resolve(
		hamba.MustParse(reader), hamba.MustParse(writer))
	if err != nil {
		return "refused"
	}
	var value any
	err = hamba.Unmarshal(schema, data, &value)
	return show(value, err)
}

func second(writer, reader string, data []byte) string {
	schema, err := twmb.Resolve(twmb.MustParse(writer), twmb.MustParse(reader))
	if err != nil {
		return "refused"
	}
	var value any
	_, err = schema.Decode(data, &value)
	return show(value, err)
}

func main() {
	text, _ := os.ReadFile("cases")
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		part := strings.Split(line, " ")
		value, _ := strconv.ParseInt(part[1], 10, 64)
		data := binary.AppendVarint(nil, value) // zigzag, as Avro's
		fmt.Printf("%s\thamba\t%s\n", line, first(`"`+part[0]+`"`, part[2], data))
		fmt.Printf("%s\ttwmb\t%s\n", line, second(`"`+part[0]+`"`, part[2], data))
	}
}
END

cat >read.js <<'END'
const avro = require('avsc');
for (const line of require('fs').readFileSync('cases', 'utf8').trim().split('\n')) {
    const [kind, value, union] = line.split(' ');
    let text;
    try {
        const writer = avro.Type.forSchema(kind);
        const reader = avro.Type.forSchema(JSON.parse(union), {wrapUnions: true});
        const seen = reader.fromBuffer(writer.toBuffer(Number(value)), reader.createResolver(writer));
        text = Object.entries(seen)[0].join(' ');
    } catch (error) {
        text = /cannot read/.test(error.message) ? 'refused' : error.message;
    }
    console.log([line, 'avsc', text].join('\t'));
}
END

mkdir src
cat >Cargo.toml <<'END'
[package]
name = "finding"
version = "0.1.0"
edition = "2021"
[dependencies]
apache-avro = "=0.22.0"
END
cat >src/main.rs <<'END'
#![allow(deprecated)]
use apache_avro::{from_avro_datum, to_avro_datum, types::Value, Schema};

fn main() {
    for line in std::fs::read_to_string("cases").unwrap().lines() {
        let part: Vec<&str> = line.split(' ').collect();
        let writer = Schema::parse_str(&format!("\"{}\"", part[0])).unwrap();
        let reader = Schema::parse_str(part[2]).unwrap();
        let value = match part[0] {
            "int" => Value::Int(part[1].parse().unwrap()),
            _ => Value::Long(part[1].parse().unwrap()),
        };
        let data = to_avro_datum(&writer, value).unwrap();
        let text = match from_avro_datum(&writer, &mut &data[..], Some(&reader)) {
            Ok(Value::Union(_, inner)) => match *inner {
                Value::Int(n) => format!("int {n}"),
                Value::Long(n) => format!("long {n}"),
                Value::Float(x) => format!("float {x}"),
                Value::Double(x) => format!("double {x}"),
                other => format!("{other:?}"),
            },
            other => format!("{other:?}"),
        };
        println!("{line}\tapache-avro\t{text}");
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
    java -Xmx256m -cp 'jars/*' Read.java
    env/bin/python read.py
    go run .
    node read.js
    cargo run -q
} >rows
LC_ALL=C sort rows | awk -F '\t' '$1 != last {print $1; last = $1} {printf "  %-12s %s\n", $2, $3}' >seen
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
