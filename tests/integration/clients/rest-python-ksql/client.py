# SPDX-License-Identifier: Apache-2.0
"""The conversation of ../rest-python through PyPI's ksql, in an environment of its own: it has the
module's name in common with ksql-python-ng, and needs old tools to be installed."""
import collections
import collections.abc
import itertools
import json
import sys

# hyper, on which ksql stands, wants names that Python 3.10 has taken away.
for name in ("Iterable", "Mapping", "MutableMapping", "MutableSet"):
    setattr(collections, name, getattr(collections.abc, name))
import ksql  # noqa: E402
import ksql.utils  # noqa: E402

EARLIEST = {"auto.offset.reset": "earliest"}
ROWS = [{"ID": "a", "V": 1}, {"ID": "b", "V": 2}, {"ID": "a", "V": 3}]
PUSH = "SELECT id, v FROM s EMIT CHANGES;"


def converse(url):
    client = ksql.KSQLAPI(url)
    got = {
        "version": client.get_ksql_version(),
        "created": [client.ksql(text)[0]["commandStatus"]["status"] for text in (
            "CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');",
            "CREATE TABLE t AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY id;")],
        "derived": client.create_stream_as("o", ["id", "v"], "s", "o", "JSON", "v > 1"),
        "streams": sorted(ksql.utils.get_all_streams(client)),
        "properties": len(client.get_properties()) > 10,
        "inserted": client.inserts_stream("s", ROWS),  # a POST that asks for HTTP/2
        "bad row": client.inserts_stream("s", [{"ID": "c", "V": "no number"}]),
        "closed nothing": client.close_query("no such query"),
        "pulled": [json.loads(p) for p in client.query("SELECT * FROM t WHERE id = 'a';", use_http2=True)][1:],
        # It cannot parse the last element of /query, which is followed by "]".
        "parsed": list(itertools.islice(client.query(PUSH, stream_properties=EARLIEST, return_objects=True), 2)),
    }
    ksql.utils.drop_stream(client, "O")
    got["dropped"] = ksql.utils.get_all_streams(client)
    try:
        client.ksql("DROP STREAM nope;")
    except ksql.errors.KSQLError as e:
        got["refused"] = e.error_code
    try:
        list(client.query("SELECT nope FROM t;", use_http2=True))
    except ValueError as e:
        got["bad query"] = str(e)
    rows = []
    for piece in client.query(PUSH, stream_properties=EARLIEST, use_http2=True):
        data = json.loads(piece) if piece else None  # the end of a stream is an empty piece
        if isinstance(data, dict):
            query = data["queryId"]
        elif data:
            rows.append(data)
            if len(rows) == len(ROWS):
                client.inserts_stream("s", [{"ID": "later", "V": 9}])
            elif len(rows) > len(ROWS):
                got["closed"] = client.close_query(query)
    got["pushed"] = rows
    return got


json.dump(converse(json.load(sys.stdin)["url"]), sys.stdout)
