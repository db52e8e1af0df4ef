#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random expressions and programs, answered by the model and by Weir.

    differ.py WEIR [--seconds 60] [--seed N] [--only KIND] [--keep-going]
    differ.py WEIR --replay programs:123

Kinds: expressions, programs (both by `weir test --cases`), services (a program as a service on the
embedded log: partitions, restarts, kills).

Each difference is printed with the seed that makes it again. The seed of a run is printed first;
case n of a run with seed N has the seed N + n. Exit status 1: something differs.
"""
import argparse
import random
import sys
import time

from compare import difference
from expressions import Maker
from program_cases import Crashed, run_cases
from service_runs import program_of, run_one
from topologies import make_program
from values import random_value, same, sql_name, to_json

COLUMNS = {"A": "INTEGER", "B": "INTEGER", "C": "BIGINT", "D": "DOUBLE", "M": ("DECIMAL", 6, 2),
           "E": "STRING", "F": "STRING", "G": "BOOLEAN", "L": ("ARRAY", "INTEGER")}
TYPES = ["INTEGER", "BIGINT", "DOUBLE", "STRING", "BOOLEAN", ("DECIMAL", 6, 2)]
ROWS = 8
AT_ONCE = {"expressions": 100, "programs": 100, "services": 5}  # between two looks at the clock
BATCHES = [None, 1, 2]  # rows of a batch; None: the default


class Expression:
    """A stream I with every type, and the expression as the only column of O."""

    def __init__(self, seed):
        rng = random.Random(seed)
        self.node = Maker(rng, COLUMNS).make(rng.choice(TYPES), rng.randrange(1, 5))
        self.rows = [{name: random_value(rng, its) for name, its in COLUMNS.items()}
                     for _ in range(ROWS)]
        columns = ", ".join(f"{name} {sql_name(its)}" for name, its in COLUMNS.items())
        self.statements = [f"CREATE STREAM I (K INT KEY, {columns}) WITH (KAFKA_TOPIC='i', "
                           "VALUE_FORMAT='JSON', PARTITIONS=1);",
                           f"CREATE STREAM O AS SELECT K, {self.node.sql} AS R FROM I;"]
        self.inputs = [{"topic": "i", "key": n, "value": row, "timestamp": n}
                       for n, row in enumerate(self.rows)]

    def difference(self, outputs):
        outputs = [output for output in outputs if output["topic"] == "O"]
        if len(outputs) != len(self.rows):
            return f"{len(outputs)} records, expected {len(self.rows)}"
        for row, output in zip(self.rows, outputs):
            value = self.node.scoped(row)
            if not same(output["value"]["R"], value):
                return (f"{to_json(output['value']['R'])}, expected {to_json(value)} for "
                        f"{to_json(row)}")
        return None


class Program:
    def __init__(self, seed):
        self.program = make_program(random.Random(seed))
        self.statements, self.inputs = self.program.statements, self.program.inputs

    def difference(self, outputs):
        for relation in self.program.results:
            found = difference(relation, outputs)
            if found:
                return f"{relation.name}: {found}"
        return None


CASES = {"expressions": Expression, "programs": Program}
KINDS = [*CASES, "services"]


def say(kind, seed, case, what):
    print(f"\n{kind}:{seed}: {what}")
    for statement in case.statements:
        print(f"    {statement}")
    for record in case.inputs:
        print(f"    {record['topic']} {record['key']} @{record['timestamp']} "
              f"{to_json(record['value'])}")


def run_services(weir, seeds):
    wrong = 0
    for seed in seeds:
        what = run_one(weir, seed)
        if what:
            wrong += 1
            say("services", seed, program_of(seed), what)
    return wrong


def run(weir, kind, seeds, batch_rows=None):
    """How many of these cases differ; each that does is printed. Services choose their batches."""
    if kind == "services":
        return run_services(weir, seeds)
    cases = [CASES[kind](seed) for seed in seeds]
    answers = run_cases(weir, [{"statements": case.statements, "inputs": case.inputs}
                               for case in cases], batch_rows)
    wrong = 0
    for seed, case, answer in zip(seeds, cases, answers):
        error = answer["error"]
        what = error["message"] if error else case.difference(answer["outputs"])
        if what:
            wrong += 1
            say(kind, seed, case, f"(batches of {batch_rows or 'default size'}) {what}")
    return wrong


def run_for(weir, seconds, seed, kinds, keep_going=False):
    """(cases, differences) after about so many seconds."""
    end, done, wrong, turn = time.monotonic() + seconds, 0, 0, 0
    print(f"seed {seed}")
    while time.monotonic() < end and (keep_going or not wrong):
        kind, batch_rows = kinds[turn % len(kinds)], BATCHES[turn // len(kinds) % len(BATCHES)]
        wrong += run(weir, kind, range(seed + done, seed + done + AT_ONCE[kind]), batch_rows)
        done, turn = done + AT_ONCE[kind], turn + 1
    return done, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weir")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 40))
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--keep-going", action="store_true", help="after the first difference")
    parser.add_argument("--replay", metavar="KIND:SEED", help="one case, at every size of batches")
    options = parser.parse_args()
    try:
        if options.replay:
            kind, seed = options.replay.split(":")
            wrong = sum(run(options.weir, kind, [int(seed)], size) for size in BATCHES)
            done = len(BATCHES)
        else:
            kinds = [options.only] if options.only else KINDS
            done, wrong = run_for(options.weir, options.seconds, options.seed, kinds,
                                  options.keep_going)
    except Crashed as crash:
        sys.exit(f"the program crashed: {crash}")
    print(f"\n{done} cases, {wrong} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
