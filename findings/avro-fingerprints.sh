#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: Avro's parsing canonical form exists so that every library gives one schema one
# fingerprint (CRC-64-AVRO); single-object encoding and schema caches are keyed by it.
# Seen: Java, fastavro and twmb/avro (Go) agree on all; the others leave them on ordinary schemas.
#   avro (Python)  keeps {"type":"bytes"} where a logical type was, repeats a named type in full
#                  at its second use, and puts a type of "namespace": "" into the outer namespace
#   hamba (Go)     keeps logicalType, precision, scale; the same fault with "namespace": ""
#   apache-avro    (Rust) keeps {"type":"long"}, precision, scale, and a field's "order"
# So any schema with a decimal or a timestamp, that is nearly any real one, has up to four
# fingerprints, while one without them has the same everywhere, which is what a first test tries.
# Matters: a processor that finds a schema by its fingerprint (single-object encoding, a cache, the
# identity of kept state) does not find it; compare parsed schemas, or one library's form only.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 go cargo mvn java; do command -v $tool >/dev/null || missing $tool; done

# A name, a tab, a schema.
sed 's/ *| */\t/' >cases <<'END'
plain   | {"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":"int","default":1}]}
nested  | {"type":"record","name":"R","fields":[{"name":"x","type":{"type":"int"}}]}
decimal | {"type":"record","name":"R","fields":[{"name":"x","type":{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}}]}
time    | {"type":"record","name":"R","fields":[{"name":"x","type":["null",{"type":"long","logicalType":"timestamp-millis"}]}]}
order   | {"type":"record","name":"R","fields":[{"name":"x","type":"int","order":"descending"}]}
twice   | {"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":{"type":"fixed","name":"F","size":2}},{"name":"y","type":"F"}]}
nospace | {"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":{"type":"enum","name":"E","namespace":"","symbols":["A"]}}]}
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
cat >Form.java <<'END'
import java.nio.file.*;
import org.apache.avro.*;

public class Form {
    public static void main(String[] args) throws Exception {
        for (String line : Files.readAllLines(Path.of("cases"))) {
            String[] part = line.split("\t");
            Schema schema = new Schema.Parser().parse(part[1]);
            System.out.printf("%s\tjava\t%016x\t%s%n", part[0],
                SchemaNormalization.parsingFingerprint64(schema),
                SchemaNormalization.toParsingForm(schema));
        }
    }
}
END

cat >form.py <<'END'
import json

import avro.schema
from fastavro.schema import fingerprint, to_parsing_canonical_form

for line in open("cases"):
    name, text = line.strip().split("\t")
    form = to_parsing_canonical_form(json.loads(text))
    # Python prints the eight bytes as they are sent, the lowest first.
    print(name, "fastavro", bytes.fromhex(fingerprint(form, "CRC-64-AVRO"))[::-1].hex(), form, sep="\t")
    schema = avro.schema.parse(text)
    print(name, "avro-python", schema.fingerprint()[::-1].hex(), schema.canonical_form, sep="\t")
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
	"fmt"
	"os"
	"strings"

	hamba "github.com/hamba/avro/v2"
	"github.com/hamba/avro/v2/pkg/crc64"
	twmb "github.com/twmb/avro"
)

func main() {
	text, _ := os.ReadFile("cases")
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		name, schema, _ := strings.Cut(line, "\t")
		first := hamba.MustParse(schema)
		print := func(library, form string) {
			fmt.Printf("%s\t%s\t%x\t%s\n", name, library, crc64.Sum([]byte(form)), form)
		}
		own, err := first.FingerprintUsing(hamba.CRC64Avro)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s\thamba\t%x\t%s\n", name, own, first.String())
		second, err := twmb.Parse(schema)
		if err != nil {
			panic(err)
		}
		print("twmb", string(second.Canonical()))
	}
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
use apache_avro::{rabin::Rabin, Schema};

fn main() {
    for line in std::fs::read_to_string("cases").unwrap().lines() {
        let (name, text) = line.split_once('\t').unwrap();
        let schema = Schema::parse_str(text).unwrap();
        // Rust gives the eight bytes as they are sent, the lowest first.
        let print: String =
            schema.fingerprint::<Rabin>().bytes.iter().rev().map(|b| format!("{b:02x}")).collect();
        println!("{name}\tapache-avro\t{print}\t{}", schema.canonical_form());
    }
}
END

mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing avro.jar
python3 -m venv env
env/bin/pip install -q fastavro==1.13.1 avro==1.12.2 >pip.log 2>&1 || missing "fastavro, avro"
go mod tidy 2>go.log || missing "the Go modules"
cargo fetch -q 2>cargo.log || missing "the crate apache-avro"
{
    java -Xmx256m -cp 'jars/*' Form.java
    env/bin/python form.py 2>/dev/null
    go run .
    cargo run -q
} >seen

cat >compare.py <<'END'
"""Per case: which libraries leave Java's fingerprint, and with what form."""
import sys

rows = [line.rstrip("\n").split("\t") for line in open("seen")]
java = {name: (print_, form) for name, library, print_, form in rows if library == "java"}
strays = {name: [] for name in java}
for name, library, print_, form in rows:
    # Two forms that differ have two fingerprints, and one form has one.
    assert (print_ == java[name][0]) == (form == java[name][1]), (name, library)
    if library == "java":
        print(f"{name:8} {print_} {form}")
    elif print_ != java[name][0]:
        strays[name].append(library)
        print(f"{'':8} {print_} {form}  <- {library}")
assert len(rows) == 6 * len(java), "a library has not given all"
expected = {"plain": "", "nested": "", "decimal": "avro-python hamba apache-avro",
            "time": "avro-python hamba apache-avro", "order": "apache-avro",
            "twice": "avro-python", "nospace": "avro-python hamba"}
seen = {name: " ".join(found) for name, found in strays.items()}
if seen != expected:
    sys.exit(f"CHANGED: not as described\nexpected {expected}\nseen     {seen}")
print("as described: beside Java's form, the strays are", seen)
END
echo "Avro 1.12.2 (Java), hamba/avro 2.31.0, twmb/avro 1.9.1, fastavro 1.13.1, avro 1.12.2 (Python)," \
     "apache-avro 0.22.0 (Rust)"
python3 compare.py
