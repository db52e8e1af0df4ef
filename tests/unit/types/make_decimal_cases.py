#!/usr/bin/env python3
"""Writes decimal_cases.txt: random DECIMAL operations and their results by Python's decimal module,
which shares no code with Weir. The file is committed; run this again only to change its cases.

One case a line; numbers are plain digits with exactly their scale:
    arith OP p1 s1 a p2 s2 b p s RESULT
    round HOW places p1 s1 a p s RESULT
    text exact|round p s TEXT RESULT
    compare p1 s1 a p2 s2 b -1|0|1
RESULT is a number, OVERFLOW, INEXACT or DIV_ZERO.
"""
import decimal
import pathlib
import random
from fractions import Fraction

decimal.getcontext().prec = 5000
rng = random.Random(20240611)
MODES = {
    "HALF_UP": decimal.ROUND_HALF_UP, "DOWN": decimal.ROUND_DOWN,
    "CEIL": decimal.ROUND_CEILING, "FLOOR": decimal.ROUND_FLOOR, "HALF_CEIL": None,
}


def plain(unscaled, scale):
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    text = digits[:-scale] + "." + digits[-scale:] if scale else digits
    return ("-" if unscaled < 0 else "") + text


def random_type(big):
    p = rng.choice([1, 2, 4, 9, 10, 18, 19, 20, 27, 37, 38]) if not big else rng.randint(39, 90)
    return p, rng.choice([0, p, rng.randint(0, p), min(p, rng.randint(0, 4))])


def random_unscaled(p):
    kind = rng.random()
    if kind < 0.08:
        return 0
    if kind < 0.2:
        v = 10**p - 1
    elif kind < 0.3:
        v = 10 ** rng.randint(0, p - 1)
    elif kind < 0.4:
        v = 5 * 10 ** rng.randint(0, p - 1)
    else:
        v = rng.randint(0, 10 ** rng.randint(1, p) - 1)
    return rng.choice([-1, 1]) * v


def result_type(op, p1, s1, p2, s2):
    if op in "+-":
        return max(s1, s2) + max(p1 - s1, p2 - s2) + 1, max(s1, s2)
    if op == "*":
        return p1 + p2 + 1, s1 + s2
    if op in "/:":
        s = max(6, s1 + p2 + 1)
        return p1 - s1 + s2 + s, s
    return min(p1 - s1, p2 - s2) + max(s1, s2), max(s1, s2)


def truncated_rest(a, b):
    """Remainder with the dividend's sign."""
    return a - b * int(a / b)


def half_up(value):
    """A fraction as the nearest integer, halves away from zero."""
    return int(abs(value) + Fraction(1, 2)) * (1 if value >= 0 else -1)


def cast(value, p, s):
    """To DECIMAL(p, s), rounded HALF_UP; the number itself must fit, not what it is rounded to."""
    return plain(half_up(value * 10**s), s) if abs(value) * 10**s < 10**p else "OVERFLOW"


def possible(quotient, digits):
    """The whole part has no more digits than that, zeroes at its end not counted."""
    return len(str(abs(int(quotient))).rstrip("0")) <= digits


def fit(value, p, s):
    unscaled = value * 10**s
    if unscaled.denominator != 1:
        return "INEXACT"
    return plain(int(unscaled), s) if abs(unscaled) < 10**p else "OVERFLOW"


def arith(big):
    op = rng.choice("+-*/:%")
    p1, s1 = random_type(big and rng.random() < 0.7)
    p2, s2 = random_type(big and rng.random() < 0.7)
    u, v = random_unscaled(p1), random_unscaled(p2)
    if op in "/:" and rng.random() < 0.7:  # otherwise hardly any quotient terminates
        v = rng.choice([1, 2, 4, 5, 8, 16, 25, 125]) % 10**p2 or 1
    a, b = Fraction(u, 10**s1), Fraction(v, 10**s2)
    p, s = result_type(op, p1, s1, p2, s2)
    if op in "/:%" and b == 0:
        out = "DIV_ZERO"
    elif op == "%" and not possible(a / b, p):
        out = "IMPOSSIBLE"
    elif op == "/":
        out = fit(Fraction(half_up(a / b * 10**s), 10**s), p, s)
    else:
        value = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, ":": lambda: a / b,
                 "%": lambda: truncated_rest(a, b)}[op]()
        out = fit(value, p, s)
    return f"arith {op} {p1} {s1} {plain(u, s1)} {p2} {s2} {plain(v, s2)} {p} {s} {out}"


def rounded(value, places, how):
    """value, a Decimal, at 10^-places."""
    unit = decimal.Decimal(1).scaleb(-places)
    if how == "HALF_CEIL":
        return ((value / unit + decimal.Decimal("0.5"))
                .to_integral_value(decimal.ROUND_FLOOR)) * unit
    return (value / unit).to_integral_value(MODES[how]) * unit


def rounding(big):
    how = rng.choice(list(MODES))
    p1, s1 = random_type(big and rng.random() < 0.7)
    p, s = random_type(big and rng.random() < 0.7)
    u = random_unscaled(p1)
    places = rng.choice([s, s1 - 1, rng.randint(-12, 12), rng.randint(-90, 90)])
    value = rounded(decimal.Decimal(plain(u, s1)), min(places, s), how)
    out = fit(Fraction(value), p, s)
    if how == "HALF_UP" and places >= s:
        out = cast(Fraction(u, 10**s1), p, s)
    return f"round {how} {places} {p1} {s1} {plain(u, s1)} {p} {s} {out}"


def text(big):
    p, s = random_type(big)
    exact = rng.random() < 0.5
    digits = "".join(rng.choice("0123456789055") for _ in range(rng.randint(1, p + 4)))
    point = rng.randint(0, len(digits))
    t = rng.choice(["", "-", "+"]) + digits[:point] + "." + digits[point:]
    if rng.random() < 0.4:
        t += rng.choice("eE") + rng.choice(["", "+", "-"]) + str(rng.randint(0, 45))
    value = decimal.Decimal(t)
    out = fit(Fraction(value), p, s)
    if not exact or out == "OVERFLOW":
        out = cast(Fraction(value), p, s)
    return f"text {'exact' if exact else 'round'} {p} {s} {t} {out}"


def compare(big):
    p1, s1 = random_type(big and rng.random() < 0.7)
    p2, s2 = random_type(big and rng.random() < 0.7)
    u = random_unscaled(p1)
    v = random_unscaled(p2)
    if rng.random() < 0.5:  # near each other
        v = int(Fraction(u, 10**s1) * 10**s2) + rng.choice([-1, 0, 0, 1])
        v = max(min(v, 10**p2 - 1), 1 - 10**p2)
    a, b = Fraction(u, 10**s1), Fraction(v, 10**s2)
    return f"compare {p1} {s1} {plain(u, s1)} {p2} {s2} {plain(v, s2)} {(a > b) - (a < b)}"


def main():
    lines = []
    for make, n in ((arith, 1500), (rounding, 1000), (text, 600), (compare, 400)):
        lines += [make(i % 3 == 0) for i in range(n)]
    out = pathlib.Path(__file__).with_name("decimal_cases.txt")
    out.write_text("\n".join(lines) + "\n")


main()
