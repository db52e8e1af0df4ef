#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the input.jsonl of the sample queries again: python3 queries/make_input.py

The inputs are in the repository; this says how they came to be. Each holds what real topics hold:
records out of order, values and keys that are missing, and some that are broken.
"""
import json
import random
from datetime import datetime, timezone
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NOON = 1714564800000  # 2024-05-01T12:00:00Z


def write(name, records):
    with open(FOLDER / name / "input.jsonl", "w", encoding="utf-8") as out:
        for topic, key, value, timestamp in records:
            line = {"topic": topic, "key": key, "value": value, "timestamp": timestamp}
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def arrival_times(rng, count, start, step_ms, disorder_ms):
    """Times that grow by about step_ms, one in six of them late by up to disorder_ms."""
    now = start
    for _ in range(count):
        now += rng.randrange(2 * step_ms)
        yield now - (rng.randrange(disorder_ms) if rng.random() < 0.17 else 0)


def clicks():
    rng = random.Random(1)
    places = [("Berlin", "Germany"), ("Köln", "Germany"), ("Paris", "France"), ("Lyon", "France"),
              ("Chicago", "United States"), ("Austin", "United States"), ("東京", "Japan"),
              (None, None), (None, "France")]
    platforms = ["Windows", "Linux", "macOS", "Android", "iOS"]
    records = []
    for number in range(1, 10):  # 10 has no campaign
        row = {"id": number, "name": f"Campaign {number}", "budget": 1000.5 * number}
        records.append(("campaigns", str(number), row, NOON - 3600000 + number))
    records.append(("campaigns", "3", {"id": 3, "name": "Spring \"sale\"", "budget": 99.90},
                    NOON - 1800000))
    records.append(("campaigns", "4", None, NOON - 1700000))  # given up
    for n, at in enumerate(arrival_times(rng, 400, NOON, 4000, 150000)):
        city, country = rng.choice(places)
        value = {"uuid": f"{rng.getrandbits(64):016x}", "campaignId": rng.randint(1, 10),
                 "pubId": rng.randint(1, 5), "timestamp": at, "ip": f"192.0.2.{rng.randint(1, 25)}",
                 "city": city, "country": country,
                 "browser": rng.choice(["Firefox", "Chrome", "Safari", "Edge"]),
                 "platform": rng.choice(platforms), "platformVersion": f"{rng.randint(9, 14)}.0"}
        if n == 50:
            value = '{"uuid": "cut off", "campaignId": 3, "ti'
        elif n == 120:
            value = "not JSON at all"
        elif n == 130:
            value["campaignId"] = "seven"  # of the wrong type
        elif n == 140:
            value["campaignId"] = None
        elif n == 150:
            del value["timestamp"]
        elif n == 160:
            value["browser"] = None
        elif n == 170:
            value["more"] = {"than": ["declared"]}
        elif n == 180:
            value = None
        key = None if n % 5 == 0 else f"k{rng.randrange(40)}"
        records.append(("clicks", key, value, at))
    write("clicks", records)


def user_events():
    rng = random.Random(2)
    records = []
    for user in range(1, 13):
        records.append(("users", str(user), {"user_id": user, "name": f"User {user}",
                                             "email": f"User{user}@Example.com"}, NOON - 90000 + user))
    records.append(("users", "5", {"name": "Zoë", "email": "ZOE@example.com"}, NOON - 60000))
    records.append(("users", "6", None, NOON - 50000))           # has left
    records.append(("users", "7", {"name": "Seven"}, NOON - 40000))  # no email
    records.append(("users", "8", '{"name": ', NOON - 30000))    # broken: the row before stays
    for n, at in enumerate(arrival_times(rng, 300, NOON, 2000, 60000)):
        value = {"user_id": rng.randint(1, 15), "timestamp": at,
                 "action": rng.choice(["click", "click", "view", "login", "Click"])}
        if n == 33:
            value = "{{"
        elif n == 66:
            value["user_id"] = None
        elif n == 99:
            value["action"] = None
        elif n == 111:
            value["timestamp"] = -5  # before 1970
        records.append(("user-events", None if n % 7 == 0 else f"s{n % 9}", value, at))
    write("user_events", records)


def iso(ms):
    return datetime.fromtimestamp(ms // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") \
        + f".{ms % 1000:03d}Z"


def website_activity():
    rng = random.Random(3)
    users = [f"user{n}" for n in range(1, 9)]
    pages = ["/", "/cart", "/help", "/health", "/ü"]
    records, free = [], {user: 0 for user in users}
    now = NOON
    for n in range(350):
        now += rng.randrange(60000)
        user = rng.choice(users)
        if n > 40 and now < free[user]:
            user = rng.choice(users)
        if rng.random() < 0.1:  # a break, so that a visit ends
            free[user] = now + rng.randrange(30, 60) * 60000
        at = now - (rng.randrange(8 * 60000) if rng.random() < 0.15 else 0)
        value = {"page": rng.choice(pages), "spent": rng.randint(1, 300), "viewed_at": iso(at)}
        key = user
        if n == 70:
            key = None
        elif n == 90:
            value = "]"
        elif n == 110:
            value["viewed_at"] = "yesterday"
        elif n == 130:
            value["spent"] = None
        records.append(("website-activity", key, value, at))
        if n in (200, 250, 300):  # hours late: dropped from visits, counted in pages_per_hour
            late = NOON - n * 1000
            records.append(("website-activity", user, {"page": "/", "spent": 1000,
                                                       "viewed_at": iso(late)}, late))
    write("website_activity", records)


def portfolio():
    rng = random.Random(4)
    symbols = ["ACME", "BOLT", "CORE", "DUST", "ÉTÉ", "NONE"]
    accounts = ["alice", "bob", "carol", "dave"]
    held = {symbol: {} for symbol in symbols}
    cents = {symbol: rng.randint(500, 50000) for symbol in symbols}
    records, now = [], NOON
    for n in range(400):
        now += 1 + rng.randrange(2000)  # unique times: what a price meets is beyond doubt
        symbol = rng.choice(symbols)
        if n % 6 == 0 and symbol != "NONE":
            account = rng.choice(accounts)
            held[symbol][account] = rng.choice([0, 1, 10, 250])
            holders = [{"account": a, "shares": s} for a, s in sorted(held[symbol].items())]
            records.append(("holdings", symbol, {"holders": holders}, now))
            continue
        cents[symbol] = max(1, cents[symbol] + rng.randint(-300, 300))
        value = f'{{"price":{cents[symbol] // 100}.{cents[symbol] % 100:02d}}}'
        key = symbol
        if n == 100:
            value = '{"price":'
        elif n == 101:
            value = '{"price":1.005}'  # three digits do not fit DECIMAL(12, 2)
        elif n == 150:
            key = None
        elif n == 200:
            value = '{"price":"12.50"}'
        elif n == 250:
            records.append(("holdings", "DUST", None, now))  # nobody holds it from here on
            held["DUST"] = {}
            continue
        elif n == 260:
            records.append(("holdings", "CORE", "broken", now))
            continue
        records.append(("prices", key, value, now))
    write("portfolio", records)


def profile():
    rng = random.Random(5)
    shops = ["Berlin", "Köln", "Paris", "Lyon", "Austin"]
    coupons = ["SPRING"] * 5 + ["VIP"] * 2 + ["4711", None, None, None]
    records = []
    for n, at in enumerate(arrival_times(rng, 400, NOON, 24000, 8 * 60000)):
        at = max(at, NOON)
        value = {"shop": rng.choice(shops), "amount": rng.randint(1, 20000),
                 "coupon": rng.choice(coupons)}
        if n == 100:
            value["amount"] = None
        elif n == 150:
            value = "no order"
        elif n == 200:
            value["shop"] = None
        records.append(("orders", f"o{n}", value, at))
    for shop in shops:  # hours later: all minutes before are over
        records.append(("orders", f"last {shop}", {"shop": shop, "amount": 1, "coupon": None},
                        NOON + 8 * 3600000))
    write("profile", records)


if __name__ == "__main__":
    clicks()
    user_events()
    website_activity()
    portfolio()
    profile()
