# SPDX-License-Identifier: Apache-2.0
"""What each operator does to a list of records, written for reading and not for speed.

A record is Record(key, value, time, window): `value` is {column: value}, or None for a deletion.
A condition or an item of SELECT is an expressions.Node over {column: value}, the key's among them.
"""
from collections import namedtuple

from expressions import holds
from values import wrap

Record = namedtuple("Record", "key value time window", defaults=[None])


def project(items, row):
    return {name: node.scoped(row) for name, node in items.items()}


# ---- one record in, one out ----

def select_stream(records, condition, items):
    return [record._replace(value=project(items, record.value)) for record in records
            if holds(condition, record.value)]


def partition_by(records, node):
    """A key that is NULL or fails stays NULL: the record is kept."""
    return [record._replace(key=node.scoped(record.value)) for record in records]


def explode(records, array, name):
    """One record for each element, none for an empty or missing array."""
    return [record._replace(value={**record.value, name: element}) for record in records
            for element in array.scoped(record.value) or []]


def select_table(records, condition, items):
    """A row that the condition leaves out is a deletion."""
    return [record._replace(value=project(items, record.value) if record.value is not None
                            and holds(condition, record.value) else None) for record in records]


# ---- aggregates ----

class Count:
    """COUNT(*), or COUNT(x) of what is not NULL."""
    start = 0

    def add(self, state, value):
        return state + (value is not None)

    def undo(self, state, value):
        return state - (value is not None)

    def result(self, state):
        return state


class Sum(Count):
    """In the width of the argument; NULL adds nothing."""

    def __init__(self, sql_type):
        self.type = sql_type

    def add(self, state, value):
        return wrap(state + (value or 0), self.type)

    def undo(self, state, value):
        return wrap(state - (value or 0), self.type)


class Extreme(Count):
    """MIN or MAX of what is not NULL."""
    start = None

    def __init__(self, choose):
        self.choose = choose

    def add(self, state, value):
        return self.choose((v for v in (state, value) if v is not None), default=None)


class Latest(Extreme):
    """LATEST_BY_OFFSET: the last that is not NULL."""

    def __init__(self):
        super().__init__(None)

    def add(self, state, value):
        return state if value is None else value


class Earliest(Latest):
    def add(self, state, value):
        return value if state is None else state


class CollectList(Count):
    start = []

    def add(self, state, value):
        return state + [value]


class Group:
    """The aggregates of one group: {name: (aggregate, argument)}."""

    def __init__(self, aggregates):
        self.aggregates, self.time = aggregates, -1
        self.states = {name: aggregate.start for name, (aggregate, _) in aggregates.items()}

    def change(self, row, undo=False):
        for name, (aggregate, argument) in self.aggregates.items():
            step = aggregate.undo if undo else aggregate.add
            self.states[name] = step(self.states[name], argument.scoped(row))

    def record(self, key, time, having, window=None):
        self.time = max(self.time, time)
        row = {name: aggregate.result(self.states[name])
               for name, (aggregate, _) in self.aggregates.items()}
        return Record(key, row if holds(having, row) else None, self.time, window)


def keyed(records, group_by):
    """(key, record) for those whose group is known: a NULL in it drops the record."""
    for record in records:
        key = tuple(node.scoped(record.value) for node in group_by)
        if None not in key:
            yield key, record


def aggregate_stream(records, group_by, aggregates, having=None):
    groups, results = {}, []
    for key, record in keyed(records, group_by):
        group = groups.setdefault(key, Group(aggregates))
        group.change(record.value)
        results.append(group.record(key, record.time, having))
    return results


def starts_of_windows(time, size, advance):
    """The windows [start, start + size) that hold `time`: starts are multiples of the advance."""
    first = max(0, (time - size) // advance * advance + advance)
    return range(first, time + 1, advance)


def aggregate_windows(records, group_by, aggregates, window, having=None, final=False):
    """`window`: (size, advance, grace). A window takes rows until the stream's time reaches its
    end and the grace after it. `final`: each window comes out once, when it is closed."""
    size, advance, grace = window
    groups, results, now = {}, [], -1
    for key, record in keyed(records, group_by):
        now = max(now, record.time)
        for start in starts_of_windows(record.time, size, advance):
            if start + size + grace <= now:
                continue
            group = groups.setdefault((key, start), Group(aggregates))
            group.change(record.value)
            result = group.record(key, record.time, having, (start, start + size))
            if not final:
                results.append(result)
        if final:
            closed = [name for name in groups if name[1] + size + grace <= now]
            for key_start in sorted(closed, key=lambda name: name[1]):
                group, (its_key, start) = groups.pop(key_start), key_start
                results.append(group.record(its_key, group.time, None, (start, start + size)))
    return results


def aggregate_sessions(records, group_by, aggregates, gap):
    """A row joins all sessions within the gap of it; each is taken back before the new one. Nothing
    is late: the cases have a long grace."""
    sessions, results = {}, []
    for key, record in keyed(records, group_by):
        mine = sessions.setdefault(key, [])
        near = [s for s in mine
                if s["end"] >= record.time - gap and s["start"] <= record.time + gap]
        rows = sorted((number, row) for s in near for number, row in s["rows"])
        merged = {"start": min([record.time] + [s["start"] for s in near]),
                  "end": max([record.time] + [s["end"] for s in near]),
                  "rows": rows + [(len(results), record.value)]}
        if (merged["start"], merged["end"]) != (record.time, record.time):
            results += [Record(key, None, s["end"], (s["start"], s["end"])) for s in near]
        sessions[key] = [s for s in mine if s not in near] + [merged]
        group = Group(aggregates)
        for _, row in merged["rows"]:
            group.change(row)
        results.append(group.record(key, merged["end"], None, (merged["start"], merged["end"])))
    return results


def aggregate_table(records, condition, group_by, aggregates, having=None):
    """The old row of a key is undone before the new one is added; a group that lost its rows
    stays, with nothing in it."""
    rows, groups, results = {}, {}, []
    for record in records:
        old = rows.get(record.key)
        new = None
        if record.value is not None and holds(condition, record.value):
            key = tuple(node.scoped(record.value) for node in group_by)
            new = None if None in key else (key, record.value)
        rows[record.key] = new
        if old:
            groups[old[0]].change(old[1], undo=True)
            if not new or new[0] != old[0]:
                results.append(groups[old[0]].record(old[0], record.time, having))
        if new:
            group = groups.setdefault(new[0], Group(aggregates))
            group.change(new[1])
            results.append(group.record(new[0], record.time, having))
    return results


# ---- joins: `records` are (side, Record), "l" and "r", in order of arrival ----

def join_streams(records, before, after, kind):
    """Every pair with r.time in [l.time - before, l.time + after], and, for LEFT and FULL OUTER,
    what found no partner. Nothing is late, and at the end every window is closed."""
    pairs = []
    partners = set()
    sides = {"l": [], "r": []}
    for number, (side, record) in enumerate(records):
        for other_number, other in sides["r" if side == "l" else "l"]:
            left, right = (record, other) if side == "l" else (other, record)
            if left.key == right.key and -before <= right.time - left.time <= after:
                pairs.append((left, right))
                partners |= {number, other_number}
        sides[side].append((number, record))
    alone = {"l": [], "r": []}
    for side in alone:
        alone[side] = [record for number, record in sides[side] if number not in partners]
    if kind in ("LEFT", "FULL OUTER"):
        pairs += [(record, None) for record in alone["l"]]
    if kind == "FULL OUTER":
        pairs += [(None, record) for record in alone["r"]]
    return pairs


def join_stream_table(records, kind):
    """A row of the stream meets the table as it is when it comes."""
    rows, pairs = {}, []
    for side, record in records:
        if side == "r":
            rows[record.key] = record if record.value is not None else None
        elif kind == "LEFT" or rows.get(record.key):
            pairs.append((record, rows.get(record.key)))
    return pairs


def join_tables(records, kind):
    """(key, left or None, right or None, time, whether there is a row) after each change."""
    sides, changes = {"l": {}, "r": {}}, []
    for side, record in records:
        sides[side][record.key] = record if record.value is not None else None
        left, right = sides["l"].get(record.key), sides["r"].get(record.key)
        there = {"INNER": left and right, "LEFT": left, "RIGHT": right,
                 "FULL OUTER": left or right}[kind]
        time = max([record.time] + [r.time for r in (left, right) if r])
        changes.append((record.key, left, right, time, bool(there)))
    return changes


def join_foreign_key(records, column, kind):
    """The left's `column` names the right's key. A change on the right comes out with its own time
    alone, one on the left with the later of both: of the right row that it names or, INNER
    alone, where it names none any more, of that which it named before."""
    sides, changes = {"l": {}, "r": {}}, []
    for side, record in records:
        old = sides["l"].get(record.key) if side == "l" else None
        had = sides["r"].get(old.value[column]) if old else None
        sides[side][record.key] = record if record.value is not None else None
        touched = [record.key] if side == "l" else sorted(
            key for key, left in sides["l"].items() if left and left.value[column] == record.key)
        for key in touched:
            left = sides["l"][key]
            right = sides["r"].get(left.value[column]) if left else None
            there = bool(left and (right or kind == "LEFT"))
            named = left and left.value[column] is not None
            partner = right if named else had if kind == "INNER" else None
            time = max(record.time, partner.time) if side == "l" and partner else record.time
            changes.append((key, left, right, time, there))
    return changes


def without_vain_deletions(records):
    """A deletion of a key that is not there changes nothing: ksqlDB writes some, others not."""
    there, kept = set(), []
    for record in records:
        name = (record.key, record.window)
        if record.value is not None:
            there.add(name)
        elif name in there:
            there.remove(name)
        else:
            continue
        kept.append(record)
    return kept
