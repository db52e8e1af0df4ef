# SPDX-License-Identifier: Apache-2.0
"""Random programs of one to three queries, with the records that each must write.

A Relation is a stream or a table as far as the model knows it: its columns, its records, and how
its topic may be compared: "ordered" (record by record), "keyed" (each key's records in order), or
"set" (order left open).
"""
from dataclasses import dataclass, field

import operators as op
from expressions import Maker, Node, column, comparison, constant, negative
from operators import Record
from values import random_value, sql_name

KEYS = ["a", "b", "c"]
LONG = 43200000  # milliseconds: nothing is late, and no topic forgets a result meanwhile
VALUE_COLUMNS = {"A": "INTEGER", "B": "BIGINT", "E": "STRING", "G": "BOOLEAN",
                 "M": ("DECIMAL", 6, 2), "L": ("ARRAY", "INTEGER")}
EARLIEST = 300  # no window of a row begins before 0: a service moves times, and there it would
SMALL = {"INTEGER": [None, 0, 1, 2, 3, -1, 7], "BIGINT": [None, 0, 1, 5, -2]}


@dataclass
class Relation:
    name: str
    kind: str                     # STREAM or TABLE
    columns: dict                 # {name: type}, the key's first
    records: list                 # in order; `value` has all columns, the key's too
    key: tuple = ("K",)           # names of the key's columns; () where there are none
    compare: str = "ordered"
    window_bytes: int = 0         # added to a key: 8 (a window's start), 16 (a session's end too)
    # Whether the state at the end is the same in whatever order the partitions are read.
    settles: bool = True
    json_key: bool = False  # whether the topic's keys are JSON, and not plain text


@dataclass
class Program:
    statements: list = field(default_factory=list)
    inputs: list = field(default_factory=list)     # {"topic", "key", "value", "timestamp"}
    sources: list = field(default_factory=list)    # of Relation
    results: list = field(default_factory=list)    # of Relation, in order of creation


def make_source(program, name, kind, columns):
    key = "STRING KEY" if kind == "STREAM" else "STRING PRIMARY KEY"
    texts = ", ".join(f"{column} {sql_name(its)}" for column, its in columns.items())
    program.statements.append(f"CREATE {kind} {name} (K {key}, {texts}) WITH "
                              f"(kafka_topic='{name.lower()}', value_format='JSON', partitions=1);")
    relation = Relation(name, kind, {"K": "STRING", **columns}, [])
    program.sources.append(relation)
    return relation


def random_cell(rng, name, sql_type, choices):
    if name in choices:
        return rng.choice(choices[name])
    if sql_type in SMALL and rng.random() < 0.8:
        return rng.choice(SMALL[sql_type])
    return random_value(rng, sql_type)


def feed(rng, program, sources, rows, jump=1, choices=()):
    """Records for the sources, mixed: [(source, record)]. Event time goes forward, and now and then
    back. `choices`: {column: values} for columns that are not just anything."""
    order, now = [], rng.randrange(EARLIEST, 1000)
    for _ in range(rows):
        source = rng.choice(sources)
        now = max(EARLIEST, now + rng.randrange(-15, 25) * jump)
        value = {name: random_cell(rng, name, its, choices)
                 for name, its in source.columns.items() if name != "K"}
        if source.kind == "TABLE" and rng.random() < 0.2:
            value = None
        give(program, source, rng.choice(KEYS), value, now)
        order.append((source, source.records[-1]))
    return order


def give(program, source, key, value, time):
    program.inputs.append({"topic": source.name.lower(), "key": key, "value": value,
                           "timestamp": time})
    row = None if value is None else {"K": key, **value}
    source.records.append(Record(key, row, time))


# ---- parts of a SELECT ----

def where(rng, columns, share=0.5):
    """(SQL, condition); the condition is None where there is none."""
    if rng.random() > share:
        return "", None
    node = Maker(rng, columns).make("BOOLEAN", 2)
    return f" WHERE {node.sql}", node


def items_of(rng, relation, name):
    """Items of SELECT beside the key; the key itself must not stand there a second time."""
    types = ["INTEGER", "BIGINT", "STRING", "BOOLEAN"]
    made = [Maker(rng, relation.columns).make(rng.choice(types), 2)
            for _ in range(rng.randrange(1, 4))]
    return {f"{name}_{n}": node if node.sql not in relation.key else constant(n, "INTEGER")
            for n, node in enumerate(made)}


def items_sql(items):
    return ", ".join(f"{node.sql} AS {name}" for name, node in items.items())


def kept(relation, items):
    """The key's columns beside the items."""
    return {**{name: column(name, relation.columns[name]) for name in relation.key}, **items}


def types_of(items):
    return {name: node.type for name, node in items.items()}


# ---- queries ----

def query(program, relation, body):
    options = " WITH (key_format='JSON')" if relation.json_key else ""
    program.statements.append(f"CREATE {relation.kind} {relation.name}{options} AS {body};")
    program.results.append(relation)
    return relation


def stream_query(rng, program, source, name):
    if rng.random() < 0.25:
        return rekeyed_query(rng, program, source, name)
    if source.columns.get("L") == ("ARRAY", "INTEGER") and rng.random() < 0.2:
        return exploded_query(rng, program, source, name)
    sql, condition = where(rng, source.columns)
    items = items_of(rng, source, name)
    records = op.select_stream(source.records, condition, kept(source, items))
    relation = Relation(name, "STREAM", types_of(kept(source, items)), records, source.key,
                        source.compare, json_key=source.json_key)
    return query(program, relation,
                 f"SELECT {', '.join([*source.key, items_sql(items)])} FROM {source.name}{sql}")


def rekeyed_query(rng, program, source, name):
    """PARTITION BY an expression, which becomes the key under a name of its own."""
    sql, condition = where(rng, source.columns)
    items = items_of(rng, source, name)
    node = negative(Maker(rng, source.columns).make("INTEGER", 1))  # never just a column
    # An item that has the new key in it means the key's column, which is NULL where it failed.
    same = "0" if node.sql == "(-0)" else node.sql  # the literal -0 is 0
    items = {n: item for n, item in items.items() if same not in item.sql} or {
        f"{name}_0": constant(1, "INTEGER")}
    key = f"{name}_KEY"
    records = op.select_stream(source.records, condition, {key: node, **items})
    records = [record._replace(key=record.value[key]) for record in records]
    relation = Relation(name, "STREAM", {key: "INTEGER", **types_of(items)}, records, (key,),
                        source.compare, json_key=True)
    return query(program, relation, f"SELECT {node.sql} AS {key}, {items_sql(items)} FROM "
                 f"{source.name}{sql} PARTITION BY {node.sql}")


def exploded_query(rng, program, source, name):
    sql, condition = where(rng, source.columns)
    items = items_of(rng, source, name)
    each = f"{name}_EACH"
    rows = [record for record in source.records if op.holds(condition, record.value)]
    rows = op.explode(rows, column("L", ("ARRAY", "INTEGER")), each)
    whole = kept(source, {**items, each: column(each, "INTEGER")})
    relation = Relation(name, "STREAM", types_of(whole), op.select_stream(rows, None, whole),
                        source.key, source.compare)
    return query(program, relation,
                 f"SELECT {', '.join([*source.key, items_sql(items)])}, EXPLODE(L) AS {each} "
                 f"FROM {source.name}{sql}")


def table_query(rng, program, source, name):
    sql, condition = where(rng, source.columns, 0.7)
    items = items_of(rng, source, name)
    records = op.select_table(source.records, condition, kept(source, items))
    relation = Relation(name, "TABLE", types_of(kept(source, items)), records, source.key,
                        source.compare, json_key=source.json_key)
    return query(program, relation,
                 f"SELECT {', '.join(source.key)}, {items_sql(items)} FROM {source.name}{sql}")


def aggregates_of(rng, columns, prefix, table):
    """{name: (aggregate, argument)} with its SQL. The undo of a table takes COUNT and SUM alone."""
    maker = Maker(rng, columns)
    count = f"{prefix}_N"
    chosen = {count: (op.Count(), Node("*", "INTEGER", lambda row: 1))}
    texts = [f"COUNT(*) AS {count}"]
    for number in range(rng.randrange(1, 3)):
        name, argument = f"{prefix}_{number}", maker.make(rng.choice(["INTEGER", "BIGINT"]), 1)
        kinds = [("SUM", op.Sum(argument.type)), ("COUNT", op.Count())]
        if not table:
            kinds += [("MIN", op.Extreme(min)), ("MAX", op.Extreme(max)),
                      ("LATEST_BY_OFFSET", op.Latest()), ("EARLIEST_BY_OFFSET", op.Earliest()),
                      ("COLLECT_LIST", op.CollectList())]
        function, aggregate = rng.choice(kinds)
        chosen[name] = (aggregate, argument)
        texts.append(f"{function}({argument.sql}) AS {name}")
    return chosen, ", ".join(texts)


def group_of(rng, relation):
    """(names, nodes) of GROUP BY: the key, or columns that can be keys."""
    names = [n for n, its in relation.columns.items() if its in ("INTEGER", "BIGINT", "STRING")]
    chosen = list(relation.key) if relation.key and rng.random() < 0.4 else rng.sample(
        names, min(len(names), rng.choice([1, 1, 2])))
    return chosen, [column(name, relation.columns[name]) for name in chosen]


def having_of(rng, count):
    """On the count alone, and so that an empty group does not hold: ksqlDB shows the first row of
    a group as a change from the empty one."""
    if rng.random() > 0.3:
        return "", None
    bound = constant(rng.randrange(1, 4), "INTEGER")
    sql = comparison(">", Node("COUNT(*)", "BIGINT", None), bound)
    return f" HAVING {sql.sql}", comparison(">", column(count, "BIGINT"), bound)


def aggregate_type(aggregate, argument):
    if isinstance(aggregate, op.CollectList):
        return "ARRAY", argument.type
    return "BIGINT" if type(aggregate) is op.Count else argument.type


def with_key(names, records):
    """Records keyed by a tuple, as rows: a key of one column is the bare value."""
    return [record._replace(key=record.key[0] if len(names) == 1 else record.key,
                            value=None if record.value is None
                            else {**dict(zip(names, record.key)), **record.value})
            for record in records]


def aggregate_query(rng, program, source, name):
    sql, condition = where(rng, source.columns, 0.3)
    names, group_by = group_of(rng, source)
    aggregates, texts = aggregates_of(rng, source.columns, name, source.kind == "TABLE")
    having_sql, having = having_of(rng, f"{name}_N")
    columns = {**{n: source.columns[n] for n in names},
               **{n: aggregate_type(*its) for n, its in aggregates.items()}}
    relation = Relation(name, "TABLE", columns, [], tuple(names), "keyed", json_key=True)
    relation.settles = all(type(aggregate) in (op.Count, op.Sum, op.Extreme)
                           for aggregate, _ in aggregates.values())
    window, final = "", ""
    if source.kind == "TABLE":
        records = op.aggregate_table(source.records, condition, group_by, aggregates, having)
        # Which rows a derived table had for a while, and which groups stay behind empty, may differ.
        relation.settles &= source in program.sources
    else:
        rows = [r for r in source.records if op.holds(condition, r.value)]
        draw = rng.random()
        if draw < 0.35:
            records = op.aggregate_stream(rows, group_by, aggregates, having)
        elif draw < 0.5 and not any(isinstance(a, op.CollectList) for a, _ in aggregates.values()):
            # Merged sessions put their lists one after the other, in an order of their own.
            gap, having_sql = rng.choice([20, 60, 200]), ""
            records = op.aggregate_sessions(rows, group_by, aggregates, gap)
            window = f" WINDOW SESSION ({gap} MILLISECONDS, GRACE PERIOD 1 DAY)"
            relation.window_bytes = 16
        else:
            shape, window = window_of(rng)
            final = " EMIT FINAL" if rng.random() < 0.35 else ""
            if final:
                having_sql, having = "", None
            records = op.aggregate_windows(rows, group_by, aggregates, shape, having, bool(final))
            relation.window_bytes = 8
            relation.compare = "set" if final else "keyed"
            relation.settles &= shape[2] == LONG and not final
    relation.records = with_key(names, records)
    return query(program, relation,
                 f"SELECT {', '.join(names)}, {texts} FROM {source.name}{window}{sql} GROUP BY "
                 f"{', '.join(names)}{having_sql}{final}")


def window_of(rng):
    """((size, advance, grace), its SQL); half of them are tumbling."""
    size = rng.choice([40, 100, 250])
    advance = size if rng.random() < 0.5 else rng.choice([size // 2, size // 4 + 1])
    grace = rng.choice([1, 30, size + 7, LONG])
    kind = (f"TUMBLING (SIZE {size}" if advance == size
            else f"HOPPING (SIZE {size} MILLISECONDS, ADVANCE BY {advance}")
    return ((size, advance, grace),
            f" WINDOW {kind} MILLISECONDS, GRACE PERIOD {grace} MILLISECONDS)")


# ---- joins, always of sources: what a case gives for both is read in its order ----

LEFT = {"A": "INTEGER", "E": "STRING"}
RIGHT = {"B": "BIGINT", "G": "BOOLEAN"}


def joined(key, left, right):
    """The row of a pair: columns of a side that is missing are NULL."""
    row = {"K": key}
    for side, columns in ((left, LEFT), (right, RIGHT)):
        row |= {name: side.value[name] if side else None for name in columns}
    return row


def join_program(rng, program):
    shape = rng.choice(["streams", "stream-table", "tables", "foreign-key"])
    left_kind = "STREAM" if shape.startswith("stream") else "TABLE"
    right_kind = "STREAM" if shape == "streams" else "TABLE"
    left = make_source(program, "L", left_kind, LEFT)
    right = make_source(program, "R", right_kind, RIGHT)
    choices = {"E": [*KEYS, "zz", None]} if shape == "foreign-key" else {}
    order = [("l" if source is left else "r", record) for source, record in feed(
        rng, program, [left, right], rng.randrange(5, 40), choices=choices)]
    if shape == "streams":
        return stream_stream(rng, program, order, left, right)
    if shape == "stream-table":
        return stream_table(rng, program, order)
    return table_table(rng, program, order, shape == "foreign-key")


def stream_stream(rng, program, order, left, right):
    kind = rng.choice(["INNER", "LEFT", "FULL OUTER"])
    before, after = rng.choice([(50, 50), (0, 80), (30, 200), (10, 0)])
    grace = LONG
    pairs = op.join_streams(order, before, after, kind)
    # Closes every window; the key meets nothing else.
    end = max([r.time for _, r in order], default=0) + 2 * grace
    for source in (left, right):
        give(program, source, "end-" + source.name,
             {n: None for n in source.columns if n != "K"}, end)
    records = []
    for one, two in pairs:
        key = (one or two).key
        records.append(Record(key, joined(key, one, two), max(r.time for r in (one, two) if r)))
    # Each partition has a time of its own: what found no partner waits there.
    relation = Relation("O", "STREAM", {"K": "STRING", **LEFT, **RIGHT}, records, compare="set",
                        settles=kind == "INNER")
    key = "ROWKEY" if kind == "FULL OUTER" else "L.K"
    return query(program, relation, f"SELECT {key} AS K, A, E, B, G FROM L {kind} JOIN R WITHIN "
                 f"({before} MILLISECONDS, {after} MILLISECONDS) GRACE PERIOD {grace} MILLISECONDS "
                 "ON L.K = R.K")


def stream_table(rng, program, order):
    kind = rng.choice(["INNER", "LEFT"])
    pairs = op.join_stream_table(order, kind)
    records = [Record(left.key, joined(left.key, left, right), left.time) for left, right in pairs]
    sql, condition = where(rng, {**LEFT, **RIGHT})  # K alone would be either side's
    records = [r for r in records if op.holds(condition, r.value)]
    relation = Relation("O", "STREAM", {"K": "STRING", **LEFT, **RIGHT}, records, settles=False)
    return query(program, relation,
                 f"SELECT L.K AS K, A, E, B, G FROM L {kind} JOIN R ON L.K = R.K{sql}")


def table_table(rng, program, order, foreign):
    kind = rng.choice(["INNER", "LEFT"] if foreign else ["INNER", "LEFT", "RIGHT", "FULL OUTER"])
    changes = (op.join_foreign_key(order, "E", kind) if foreign else op.join_tables(order, kind))
    records = [Record(key, joined(key, left, right) if there else None, time)
               for key, left, right, time, there in changes]
    relation = Relation("O", "TABLE", {"K": "STRING", **LEFT, **RIGHT}, records, compare="keyed")
    key = {"RIGHT": "R.K", "FULL OUTER": "ROWKEY"}.get(kind, "L.K")
    on = "L.E = R.K" if foreign else "L.K = R.K"
    return query(program, relation, f"SELECT {key} AS K, A, E, B, G FROM L {kind} JOIN R ON {on}")


# ---- programs ----

def make_program(rng):
    """One query over sources, and up to two more, each over the one before."""
    program = Program()
    if rng.random() < 0.4:
        last = join_program(rng, program)
    else:
        kind = rng.choice(["STREAM", "STREAM", "TABLE"])
        last = make_source(program, "S", kind, VALUE_COLUMNS)
        feed(rng, program, [last], rng.randrange(5, 50), rng.choice([1, 1, 10]))
        last = next_query(rng, program, last, "O")
    for name in ("P", "Q"):
        # What comes in no order has no order to go on with, and windowed tables end a program.
        if last.window_bytes or last.compare == "set" or not last.key or rng.random() < 0.5:
            break
        last = next_query(rng, program, last, name)
    return program


def next_query(rng, program, last, name):
    if rng.random() < 0.5:
        return aggregate_query(rng, program, last, name)
    if last.kind == "STREAM":
        return stream_query(rng, program, last, name)
    return table_query(rng, program, last, name)
