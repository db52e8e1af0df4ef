# SPDX-License-Identifier: Apache-2.0
"""customer_changes.sql in plain Python."""
import base64
import json
from decimal import Decimal

from recompute import JSON, Stream, Table, row_of

OUTPUTS = {
    "customers": Table(JSON),
    "named_visits": Stream(JSON),
}


def payload_of(text):
    """Without Connect's schema, where there is one. None: no event."""
    try:
        event = json.loads(text)
    except ValueError:
        return None
    return event["payload"] if "schema" in event and "payload" in event else event


def amount(text):
    if text is None:
        return None
    return Decimal(int.from_bytes(base64.b64decode(text), "big", signed=True)).scaleb(-2)


def changes(data):
    """(id, row or None, time) of each change."""
    for record in data.records:
        if record["topic"] != "shop.customers":
            continue
        key = payload_of(record["key"])["id"]
        if record["value"] is None:
            yield key, None, record["timestamp"]
            continue
        event = payload_of(record["value"])
        if event is None or event.get("op") not in ("c", "r", "u", "d"):
            continue
        after = event["after"]
        row = after and {"NAME": after["name"], "CREDIT": amount(after["credit"]),
                         "SINCE": after["since"] // 1000}
        yield key, row, event["source"]["ts_ms"]


def compute(data):
    steps = [(at, 0, key, row) for key, row, at in changes(data)]
    steps += [(record["timestamp"], 1, json.loads(record["key"]), record["value"])
              for record in data.records if record["topic"] == "page_visits"]
    table, named = {}, []
    for at, is_visit, key, value in sorted(steps, key=lambda step: step[:2]):
        if is_visit:
            row = table.get(key, {"NAME": None, "CREDIT": None})
            named.append(row_of(key, {"PAGE": value["page"], "NAME": row["NAME"],
                                      "CREDIT": row["CREDIT"]}, at))
        elif value is None:
            table.pop(key, None)
        else:
            table[key] = value
    return {"customers": [row_of(key, row) for key, row in table.items()], "named_visits": named}
