#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: "multipleOf": 0.01 in a JSON schema lets amounts of whole cents pass and no others, in
# each validator; the keyword is there for this, and JSON's numbers are decimal.
# Seen: of the 10,000 amounts from 0.00 to 99.99
#   ajv 8.20.0 (JavaScript), jsonschema 4.26.0 (Python)    refuse 1,363, from 0.07 and 0.14 on
#   jsonschema-rs 0.61.2 (Rust), fastjsonschema 2.22.3 (Python), everit-json-schema 1.14.4 and
#   networknt 1.5.9 (Java), santhosh-tekuri 6.0.2 (Go)      refuse none
# Both that refuse divide binary fractions. They are what Confluent's serializers validate with:
# @confluentinc/schemaregistry 1.10.1 depends on ajv, confluent-kafka 2.6.1 on jsonschema.
# Matters: a topic's schema that Java's producer writes to for years stops the first producer in
# Python or JavaScript at one price in seven, and tests with 9.99 and 12.50 do not show it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 node npm mvn java go; do command -v $tool >/dev/null || missing $tool; done

cat >pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>schema</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.networknt</groupId><artifactId>json-schema-validator</artifactId>
      <version>1.5.9</version>
    </dependency>
    <dependency>
      <groupId>com.github.erosb</groupId><artifactId>everit-json-schema</artifactId>
      <version>1.14.4</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.16</version>
    </dependency>
  </dependencies>
</project>
END
cat >go.mod <<'END'
module finding
go 1.21
require github.com/santhosh-tekuri/jsonschema/v6 v6.0.2
END
mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing "the Java validators"
npm install --silent --no-save ajv@8.20.0 >npm.log 2>&1 || missing ajv
python3 -m venv env
env/bin/pip install -q jsonschema==4.26.0 jsonschema-rs==0.61.2 fastjsonschema==2.22.3 >pip.log 2>&1 ||
    missing "the Python validators"
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func main() {
	text, _ := os.ReadFile("schema.json")
	document, _ := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	compiler := jsonschema.NewCompiler()
	compiler.AddResource("schema.json", document)
	schema := compiler.MustCompile("schema.json")
	amounts, _ := os.ReadFile("amounts")
	for _, line := range strings.Fields(string(amounts)) {
		value, _ := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if schema.Validate(value) != nil {
			fmt.Println("santhosh-tekuri", line)
		}
	}
}
END
go mod tidy 2>go.log || missing "the Go validator"

echo '{"type":"number","multipleOf":0.01}' >schema.json
seq 0 9999 | awk '{printf "%d.%02d\n", $1 / 100, $1 % 100}' >amounts

cat >Validate.java <<'END'
import com.fasterxml.jackson.databind.*;
import com.networknt.schema.*;
import java.nio.file.*;
import org.everit.json.schema.*;
import org.everit.json.schema.loader.SchemaLoader;
import org.json.*;

public class Validate {
    public static void main(String[] args) throws Exception {
        String text = Files.readString(Path.of("schema.json"));
        JsonSchema networknt = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(text);
        Schema everit = SchemaLoader.load(new JSONObject(text));
        ObjectMapper mapper = new ObjectMapper();
        for (String line : Files.readAllLines(Path.of("amounts"))) {
            if (!networknt.validate(mapper.readTree(line)).isEmpty())
                System.out.println("networknt " + line);
            try {
                // As Confluent's serializer gives it: a number of Jackson's, a double.
                everit.validate(mapper.readTree(line).numberValue());
            } catch (ValidationException refused) {
                System.out.println("everit " + line);
            }
        }
    }
}
END
cat >validate.js <<'END'
const fs = require('fs');
const Ajv = require('ajv').default;
const valid = new Ajv().compile(JSON.parse(fs.readFileSync('schema.json')));
for (const line of fs.readFileSync('amounts', 'utf8').trim().split('\n'))
    if (!valid(JSON.parse(line))) console.log('ajv', line);
END
cat >validate.py <<'END'
import json

import fastjsonschema
import jsonschema
import jsonschema_rs

schema = json.load(open("schema.json"))
fast = fastjsonschema.compile(schema)


def is_fast_valid(value):
    try:
        fast(value)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


for name, valid in (("jsonschema", jsonschema.Draft7Validator(schema).is_valid),
                    ("jsonschema-rs", jsonschema_rs.Draft7Validator(schema).is_valid),
                    ("fastjsonschema", is_fast_valid)):
    for line in open("amounts"):
        if not valid(json.loads(line)):
            print(name, line.strip())
END
java -Xmx256m -cp 'jars/*' Validate.java >java.refused
node validate.js >node.refused
env/bin/python validate.py >python.refused
go run . >go.refused

echo "ajv 8.20.0, jsonschema 4.26.0, jsonschema-rs 0.61.2, fastjsonschema 2.22.3," \
     "everit 1.14.4, networknt 1.5.9, santhosh-tekuri 6.0.2"
for name in ajv jsonschema jsonschema-rs fastjsonschema everit networknt santhosh-tekuri; do
    cat ./*.refused | awk -v name=$name '$1 == name {if (n++ < 4) first = first " " $2}
        END {printf "%-16s refuses %d%s\n", name, n, first}'
done | tee seen
cat >expected <<'END'
ajv              refuses 1363 0.07 0.14 0.28 0.29
jsonschema       refuses 1363 0.07 0.14 0.28 0.29
jsonschema-rs    refuses 0
fastjsonschema   refuses 0
everit           refuses 0
networknt        refuses 0
santhosh-tekuri  refuses 0
END
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
