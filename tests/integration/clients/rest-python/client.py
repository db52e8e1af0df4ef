# SPDX-License-Identifier: Apache-2.0
"""One conversation with a server of ksqlDB's REST API through a client of PyPI: what each call gave.

    {"library": "ksqldb" | "ksql" | "websocket", "url": ...}  on standard input
"""
import asyncio
import json
import sys

import httpx
import ksql
import ksqldb
import requests
import websocket

EARLIEST = {"auto.offset.reset": "earliest"}
ROWS = [{"ID": "a", "V": 1}, {"ID": "b", "V": 2}, {"ID": "a", "V": 3}]
PULL = "SELECT * FROM t WHERE id = 'a';"
PUSH = "SELECT id, v FROM s EMIT CHANGES;"


def statements(client):
    """What both libraries have alike, over HTTP/1.1."""
    return {
        "created": [client.ksql(text)[0]["commandStatus"]["status"] for text in (
            "CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');",
            "CREATE TABLE t AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY id;")],
        "streams": [s["name"] for s in client.ksql("LIST STREAMS;")[0]["streams"]],
        "described": [f["name"] for f in client.ksql("DESCRIBE s;")[0]["sourceDescription"]["fields"]],
        "properties": len(client.get_properties()) > 10,
        "inserted": client.inserts_stream("s", ROWS),
        "bad row": client.inserts_stream("s", [{"ID": "c", "V": "no number"}]),
        "closed nothing": client.close_query("no such query"),
    }


def of_ksqldb(url):
    client = ksqldb.KSQLdbClient(url)
    got = statements(client)
    got["pulled"] = client.query_sync(PULL)[1:]
    try:
        client.ksql("DROP STREAM nope;")
    except requests.HTTPError as e:
        got["refused"] = e.response.status_code, e.response.json()["error_code"]
    got["bad query"] = client.query_sync("SELECT nope FROM t;")[0]["error_code"]

    async def push():
        rows, closed = [], None
        async for row in client.query_async(PUSH, EARLIEST):
            if isinstance(row, dict):
                query = row["queryId"]
                continue
            rows.append(row)
            if len(rows) == len(ROWS):
                client.inserts_stream("s", [{"ID": "later", "V": 9}])
            elif len(rows) > len(ROWS):
                closed = client.close_query(query)
        return rows, closed

    got["pushed"], got["closed"] = asyncio.run(push())
    return got


def of_ksql(url):
    client = ksql.KSQLAPI(url)
    got = statements(client)
    got["version"] = client.get_ksql_version()
    got["pulled"] = list(client.query(PULL, use_http2=True, parse=True))
    got["pulled by HTTP/1.1"] = list(client.query(PULL, use_http2=False, parse=True))
    try:
        client.ksql("DROP STREAM nope;")
    except ksql.errors.KSQLError as e:
        got["refused"] = e.error_code
    try:
        list(client.query("SELECT nope FROM t;", use_http2=True))
    except ValueError as e:
        got["bad query"] = str(e)
    rows, closed = [], None
    # It takes each piece that arrives for a row.
    for piece in client.query(PUSH, stream_properties=EARLIEST, use_http2=True):
        data = json.loads(piece)
        if isinstance(data, dict):
            query = data["queryId"]
            continue
        rows.append(data)
        if len(rows) == len(ROWS):
            client.inserts_stream("s", [{"ID": "later", "V": 9}])
        elif len(rows) > len(ROWS):
            closed = client.close_query(query)
    got["pushed"], got["closed"] = rows, closed
    return got


def of_websocket(url):
    """No client of ksqlDB: its requests are as the ksql prompt's older versions sent them."""
    base = url.replace("http", "ws", 1) + "/ws/query"

    def ask(text, **more):
        request = json.dumps({"ksql": text, "streamsProperties": EARLIEST, **more})
        return websocket.create_connection(str(httpx.URL(base, params={"request": request})), timeout=10)

    def texts(socket):
        """The messages until the server closes, and why it does."""
        messages = []
        while True:
            code, data = socket.recv_data()
            if code == websocket.ABNF.OPCODE_CLOSE:
                return messages, [int.from_bytes(data[:2], "big"), data[2:].decode()]
            messages.append(json.loads(data))

    for text in ("CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');",
                 "INSERT INTO s VALUES ('a', 1);", "INSERT INTO s VALUES ('b', 2);"):
        requests.post(url + "/ksql", json={"ksql": text}, timeout=10).raise_for_status()
    got = {"limited": texts(ask("SELECT id, v FROM s EMIT CHANGES LIMIT 2;")),
           "bad query": texts(ask("SELECT nope FROM s EMIT CHANGES;"))}
    push = ask(PUSH)
    got["pushed"] = [json.loads(push.recv()) for _ in range(3)]
    push.close()
    return got


request = json.load(sys.stdin)
run = {"ksqldb": of_ksqldb, "ksql": of_ksql, "websocket": of_websocket}[request["library"]]
json.dump(run(request["url"]), sys.stdout)
