# SPDX-License-Identifier: Apache-2.0
"""Runs cases by `weir test --cases`: JSON in, JSON out, one line each; no broker, no clock.

A case: {"statements": [...], "inputs": [{"topic", "key", "value", "timestamp"}, ...]}, values as
values.py has them. An answer: {"error", "outputs": [{"topic", "key", "value", "timestamp", ...}]}.
"""
import json
import subprocess
from decimal import Decimal

from values import to_json


class Crashed(Exception):
    """The program ended without an answer to a case."""


def case_text(number, case):
    # Cases lose by themselves what Kafka Streams loses; the model loses nothing.
    properties = {"weir.kafka.streams.exact": "false"}
    return to_json({"id": str(number), "properties": properties, "topics": [],
                    "statements": case["statements"],
                    "inputs": [{"topic": r["topic"], "key": r["key"], "value": r["value"],
                                "timestamp": r["timestamp"]} for r in case["inputs"]]})


def run_cases(weir, cases, batch_rows=None):
    """The answers to the cases, in order. Crashed where the program ends before the last one."""
    command = [weir, "test"] + (["--batch-rows", str(batch_rows)] if batch_rows else [])
    done = subprocess.run([*command, "--cases", "-"], capture_output=True, text=True, check=False,
                          input="".join(case_text(n, c) + "\n" for n, c in enumerate(cases)))
    answers = [json.loads(line, parse_float=Decimal) for line in done.stdout.splitlines()]
    if len(answers) < len(cases):
        raise Crashed(f"status {done.returncode} after {len(answers)} of {len(cases)} cases\n"
                      f"{done.stderr[-2000:]}\n{case_text(0, cases[len(answers)])}")
    return answers
