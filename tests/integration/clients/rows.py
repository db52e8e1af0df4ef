# SPDX-License-Identifier: Apache-2.0
"""The one table of rows that travel between Weir and other clients, and what each format keeps of them.

A value is neutral JSON, the same for every program: numbers that a JavaScript number would not keep are
texts, doubles the 16 hex digits of their bits, so that -0.0, NaN and the last digit count.

    BOOLEAN, INT, STRING, ARRAY, STRUCT   as they are
    BIGINT, DECIMAL                       text: all digits, the scale's zeros
    DOUBLE                                16 hex digits
    BYTES                                 base64
    TIME, TIMESTAMP; DATE                 milliseconds as text; days
    MAP                                   an object
    NULL                                  null
"""
import base64
import json
import re
import struct


def bits(value):
    return struct.pack(">d", value).hex()


def base64_of(data):
    return base64.b64encode(data).decode()


# ---- types ----

def parse_type(text):
    """A SQL type as a tree: {"type": "ARRAY", "of": ...}, {"type": "STRUCT", "fields": [[name, tree]]}."""
    tree, rest = _parse(re.findall(r"[A-Z0-9_]+|[<>(),]", text))
    assert not rest, rest
    return tree


def _parse(words):
    name, *rest = words
    if name == "DECIMAL":
        return {"type": name, "precision": int(rest[1]), "scale": int(rest[3])}, rest[5:]
    if name == "ARRAY":
        inner, rest = _parse(rest[1:])
        return {"type": name, "of": inner}, rest[1:]
    if name == "MAP":
        inner, rest = _parse(rest[3:])
        return {"type": name, "of": inner}, rest[1:]
    if name == "STRUCT":
        fields = []
        while rest[0] != ">":
            inner, after = _parse(rest[2:])
            fields.append([rest[1], inner])
            rest = after
        return {"type": name, "fields": fields}, rest[1:]
    return {"type": name}, rest


def struct_of(columns):
    return {"type": "STRUCT", "fields": [[name, parse_type(text)] for name, text in columns]}


# Every type; ARRAY and MAP of each sort that all three formats have.
COLUMNS = [
    ("B", "BOOLEAN"), ("I", "INT"), ("L", "BIGINT"), ("D", "DOUBLE"), ("M", "DECIMAL(20,6)"),
    ("M38", "DECIMAL(38,10)"), ("S", "STRING"), ("Y", "BYTES"), ("T", "TIME"), ("DT", "DATE"),
    ("TS", "TIMESTAMP"), ("AI", "ARRAY<INT>"), ("AD", "ARRAY<DOUBLE>"), ("MS", "MAP<STRING,STRING>"),
    ("ML", "MAP<STRING,BIGINT>"), ("R", "STRUCT<X INT,Y STRING,N STRUCT<Z DOUBLE,W BYTES>>"),
    ("AR", "ARRAY<STRUCT<P DECIMAL(6,2),Q TIMESTAMP,U DATE>>"), ("MR", "MAP<STRING,STRUCT<V TIME>>"),
]
VALUE = struct_of(COLUMNS)
NAMES = [name for name, _ in COLUMNS]
KEY = parse_type("STRING")
KEYS = [("K1", "INT"), ("K2", "STRING")]


def row(**values):
    return {name: values.get(name) for name in NAMES}


ORDINARY = row(
    B=True, I=42, L="1234567890123", D=bits(2.5), M="19.990000", M38="1.5000000000", S="Zoë",
    Y=base64_of(b"\x00\x01\xfe\xff"), T="45296789", DT=20000, TS="1735689600123", AI=[1, 2, 3],
    AD=[bits(0.1), bits(-3.0)], MS={"a": "x", "b": ""}, ML={"k": "7"},
    R={"X": 1, "Y": "y", "N": {"Z": bits(1.25), "W": base64_of(b"w")}},
    AR=[{"P": "1.50", "Q": "0", "U": 0}, {"P": "-0.01", "Q": "1", "U": -1}],
    MR={"m": {"V": "0"}})
LARGEST = row(
    B=True, I=2**31 - 1, L=str(2**63 - 1), D=bits(1.7976931348623157e308), M="99999999999999.999999",
    M38="9999999999999999999999999999.9999999999", S="\U0001F600 \u00e9\u4e2d \"\\\n\t",
    Y=base64_of(bytes(range(256))), T="86399999", DT=2932896, TS="253402300799999",
    AI=[2**31 - 1, -2**31], AD=[bits(float("inf")), bits(float("-inf"))],
    MS={"": "empty key", "\u00fc": "\U0001F600"}, ML={"max": str(2**63 - 1), "min": str(-2**63)},
    R={"X": 2**31 - 1, "Y": "x" * 5000, "N": {"Z": bits(5e-324), "W": base64_of(b"\xff" * 300)}},
    AR=[{"P": "9999.99", "Q": "253402300799999", "U": 2932896}], MR={"z": {"V": "86399999"}})
SMALLEST = row(
    B=False, I=-2**31, L=str(-2**63), D=bits(-5e-324), M="-99999999999999.999999",
    M38="-9999999999999999999999999999.9999999999", S="", Y="", T="0", DT=-719162,
    TS="-62135596800000", AI=[], AD=[], MS={}, ML={},
    R={"X": -2**31, "Y": "", "N": {"Z": bits(-1.7976931348623157e308), "W": ""}},
    AR=[{"P": "-9999.99", "Q": "-62135596800000", "U": -719162}], MR={})
# What a float of 53 bits cannot hold, and what is 0.
PRECISE = row(
    B=False, I=0, L=str(2**53 + 1), D=bits(-0.0), M="0.000001", M38="0.0000000001", S="0",
    Y=base64_of(b"\x00"), T="1", DT=-1, TS="-1", AI=[0], AD=[bits(0.1 + 0.2), bits(-0.0)],
    MS={"k": "v"}, ML={"n": str(2**53 + 1)}, R={"X": 0, "Y": "0", "N": {"Z": bits(0.0), "W": ""}},
    AR=[{"P": "0.00", "Q": "-1", "U": -719162}], MR={"a": {"V": "1"}, "b": {"V": "2"}})
NAN = row(D=bits(float("nan")), AD=[bits(float("nan"))], AI=[], MS={}, ML={}, AR=[], MR={})
NULLS = row()
# NULL inside of what is there.
INNER_NULLS = row(I=1, AI=[1, None], AD=[None], MS={"a": None}, ML={"b": None},
                  R={"X": None, "Y": None, "N": None}, AR=[{"P": None, "Q": None, "U": None}],
                  MR={"m": {"V": None}})
ROWS = [("ordinary", ORDINARY), ("largest", LARGEST), ("smallest", SMALLEST), ("precise", PRECISE),
        ("nan", NAN), ("nulls", NULLS), ("inner nulls", INNER_NULLS), ("deleted", None)]


# ---- what a format cannot say: docs/interchange.md has these as a table ----

def kept(tree, value, form, to_weir=False):
    """The value as it comes back where it travels in this format (to Weir: as Weir reads it)."""
    kind = tree["type"]
    if form == "JSON_SR" and to_weir and kind == "DOUBLE" and value == bits(-0.0):
        return bits(0.0)  # a JSON number has no -0
    if form == "PROTOBUF" and value is None and kind in ("ARRAY", "MAP"):
        return [] if kind == "ARRAY" else {}
    if value is None:
        return None
    if kind == "ARRAY":
        return [kept(tree["of"], v, form, to_weir) for v in value]
    if kind == "MAP":
        return {k: kept(tree["of"], v, form, to_weir) for k, v in value.items()}
    if kind == "STRUCT":
        return {n: kept(t, value.get(n), form, to_weir) for n, t in tree["fields"]}
    return value


def each(tree, value, change):
    """The value with each of its parts that is no container changed."""
    kind = tree["type"]
    if value is None:
        return None
    if kind == "ARRAY":
        return [each(tree["of"], v, change) for v in value]
    if kind == "MAP":
        return {k: each(tree["of"], v, change) for k, v in value.items()}
    if kind == "STRUCT":
        return {n: each(t, value[n], change) for n, t in tree["fields"]}
    return change(tree, value)


def can_hold(value, form):
    """PROTOBUF has no NULL among the elements of a list, or the values of a map of scalars."""
    return form != "PROTOBUF" or value is not INNER_NULLS


def safe_integer(tree, value):
    """A BIGINT that avsc keeps: it refuses what is larger (A09), and below takes the sign away."""
    if tree["type"] != "BIGINT":
        return value
    return str(max(-2**52, min(2**53 - 2, int(value))))


def safe_number(tree, value):
    """Likewise a DECIMAL, where it travels as a number."""
    if tree["type"] == "DECIMAL" and len(value.strip("-").strip("0.").replace(".", "")) > 15:
        return ("-" if value[0] == "-" else "") + "1234567"[:tree["precision"] - tree["scale"]] + \
            "." + "0" * tree["scale"]
    return safe_integer(tree, value)


# ---- Weir's side: JSON text of its JSON format ----

def to_weir(tree, value):
    kind = tree["type"]
    if value is None:
        return "null"
    if kind in ("BOOLEAN", "STRING", "BYTES"):
        return json.dumps(value)
    if kind == "DOUBLE":
        number, = struct.unpack(">d", bytes.fromhex(value))
        text = repr(number)
        return json.dumps({"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[text]) \
            if text.lstrip("-") in ("nan", "inf") else json.dumps(text) if text == "-0.0" else text
    if kind == "ARRAY":
        return "[" + ",".join(to_weir(tree["of"], v) for v in value) + "]"
    if kind == "MAP":
        return "{" + ",".join(f"{json.dumps(k)}:{to_weir(tree['of'], v)}"
                              for k, v in value.items()) + "}"
    if kind == "STRUCT":
        return "{" + ",".join(f"{json.dumps(n)}:{to_weir(t, value[n])}"
                              for n, t in tree["fields"]) + "}"
    return str(value)


def from_weir(tree, value):
    """A parsed JSON value of Weir's (numbers as their texts) as a neutral one."""
    kind = tree["type"]
    if value is None:
        return None
    if kind == "DOUBLE":
        return bits(float(value))
    if kind in ("INT", "DATE"):
        return int(value)
    if kind in ("BIGINT", "DECIMAL", "TIME", "TIMESTAMP"):
        return plain(value)
    if kind == "ARRAY":
        return [from_weir(tree["of"], v) for v in value]
    if kind == "MAP":
        return {k: from_weir(tree["of"], v) for k, v in value.items()}
    if kind == "STRUCT":
        return {n: from_weir(t, value[n]) for n, t in tree["fields"]}
    return value


def plain(text):
    """1E-10 as 0.0000000001."""
    import decimal
    with decimal.localcontext(prec=60):
        return f"{decimal.Decimal(text):f}"


def parse_weir(text):
    return json.loads(text, parse_int=str, parse_float=str)
