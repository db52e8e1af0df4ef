# SPDX-License-Identifier: Apache-2.0
"""profile.sql in plain Python, without sketches: exact figures."""
import math
import statistics
from collections import Counter

from recompute import TEXT, Table, a_text, an_int, row_of, windows_of

MINUTE = 60000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
OUTPUTS = {
    "hour_figures": Table(TEXT, "time", HOUR),
    "day_figures": Table(TEXT, "time", DAY),
}


def compute(data):
    rows = [row for row in data.rows("orders", shop=a_text, amount=an_int, coupon=a_text)
            if row.value is not None and row.value["shop"] is not None]
    return {
        "hour_figures": [row_of("orders", hour(members), window=window)
                  for window, members in sorted(windows(rows, HOUR).items())],
        "day_figures": [row_of("orders", day(members), window=window)
                 for window, members in sorted(windows(rows, DAY).items())],
    }


def windows(rows, size_ms):
    """{window: values} of the minutes that closed: each shop's last order closes all before it, and
    its own minute stays open."""
    last = {}
    for row in rows:
        shop = row.value["shop"]
        last[shop] = max(last.get(shop, 0), row.timestamp)
    found = {}
    for row in rows:
        if row.timestamp // MINUTE != last[row.value["shop"]] // MINUTE:
            for window in windows_of(row.timestamp, size_ms):
                found.setdefault(window, []).append(row.value)
    return found


def hour(values):
    amounts = sorted(v["amount"] for v in values if v["amount"] is not None)
    coupons = [v["coupon"] for v in values if v["coupon"] is not None]
    item, occurrences = Counter(coupons).most_common(1)[0]
    return {
        "ORDERS": len(values), "LEAST": str(amounts[0]), "MOST": str(amounts[-1]),
        "MEAN": round(statistics.fmean(amounts), 6),
        "DEVIATION": round(statistics.stdev(amounts), 6),
        "MEDIAN": float(quantile(amounts, 0.5)), "P90": float(quantile(amounts, 0.9)),
        "NO_COUPON": len(values) - len(coupons),
        "BEST_COUPON": {"ITEM": item, "OCCURRENCES": occurrences, "ERROR": 0},
    }


def quantile(ordered, fraction):
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def day(values):
    amounts = {v["amount"] for v in values if v["amount"] is not None}
    coupons = [v["coupon"] for v in values if v["coupon"] is not None]
    numbers = sum(coupon.isdigit() for coupon in coupons)
    return {"ORDERS": len(values), "AMOUNTS": len(amounts), "MOST": str(max(amounts)),
            "COUPONS": len(set(coupons)),
            "KINDS_OF_COUPON": {"STRING": len(coupons) - numbers, "INTEGER": numbers}}
