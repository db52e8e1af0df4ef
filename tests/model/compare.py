# SPDX-License-Identifier: Apache-2.0
"""Whether what a program wrote is what the model says."""
from operators import Record, without_vain_deletions
from values import same, to_json


def expected_records(relation):
    """As they stand in the topic: the key's columns are not in the value."""
    records = [r._replace(value=None if r.value is None else {
        name: value for name, value in r.value.items() if name not in relation.key})
        for r in relation.records]
    return without_vain_deletions(records) if relation.kind == "TABLE" else records


def actual_records(relation, outputs):
    records = []
    for output in outputs:
        if output["topic"] != relation.name:
            continue
        key, window = output["key"], output.get("window")
        if isinstance(key, dict):
            key = tuple(key[name] for name in relation.key)
        records.append(Record(key, output["value"], output["timestamp"],
                              window and (window["start"], window["end"])))
    if relation.name == "O":
        records = [r for r in records if not str(r.key).startswith("end-")]
    return without_vain_deletions(records) if relation.kind == "TABLE" else records


def equal(actual, expected):
    return (actual.time == expected.time and actual.window == expected.window
            and same(list(actual.key) if isinstance(actual.key, tuple) else actual.key,
                     list(expected.key) if isinstance(expected.key, tuple) else expected.key)
            and same(actual.value, expected.value))


def by_key(records):
    groups = {}
    for record in records:
        groups.setdefault((record.key, record.window), []).append(record)
    return groups


def text(record):
    return f"{record.key} {record.window or ''} @{record.time} = {to_json(record.value)}"


def difference(relation, outputs):
    """None, or a text that says how the topic differs."""
    actual, expected = actual_records(relation, outputs), expected_records(relation)
    if relation.compare == "set":
        left = list(actual)
        for record in expected:
            found = next((a for a in left if equal(a, record)), None)
            if found is None:
                return f"missing: {text(record)}"
            left.remove(found)
        return f"too much: {text(left[0])}" if left else None
    groups = ({None: actual}, {None: expected})
    if relation.compare == "keyed":
        groups = by_key(actual), by_key(expected)
    for key in [*groups[1], *(key for key in groups[0] if key not in groups[1])]:
        ours, theirs = groups[0].get(key, []), groups[1].get(key, [])
        for number in range(max(len(ours), len(theirs))):
            if number >= len(theirs):
                return f"too much: {text(ours[number])}"
            if number >= len(ours):
                return f"missing: {text(theirs[number])}"
            if not equal(ours[number], theirs[number]):
                return (f"record {number}: {text(ours[number])}\n"
                        f"   expected {text(theirs[number])}")
    return None
