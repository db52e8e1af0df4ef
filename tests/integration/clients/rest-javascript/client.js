// SPDX-License-Identifier: Apache-2.0
// One conversation with a server of ksqlDB's REST API through ksqldb-client: what each call gave.
// {"url": ...} on standard input
"use strict";
const KsqldbClient = require("ksqldb-client");

const EARLIEST = { properties: { "auto.offset.reset": "earliest" } };
const ROWS = [{ ID: "a", V: 1 }, { ID: "b", V: 2 }, { ID: "a", V: 3 }];

async function converse(url) {
    const { hostname, port } = new URL(url);
    const client = new KsqldbClient({ host: "http://" + hostname, port: Number(port) });
    await client.connect();
    const got = { created: [] };
    for (const text of [
        "CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');",
        "CREATE TABLE t AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY id;"]) {
        got.created.push(await client.executeStatement(text));
    }
    got.streams = (await client.listStreams()).map((s) => s.name);
    got.tables = (await client.listTables()).map((t) => t.name);
    got.topics = (await client.listTopics()).map((t) => t.name);
    got.queries = (await client.listQueries()).map((q) => q.id);
    got.described = await client.describeSource("s");
    got.inserted = [];
    for (const row of ROWS) {
        const { status, error } = await client.insertInto("s", row);
        got.inserted.push([status, error || null]);
    }
    got["bad row"] = await client.insertInto("s", { ID: "c", V: "no number" });
    got.pulled = await client.query("SELECT * FROM t WHERE id = 'a';");
    got.variable = await client.query("SELECT n FROM t WHERE id = '${who}';", { sessionVariables: { who: "b" } });
    got.refused = await client.executeStatement("DROP STREAM nope;");
    got["bad query"] = await client.query("SELECT nope FROM t;");
    got["bad push"] = await client.streamQuery("SELECT nope FROM s EMIT CHANGES;", () => {});

    // It takes each piece that arrives for a row, and one row for a whole answer.
    const pushed = [];
    let closed;
    got.push = await client.streamQuery("SELECT id, v FROM s EMIT CHANGES;", ({ metadata, rows }) => {
        if (!rows) return;
        pushed.push(...rows);
        if (pushed.length === ROWS.length) client.insertInto("s", { ID: "later", V: 9 });
        if (pushed.length === ROWS.length + 1) closed = client.terminatePushQuery(metadata.queryId);
    }, EARLIEST);
    got.pushed = pushed;
    got.closed = await closed;
    got["closed nothing"] = await client.terminatePushQuery("no such query");
    await client.disconnect();
    return got;
}

let text = "";
process.stdin.on("data", (piece) => (text += piece));
process.stdin.on("end", () =>
    converse(JSON.parse(text).url).then(
        (got) => process.stdout.write(JSON.stringify(got)),
        (error) => { console.error(error); process.exit(1); }));
