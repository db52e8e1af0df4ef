# SPDX-License-Identifier: Apache-2.0
"""Expressions of the model: their SQL text, their type, and what they are worth for a row.

Evaluating gives a value, None for NULL, or raises Failed. Arithmetic over NULL fails, as do
division of whole numbers by zero, LIKE over NULL and a condition that is NULL. A failure goes
through every expression around it up to the nearest scope, which becomes NULL: an item of SELECT, a
CAST, an argument that is itself a call or `->`, an element of ARRAY[], a value of MAP(), a field of
STRUCT().
docs/design/expressions.md has the rule; it is ksqlDB's.
"""
import re
from decimal import Decimal

from values import (EDGES, EXACT, NUMBERS, is_decimal, literal, random_value, round_to, sql_name,
                    truncate, wrap)


class Failed(Exception):
    """What is evaluated has no value, not even NULL."""


# False in WHERE and HAVING: there the condition is the only scope, and what fails drops the row.
inner_scopes = True


def holds(condition, row):
    """WHERE and HAVING: None for a condition that is not there. What fails does not hold."""
    global inner_scopes
    inner_scopes = False
    try:
        return condition is None or condition.value(row) is True
    except Failed:
        return False
    finally:
        inner_scopes = True


class Node:
    """An expression: SQL text with brackets around it where it needs them, a type, its meaning."""

    def __init__(self, sql, sql_type, meaning, scope=False):
        self.sql, self.type, self.meaning, self.scope = sql, sql_type, meaning, scope

    def value(self, row):
        return self.meaning(row)

    def scoped(self, row):
        """As an item of SELECT, a key, or an argument of an aggregate: the outermost scope."""
        try:
            return self.meaning(row)
        except Failed:
            return None

    def inner(self, row):
        """As an element, a field, or whatever else is a scope inside an expression."""
        return self.scoped(row) if inner_scopes else self.meaning(row)

    def argument(self, row):
        return self.inner(row) if self.scope else self.meaning(row)


def column(name, sql_type):
    return Node(name, sql_type, lambda row: row[name])


def constant(value, sql_type):
    return Node(literal(value, sql_type), sql_type, lambda row: value)


# ---- arithmetic ----

def as_decimal_type(sql_type):
    return {"INTEGER": ("DECIMAL", 10, 0), "BIGINT": ("DECIMAL", 19, 0)}.get(sql_type, sql_type)


def arithmetic_type(operator, left, right):
    if "DOUBLE" in (left, right):
        return "DOUBLE"
    if not is_decimal(left) and not is_decimal(right):
        return "BIGINT" if "BIGINT" in (left, right) else "INTEGER"
    (_, p1, s1), (_, p2, s2) = as_decimal_type(left), as_decimal_type(right)
    if operator in "+-":
        scale = max(s1, s2)
        return "DECIMAL", max(p1 - s1, p2 - s2) + scale + 1, scale
    if operator == "*":
        return "DECIMAL", p1 + p2 + 1, s1 + s2
    scale = max(6, s1 + p2 + 1)
    return "DECIMAL", p1 - s1 + s2 + scale, scale


def whole_arithmetic(operator, a, b):
    if operator in "/%":
        if b == 0:
            raise Failed
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return quotient if operator == "/" else a - quotient * b
    return {"+": a + b, "-": a - b, "*": a * b}[operator]


def compute(operator, sql_type, a, b):
    if a is None or b is None:
        raise Failed
    if sql_type == "DOUBLE":
        a, b = float(a), float(b)
        return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b,
                "/": lambda: a / b}[operator]()
    if not is_decimal(sql_type):
        return wrap(whole_arithmetic(operator, a, b), sql_type)
    a, b = Decimal(a), Decimal(b)
    if operator == "/":
        if b == 0:
            raise Failed
        return round_to(EXACT.divide(a, b), sql_type[2])
    exact = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[operator](a, b)
    return round_to(exact, sql_type[2])


def arithmetic(operator, left, right):
    sql_type = arithmetic_type(operator, left.type, right.type)

    def meaning(row):
        return compute(operator, sql_type, left.value(row), right.value(row))
    return Node(f"({left.sql} {operator} {right.sql})", sql_type, meaning)


def negative(inner):
    def meaning(row):
        value = inner.value(row)
        if value is None:
            raise Failed
        return wrap(-value, inner.type) if inner.type in ("INTEGER", "BIGINT") else -value
    return Node(f"(-{inner.sql})", inner.type, meaning)


def join_text(left, right):
    def meaning(row):
        texts = [left.value(row), right.value(row)]
        return "".join("null" if text is None else text for text in texts)
    return Node(f"({left.sql} + {right.sql})", "STRING", meaning)


# ---- conditions ----

def compare_values(operator, a, b):
    if isinstance(a, float) or isinstance(b, float):
        a, b = float(a), float(b)
    return {"=": a == b, "<>": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator]


def comparison(operator, left, right):
    """False where a side is NULL; where the left one is, the right one is not looked at."""
    def meaning(row):
        a = left.value(row)
        if operator == "IS DISTINCT FROM":
            b = right.value(row)
            return (a is None) != (b is None) if None in (a, b) else compare_values("<>", a, b)
        if a is None:
            return False
        b = right.value(row)
        return b is not None and compare_values(operator, a, b)
    return Node(f"({left.sql} {operator} {right.sql})", "BOOLEAN", meaning)


def truth(node, row):
    value = node.value(row)
    if value is None:
        raise Failed
    return value


def both(left, right):
    return Node(f"({left.sql} AND {right.sql})", "BOOLEAN",
                lambda row: truth(left, row) and truth(right, row))


def either(left, right):
    return Node(f"({left.sql} OR {right.sql})", "BOOLEAN",
                lambda row: truth(left, row) or truth(right, row))


def negation(inner):
    return Node(f"(NOT {inner.sql})", "BOOLEAN", lambda row: not truth(inner, row))


def is_null(inner, wanted):
    word = "IS NULL" if wanted else "IS NOT NULL"
    return Node(f"({inner.sql} {word})", "BOOLEAN",
                lambda row: (inner.value(row) is None) == wanted)


def like(inner, pattern, negated):
    wild = {"%": ".*", "_": "."}
    regex = re.compile("".join(wild.get(c, re.escape(c)) for c in pattern), re.DOTALL)

    def meaning(row):
        text = inner.value(row)
        if text is None:
            raise Failed
        return (regex.fullmatch(text) is not None) != negated
    return Node(f"({inner.sql} {'NOT ' if negated else ''}LIKE {literal(pattern, 'STRING')})",
                "BOOLEAN", meaning)


def is_in(inner, options, negated):
    def meaning(row):
        value = inner.value(row)
        found = value is not None and any(compare_values("=", value, option.value(row))
                                          for option in options)
        return found != negated
    texts = ", ".join(option.sql for option in options)
    return Node(f"({inner.sql} {'NOT ' if negated else ''}IN ({texts}))", "BOOLEAN", meaning)


def between(inner, low, high):
    def meaning(row):
        value, bounds = inner.value(row), (low.value(row), high.value(row))
        return (value is not None and None not in bounds
                and compare_values("<=", bounds[0], value)
                and compare_values("<=", value, bounds[1]))
    return Node(f"({inner.sql} BETWEEN {low.sql} AND {high.sql})", "BOOLEAN", meaning)


def case(branches, default):
    """Results after a condition that holds are never looked at."""
    def meaning(row):
        for condition, result in branches:
            if truth(condition, row):
                return result.value(row)
        return default.value(row) if default else None
    text = " ".join(f"WHEN {condition.sql} THEN {result.sql}" for condition, result in branches)
    tail = f" ELSE {default.sql}" if default else ""
    return Node(f"(CASE {text}{tail} END)", branches[0][1].type, meaning)


# ---- casts ----

def clamp(value, sql_type):
    """A floating-point number as a whole one: cut off, and held at the ends of the type."""
    half = 1 << (31 if sql_type == "INTEGER" else 63)
    return max(-half, min(half - 1, int(value)))


def number_of_text(text, sql_type):
    if sql_type == "DOUBLE":
        return float(text)
    value = int(text)
    if value != wrap(value, sql_type):
        raise Failed
    return value


def cast_value(value, source, target):
    if value is None or source == target:
        return value
    if target == "STRING":
        if isinstance(value, bool):
            return str(value).lower()
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if source == "STRING":
        try:
            return number_of_text(value, target)
        except ValueError:
            raise Failed from None
    if target == "DOUBLE":
        return float(value)
    if is_decimal(target):
        rounded = round_to(Decimal(value), target[2])
        if abs(rounded) >= 10 ** (target[1] - target[2]):
            raise Failed
        return rounded
    if source == "DOUBLE":
        return clamp(value, target)
    return wrap(truncate(value) if isinstance(value, Decimal) else value, target)


def cast(inner, target):
    def meaning(row):
        try:
            return cast_value(inner.value(row), inner.type, target)
        except Failed:
            if inner_scopes:
                return None
            raise
    return Node(f"CAST({inner.sql} AS {sql_name(target)})", target, meaning, scope=True)


# ---- calls, constructors, parts of values ----

def first_there(*values):
    return next((value for value in values if value is not None), None)


def greatest(*values):
    return max((value for value in values if value is not None), default=None)


def least(*values):
    return min((value for value in values if value is not None), default=None)


def over_values(function):
    """A function that is NULL where an argument is."""
    return lambda *values: None if None in values else function(*values)


def call(name, sql_type, function, *arguments):
    def meaning(row):
        return function(*(argument.argument(row) for argument in arguments))
    return Node(f"{name}({', '.join(a.sql for a in arguments)})", sql_type, meaning, scope=True)


def array_of(*elements):
    return Node(f"ARRAY[{', '.join(e.sql for e in elements)}]", ("ARRAY", elements[0].type),
                lambda row: [element.inner(row) for element in elements])


def struct_of(**fields):
    texts = ", ".join(f"{name} := {node.sql}" for name, node in fields.items())
    return Node(f"STRUCT({texts})", ("STRUCT", tuple((n, f.type) for n, f in fields.items())),
                lambda row: {name: node.inner(row) for name, node in fields.items()})


def map_of(**entries):
    texts = ", ".join(f"'{name}' := {node.sql}" for name, node in entries.items())
    return Node(f"MAP({texts})", ("MAP", next(iter(entries.values())).type),
                lambda row: {name: node.inner(row) for name, node in entries.items()})


def element(array, index):
    """From 1, or from the end; what is not there is NULL."""
    def meaning(row):
        values, at = array.value(row), index.value(row)
        if values is None:
            return None
        if at is None:
            raise Failed
        place = at - 1 if at > 0 else len(values) + at
        return values[place] if at != 0 and 0 <= place < len(values) else None
    return Node(f"{array.sql}[{index.sql}]", array.type[1], meaning)


def field(struct, name):
    def meaning(row):
        value = struct.value(row)
        return None if value is None else value[name]
    return Node(f"{struct.sql}->{name}", dict(struct.type[1])[name], meaning, scope=True)


def transform(array, name, make_body):
    """TRANSFORM: one element that fails makes the whole fail."""
    bound = {}
    body = make_body(Node(name, array.type[1], lambda row: bound[name]))

    def meaning(row):
        values = array.argument(row)
        if values is None:
            return None
        results = []
        for value in values:
            bound[name] = value
            results.append(body.value(row))
        return results
    return Node(f"TRANSFORM({array.sql}, {name} => {body.sql})", ("ARRAY", body.type), meaning,
                scope=True)


# ---- made up at random ----

class Maker:
    """Random expressions of a wanted type over columns {name: type}."""

    def __init__(self, rng, columns):
        self.rng, self.columns = rng, columns
        self.lambdas = 0  # a nested one must not use the name of one around it

    def make(self, sql_type, depth):
        if depth <= 0 or self.rng.random() < 0.15:
            return self.leaf(sql_type)
        if isinstance(sql_type, str) and self.rng.random() < 0.7:
            return getattr(self, f"make_{sql_type.lower()}")(depth - 1)
        return self.general(sql_type, depth)

    def leaf(self, sql_type):
        """A column, or a literal of this very type: a small number is an INTEGER."""
        rng = self.rng
        names = [name for name, its in self.columns.items() if its == sql_type]
        if names and (not isinstance(sql_type, str) or rng.random() < 0.75):
            return column(rng.choice(names), sql_type)
        if sql_type == "BIGINT":
            return constant(rng.randrange(1 << 31, 1 << 40), sql_type)
        if sql_type in NUMBERS:
            return constant(rng.choice([v for v in EDGES[sql_type] if v >= 0]), sql_type)
        value = constant(random_value(rng, sql_type, nulls=0), sql_type)
        return cast(value, sql_type) if is_decimal(sql_type) else value

    def general(self, sql_type, depth):
        """What exists for every type."""
        rng, inner = self.rng, depth - 1
        kind = rng.randrange(5)
        if kind == 0:
            branches = [(self.make("BOOLEAN", inner), self.make(sql_type, inner))
                        for _ in range(rng.randrange(1, 3))]
            return case(branches, self.make(sql_type, inner) if rng.random() < 0.7 else None)
        if kind == 1:
            name = rng.choice(["COALESCE", "IFNULL"])
            return call(name, sql_type, first_there, self.make(sql_type, inner),
                        self.make(sql_type, inner))
        if kind == 2 and isinstance(sql_type, str) and sql_type != "BOOLEAN":
            return call("NULLIF", sql_type, lambda a, b: None if a == b else a,
                        self.make(sql_type, inner), self.make(sql_type, inner))
        if kind == 3 and sql_type in NUMBERS:
            return field(struct_of(Q=self.make(sql_type, inner)), "Q")
        if kind == 4 and isinstance(sql_type, str):
            elements = [self.make(sql_type, inner) for _ in range(rng.randrange(1, 4))]
            return element(array_of(*elements), constant(rng.choice([1, 2, 3]), "INTEGER"))
        return self.leaf(sql_type)

    def number(self, depth):
        """Of any numeric type: for comparisons. DECIMAL and DOUBLE are not compared: a DOUBLE has
        no exact decimal that everybody agrees on."""
        return self.make(self.rng.choice(["INTEGER", "BIGINT", ("DECIMAL", 6, 2)]), depth)

    def whole(self, sql_type, depth):
        rng = self.rng
        kind = rng.randrange(6)
        if kind == 0:
            return negative(self.make(sql_type, depth))
        if kind == 1:
            return call("ABS", sql_type, over_values(lambda v: wrap(abs(v), sql_type)),
                        self.make(sql_type, depth))
        if kind == 2:
            name, function = rng.choice([("GREATEST", greatest), ("LEAST", least)])
            return call(name, sql_type, function, self.make(sql_type, depth),
                        self.make(sql_type, depth))
        return arithmetic(rng.choice("+-*/%"), self.make(sql_type, depth),
                          self.make(rng.choice(["INTEGER", sql_type]), depth))

    def make_integer(self, depth):
        kind = self.rng.randrange(5)
        if kind == 0:
            return call("LEN", "INTEGER", over_values(len), self.make("STRING", depth))
        if kind == 1:
            source = self.rng.choice(["STRING", "BIGINT", "DOUBLE", ("DECIMAL", 6, 2)])
            return cast(self.make(source, depth), "INTEGER")
        if kind == 2 and ("ARRAY", "INTEGER") in self.columns.values():
            return self.from_array(depth)
        return self.whole("INTEGER", depth)

    def from_array(self, depth):
        array = self.leaf(("ARRAY", "INTEGER"))
        if self.rng.random() < 0.5:
            self.lambdas += 1
            name, other = f"X{self.lambdas}", self.make("INTEGER", depth - 1)
            array = transform(array, name,
                              lambda x: arithmetic(self.rng.choice("+*"), x, other))
        if self.rng.random() < 0.3:
            return call("ARRAY_LENGTH", "INTEGER", over_values(len), array)
        return element(array, constant(self.rng.choice([1, 2]), "INTEGER"))

    def make_bigint(self, depth):
        if self.rng.random() < 0.3:
            return cast(self.make(self.rng.choice(["INTEGER", "STRING"]), depth), "BIGINT")
        return self.whole("BIGINT", depth)

    def make_double(self, depth):
        if self.rng.random() < 0.4:
            return cast(self.make(self.rng.choice(["INTEGER", "BIGINT"]), depth), "DOUBLE")
        return arithmetic(self.rng.choice("+-"), self.make("DOUBLE", depth),
                          self.leaf(self.rng.choice(["DOUBLE", "INTEGER"])))

    def make_string(self, depth):
        rng = self.rng
        kind = rng.randrange(6)
        text = self.make("STRING", depth)
        if kind == 0:
            return join_text(text, self.make("STRING", depth))
        if kind == 1:
            name, function = rng.choice([("UCASE", str.upper), ("LCASE", str.lower),
                                         ("TRIM", str.strip)])
            return call(name, "STRING", over_values(function), text)
        if kind == 2:
            return call("CONCAT", "STRING", lambda *v: "".join(s for s in v if s is not None),
                        text, self.make("STRING", depth))
        if kind == 3:
            start = rng.randrange(1, 4)
            return call("SUBSTRING", "STRING", over_values(lambda s, n: s[n - 1:]), text,
                        constant(start, "INTEGER"))
        if kind == 4:
            source = rng.choice(["INTEGER", "BIGINT", "BOOLEAN"])
            return cast(self.make(source, depth), "STRING")
        return self.general("STRING", depth + 1)

    def make_boolean(self, depth):
        rng = self.rng
        kind = rng.randrange(10)
        if kind == 0:
            return both(self.make("BOOLEAN", depth), self.make("BOOLEAN", depth))
        if kind == 1:
            return either(self.make("BOOLEAN", depth), self.make("BOOLEAN", depth))
        if kind == 2:
            return negation(self.make("BOOLEAN", depth))
        if kind == 3:
            return like(self.make("STRING", depth), rng.choice(["a%", "%", "_", "%c", "1_"]),
                        rng.random() < 0.3)
        if kind == 4:
            numbers = [constant(rng.randrange(12), "INTEGER") for _ in range(rng.randrange(1, 4))]
            return is_in(self.make("INTEGER", depth), numbers, rng.random() < 0.3)
        if kind == 5:
            return between(self.make("INTEGER", depth), constant(rng.randrange(5), "INTEGER"),
                           constant(rng.randrange(5, 15), "INTEGER"))
        if kind == 6:
            inner = self.leaf(rng.choice(["STRING", "INTEGER"]))
            if rng.random() < 0.5:
                inner = call("TRIM" if inner.type == "STRING" else "ABS", inner.type,
                             over_values(str.strip if inner.type == "STRING"
                                         else lambda v: wrap(abs(v), "INTEGER")), inner)
            return is_null(inner, rng.random() < 0.5)
        operator = rng.choice(["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"])
        if rng.random() < 0.3:
            return comparison(operator, self.make("STRING", depth), self.make("STRING", depth))
        return comparison(operator, self.number(depth), self.number(depth))
