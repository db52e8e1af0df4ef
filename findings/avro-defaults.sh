#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: a field that a newer schema adds with a default has, for an old record, the value that
# a writer of that default would have written: "\u0001\u00f4" is the two bytes 01 F4, so decimal
# 5.00.
# Seen: only Java and the two Go libraries do so.
#   fastavro       gives the schema's JSON as it stands: text for bytes, fixed and decimal, the
#                  plain number for a timestamp, in the same column as bytes, Decimal, datetime
#   avro (Python)  encodes the text as UTF-8: 01 C3 B4, FF becomes C3 BF, a fixed of 2 has 3 bytes
#   apache-avro    (Rust) the same UTF-8 for bytes and fixed, but the decimal is right
# Matters: "add a column with a default" is the compatible change. A processor that resolves
# schemas with such a library gets other bytes for the defaulted rows, and a type error rows
# later, without any error at the record itself. Two consumers of one topic do not agree about the
# same record.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 go cargo mvn java; do command -v $tool >/dev/null || missing $tool; done

cat >reader.json <<'END'
{"type": "record", "name": "R", "fields": [
  {"name": "id", "type": "int"},
  {"name": "amount", "default": "\u0001\u00f4",
   "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}},
  {"name": "raw", "type": "bytes", "default": "\u00ff"},
  {"name": "two", "type": {"type": "fixed", "name": "F", "size": 2}, "default": "\u00ff\u0001"},
  {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "default": 1000}]}
END
echo '{"type": "record", "name": "R", "fields": [{"name": "id", "type": "int"}]}' >writer.json

cat >expected <<'END'
java           amount=5.00         raw=ff    two=ff01    at=1970-01-01T00:00:01Z
hamba          amount=5.00         raw=ff    two=ff01    at=1970-01-01T00:00:01Z
twmb           amount=5.00         raw=ff    two=ff01    at=1970-01-01T00:00:01Z
fastavro       amount='\x01ô'      raw='ÿ'   two='ÿ\x01' at=1000
avro-python    amount=01c3b4       raw=c3bf  two=c3bf01  at=1000
apache-avro    amount=5.00         raw=c3bf  two=c3bf01  at=1000ms
END

java_program() {
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
    mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing avro.jar
    cat >Read.java <<'END'
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.util.HexFormat;
import org.apache.avro.*;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.*;
import org.apache.avro.io.DecoderFactory;

public class Read {
    static Schema schema(String file) throws Exception {
        return new Schema.Parser().parse(Files.readString(Path.of(file)));
    }

    public static void main(String[] args) throws Exception {
        GenericData data = new GenericData();
        data.addLogicalTypeConversion(new Conversions.DecimalConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
        var reader = new GenericDatumReader<GenericRecord>(
            schema("writer.json"), schema("reader.json"), data);
        GenericRecord row =
            reader.read(null, DecoderFactory.get().binaryDecoder(new byte[] {2}, null));
        HexFormat hex = HexFormat.of();
        System.out.printf("%-14s amount=%-12s raw=%-5s two=%-7s at=%s%n", "java", row.get("amount"),
            hex.formatHex(((ByteBuffer) row.get("raw")).array()),
            hex.formatHex(((GenericFixed) row.get("two")).bytes()), row.get("at"));
    }
}
END
    java -Xmx256m -cp 'jars/*' Read.java
}

go_program() {
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
	"fmt"
	"math/big"
	"os"
	"time"

	hamba "github.com/hamba/avro/v2"
	twmb "github.com/twmb/avro"
)

func show(name string, row any) {
	r := row.(map[string]any)
	fmt.Printf("%-14s amount=%-12s raw=%-5x two=%-7s at=%s\n", name,
		r["amount"].(*big.Rat).FloatString(2), r["raw"], fmt.Sprintf("%x", r["two"]),
		r["at"].(time.Time).UTC().Format(time.RFC3339))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	writer := string(must(os.ReadFile("writer.json")))
	reader := string(must(os.ReadFile("reader.json")))
	var row any
	resolved := must(hamba.NewSchemaCompatibility().Resolve(
		hamba.MustParse(reader), hamba.MustParse(writer)))
	must(0, hamba.Unmarshal(resolved, []byte{2}, &row))
	show("hamba", row)
	row = nil
	other := must(twmb.Resolve(must(twmb.Parse(writer)), must(twmb.Parse(reader))))
	must(other.Decode([]byte{2}, &row))
	show("twmb", row)
}
END
    go mod tidy 2>go.log || missing "the Go modules"
    go run .
}

python_program() {
    python3 -m venv env
    env/bin/pip install -q fastavro==1.13.1 avro==1.12.2 >pip.log 2>&1 || missing "fastavro, avro"
    cat >read.py <<'END'
import io
import json

import avro.io
import avro.schema
import fastavro

writer, reader = open("writer.json").read(), open("reader.json").read()


def show(name, row):
    text = [value.hex() if isinstance(value, bytes) else repr(value)
            for value in (row["amount"], row["raw"], row["two"], row["at"])]
    print("%-14s amount=%-12s raw=%-5s two=%-7s at=%s" % (name, *text))


show("fastavro", fastavro.schemaless_reader(io.BytesIO(b"\2"), json.loads(writer),
                                            json.loads(reader)))
show("avro-python", avro.io.DatumReader(avro.schema.parse(writer), avro.schema.parse(reader)).read(
    avro.io.BinaryDecoder(io.BytesIO(b"\2"))))
END
    PYTHONIOENCODING=utf-8 env/bin/python read.py
}

rust_program() {
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
use apache_avro::{from_avro_datum, types::Value, Schema};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn main() {
    let schema = |f: &str| Schema::parse_str(&std::fs::read_to_string(f).unwrap()).unwrap();
    let row = from_avro_datum(&schema("writer.json"), &mut &[2u8][..], Some(&schema("reader.json")));
    let Value::Record(fields) = row.unwrap() else { panic!() };
    let text: Vec<String> = fields[1..].iter().map(|(_, value)| match value {
        Value::Decimal(d) => {
            let bytes = Vec::<u8>::try_from(d).unwrap();
            let unscaled = bytes.iter().fold(0i64, |n, b| n * 256 + *b as i64);
            format!("{}.{:02}", unscaled / 100, unscaled % 100)
        }
        Value::Bytes(b) | Value::Fixed(_, b) => hex(b),
        Value::TimestampMillis(ms) => format!("{ms}ms"),
        other => format!("{other:?}"),
    }).collect();
    println!("{:14} amount={:12} raw={:5} two={:7} at={}",
             "apache-avro", text[0], text[1], text[2], text[3]);
}
END
    cargo fetch -q 2>cargo.log || missing "the crate apache-avro"
    cargo run -q
}

echo "Avro 1.12.2 (Java), hamba/avro 2.31.0, twmb/avro 1.9.1, fastavro 1.13.1, avro 1.12.2 (Python)," \
     "apache-avro 0.22.0 (Rust)"
{ java_program; go_program; python_program; rust_program; } >seen
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
