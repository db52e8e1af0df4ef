# SPDX-License-Identifier: Apache-2.0
"""SQL types and values of the model: how one is made up, written in SQL, and compared.

A value is a Python value: None for NULL, bool, int, float, Decimal, str, list (ARRAY), dict (MAP
and STRUCT). A type is a name, or a tuple ("DECIMAL", precision, scale), ("ARRAY", element),
("MAP", value), ("STRUCT", ((field, type), ...)).
"""
import json
import math
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

BITS = {"INTEGER": 32, "BIGINT": 64}
NUMBERS = ("INTEGER", "BIGINT", "DOUBLE")
EXACT = Context(prec=200)

EDGES = {
    "INTEGER": [0, 1, 2, -1, 3, 7, 10, -13, 2147483647, -2147483648],
    "BIGINT": [0, 1, -1, 5, 1000000007, 9223372036854775807, -9223372036854775808],
    "DOUBLE": [0.0, 1.0, -2.5, 0.1, 1e10, -1e-5, 3.0],
    "STRING": ["", "a", "abc", "ABC", " x ", "12", "-7", "true", "%", "a_c", "null"],
    "BOOLEAN": [True, False],
}


def is_decimal(sql_type):
    return sql_type[0] == "DECIMAL"


def sql_name(sql_type):
    if isinstance(sql_type, str):
        return sql_type
    kind = sql_type[0]
    if kind == "DECIMAL":
        return f"DECIMAL({sql_type[1]}, {sql_type[2]})"
    if kind == "ARRAY":
        return f"ARRAY<{sql_name(sql_type[1])}>"
    if kind == "MAP":
        return f"MAP<STRING, {sql_name(sql_type[1])}>"
    fields = ", ".join(f"{name} {sql_name(inner)}" for name, inner in sql_type[1])
    return f"STRUCT<{fields}>"


def random_value(rng, sql_type, nulls=0.25):
    """A value of the type, often an edge; NULL with the given share."""
    if rng.random() < nulls:
        return None
    if isinstance(sql_type, str):
        return rng.choice(EDGES[sql_type])
    if is_decimal(sql_type):
        digits = rng.choice([1, 2, sql_type[1]])
        return Decimal(rng.randrange(-10 ** digits + 1, 10 ** digits)).scaleb(-sql_type[2], EXACT)
    if sql_type[0] == "ARRAY":
        return [random_value(rng, sql_type[1]) for _ in range(rng.randrange(4))]
    if sql_type[0] == "MAP":
        return {key: random_value(rng, sql_type[1])
                for key in rng.sample(["p", "q", "r"], rng.randrange(4))}
    return {name: random_value(rng, inner) for name, inner in sql_type[1]}


def literal(value, sql_type):
    """SQL text of a scalar that is not NULL and not below zero: there is no literal with a sign."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if sql_type == "DOUBLE":
        return f"{value:E}"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def to_json(value):
    """JSON text, decimals with all their digits."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return "[" + ", ".join(map(to_json, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {to_json(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


def wrap(value, sql_type):
    """An integer as the type's width keeps it: two's complement, as Java's."""
    half = 1 << BITS[sql_type] - 1
    return (value + half) % (2 * half) - half


def truncate(value):
    """A Decimal without its fraction, towards zero."""
    return int(value.to_integral_value(ROUND_DOWN))


def round_to(value, scale):
    """HALF_UP to `scale` digits."""
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, EXACT)


def same(actual, expected):
    """Whether an answer (JSON, numbers as int or Decimal) is the model's value."""
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        if isinstance(expected, str) and isinstance(actual, str):
            return actual == expected
        return actual is expected
    if isinstance(expected, float):
        if isinstance(actual, str):
            return actual == {math.inf: "Infinity", -math.inf: "-Infinity"}.get(expected, "NaN")
        return not isinstance(actual, bool) and actual is not None and float(actual) == expected
    if isinstance(expected, Decimal):
        return (isinstance(actual, (int, Decimal)) and Decimal(actual) == expected
                and -Decimal(actual).as_tuple().exponent == -expected.as_tuple().exponent)
    if isinstance(expected, int):
        return isinstance(actual, int) and not isinstance(actual, bool) and actual == expected
    if isinstance(expected, list):
        return (isinstance(actual, list) and len(actual) == len(expected)
                and all(map(same, actual, expected)))
    return (isinstance(actual, dict) and actual.keys() == expected.keys()
            and all(same(actual[key], expected[key]) for key in expected))
