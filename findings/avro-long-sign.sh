#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: avsc, the Avro library under both JavaScript clients for schema registries, keeps every
# long that a JavaScript number keeps, or refuses it: it has a check that says "potential precision
# loss", which is seen to refuse 2^53 - 1.
# Seen (avsc 5.7.9; fastavro 1.13.1 as the second opinion): that holds upward, and downward to -2^52.
# From -2^52 - 1 to -2^53 + 2 a value comes back POSITIVE, without an error: -4503599627370498 is
# written as the bytes of 4503599627370498, and the right bytes, from another library, are read so too.
# -4503599627370497 is off by one besides: 4503599627370496.
# Matters: ids and amounts in the smallest units (nano, wei, micro-dollars) reach 10^15; a debit becomes
# a credit for every reader, and nothing raises.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 node npm; do command -v $tool >/dev/null || missing $tool; done
python3 -m venv env
env/bin/pip install -q fastavro==1.13.1 >pip.log 2>&1 || missing fastavro
npm install --no-audit --no-fund --silent avsc@5.7.9 >npm.log 2>&1 || missing avsc

# Values, and whether avsc is seen to keep them.
cat >values.txt <<'END'
-1 kept
-4503599627370495 kept
-4503599627370496 kept
-4503599627370497 changed
-4503599627370498 changed
-9007199254740988 changed
-9007199254740990 changed
4503599627370498 kept
9007199254740990 kept
END

cat >right.py <<'END'
import io
import sys

import fastavro

for line in open("values.txt"):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, "long", int(line.split()[0]))
    print(out.getvalue().hex())
print(f"fastavro {fastavro.__version__}", file=sys.stderr)
END
env/bin/python right.py >right.txt

cat >see.js <<'END'
const fs = require('fs');
const avsc = require('avsc');
const lines = (name) => fs.readFileSync(name, 'utf8').trim().split('\n');
const long = avsc.Type.forSchema('long');
const right = lines('right.txt');
console.error(`avsc ${require('avsc/package.json').version}, node ${process.version}`);
let surprises = 0;
lines('values.txt').forEach((line, i) => {
  const [text, expected] = line.split(' ');
  const value = Number(text);
  const written = long.toBuffer(value).toString('hex');
  const read = long.fromBuffer(Buffer.from(right[i], 'hex'));
  const kept = written === right[i] && read === value;
  console.log(`${text}: writes ${written} (right: ${right[i]}), reads ${read}: ${kept ? 'kept' : 'changed'}`);
  if ((kept ? 'kept' : 'changed') !== expected || (!kept && read < 0)) surprises++;
});
let refused = false;
try {
  long.toBuffer(2 ** 53 - 1);
} catch (error) {
  refused = true;
  console.log(`9007199254740991: ${error.message}`);
}
process.exit(surprises || !refused ? 1 : 0);
END
node see.js
