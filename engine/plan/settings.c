/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of settings. Values are texts, as users and ksqlDB's clients write them; what has a
 * wrong one is refused at SET. Layers and the readers of values are in settings_values.c.
 */
#include "engine/plan/settings.h"
#include "engine/plan/plan.h"
#include "common/diag.h"
#include "types/partitioner.h"

#include <inttypes.h>
#include <regex.h>
#include <stdio.h>

#define NAME_BYTES_MAX 100 /* of a topic's 249: ids, stores and suffixes come after it */

/* So that rows of the table can be read: `scope`, `editable`. */
#define KSQL   true
#define CLIENT false
#define EDIT   true
#define FIXED  false

/* The last two are the range of a number. */
#define TEXT                WR_SETTING_TEXT, 0, 0
#define FLAG                WR_SETTING_FLAG, 0, 0
#define NAME                WR_SETTING_NAME, 0, 0
#define NUMBERS             WR_SETTING_NUMBERS, 0, 0
#define RESET               WR_SETTING_RESET, 0, 0
#define GUARANTEE           WR_SETTING_GUARANTEE, 0, 0
#define DIVISION            WR_SETTING_DIVISION, 0, 0
#define PLACE               WR_SETTING_PLACE, 0, 0
#define PROTOBUF            WR_SETTING_PROTOBUF, 0, 0
#define PARTITIONER         WR_SETTING_PARTITIONER, 0, 0
#define ON_ERROR            WR_SETTING_ON_ERROR, 0, 0
#define AUTHENTICATION      WR_SETTING_AUTHENTICATION, 0, 0
#define KAFKA_CLIENT        WR_SETTING_KAFKA_CLIENT, 0, 0
#define NUMBER(least, most) WR_SETTING_NUMBER, least, most

/* Times are turned into nanoseconds and added to a clock: a year of them is far from the limit of
 * 64 bits, and longer than anybody waits. */
#define YEAR_MS  (INT64_C(365) * 24 * 60 * 60 * 1000)
#define TERABYTE (INT64_C(1) << 40) /* more memory than there is, and no size_t overflows */

/* In order of name: dialect.md section 19. A test checks the order, and that each default passes
 * its own check. Units are in the names (.ms, .bytes). NULL as a default means that the setting's
 * absence is a state of its own: no registry, no limit. Some are known only so that ksqlDB's files
 * and clients work: the description says what they do there, and `without_effect` why they
 * change nothing here. docs/settings.md is made of this table. */
static const wr_setting settings[] = {
    /* Of weir server alone, as all whose description says so. */
    {"access.control.allow.headers", "", FIXED, KSQL, TEXT, "Server: headers that they may send"},
    {"access.control.allow.methods", "", FIXED, KSQL, TEXT, "Server: methods that they may use"},
    {"access.control.allow.origin", "", FIXED, KSQL, TEXT,
     "Server: origins whose pages may use it, with commas between them; *: all; empty: none"},
    {"authentication.method", "NONE", FIXED, KSQL, AUTHENTICATION,
     "Server: who may use it: NONE: anybody; BASIC: users of weir.authentication.file; BEARER: who "
     "has "
     "a token that a key of weir.authentication.jwks has signed, and users of the file, if there "
     "is "
     "one"},
    {"authentication.realm", "weir", FIXED, KSQL, TEXT, "Server: what clients log in to"},
    {"authentication.roles", "*", FIXED, KSQL, TEXT,
     "Server: roles of which a user must have one; *: any or none"},
    {"authentication.skip.paths", "", FIXED, KSQL, TEXT, "Server: paths that need no user"},
    {"auto.offset.reset", "latest", EDIT, CLIENT, RESET,
     "Where new queries start: earliest or latest"},
    {"bootstrap.servers", NULL, FIXED, CLIENT, TEXT, "Kafka brokers"},
    {"buffered.records.per.partition", "16384", EDIT, CLIENT, NUMBER(1, INT32_MAX),
     "Records of an input partition that may be held while others are waited for"},
    {"cache.max.bytes.buffering", "10000000", EDIT, CLIENT, NUMBER(0, INT64_MAX),
     "Bytes of updates kept before they are emitted; 0 emits every update"},
    {"commit.interval.ms", "2000", EDIT, CLIENT, NUMBER(0, YEAR_MS), "Time between commits"},
    {"ksql.advertised.listener", NULL, FIXED, KSQL, TEXT,
     "Server on Kafka: the address by which the other servers of the service reach it; without it "
     "where it listens, or the machine's name where that is every address"},
    {"ksql.assert.schema.default.timeout.ms", "1000", EDIT, KSQL, NUMBER(0, YEAR_MS),
     "Time-out of ASSERT SCHEMA"},
    {"ksql.assert.topic.default.timeout.ms", "1000", EDIT, KSQL, NUMBER(0, YEAR_MS),
     "Time-out of ASSERT TOPIC"},
    {"ksql.connect.url", "http://localhost:8083", FIXED, KSQL, TEXT, "Kafka Connect"},
    {"ksql.create.or.replace.enabled", "true", EDIT, KSQL, FLAG, "Allow CREATE OR REPLACE"},
    {"ksql.create.topic.inherit.source.replicas.enabled", "true", EDIT, KSQL, FLAG,
     "Sink topics take the source topic's replication factor"},
    {"ksql.extension.dir", "ext", FIXED, KSQL, TEXT, "Directory of user functions"},
    {"ksql.fail.on.deserialization.error", "false", EDIT, KSQL, FLAG,
     "Stop the query at a record that cannot be decoded"},
    {"ksql.fail.on.production.error", "false", EDIT, KSQL, FLAG,
     "Stop the query at a row that cannot be computed or written (SUM overflows, the format cannot "
     "hold it); ksqlDB's default is true"},
    {"ksql.functions.collect_list.limit", NULL, EDIT, KSQL, NUMBER(-1, INT64_MAX),
     "Most entries of COLLECT_LIST; -1: no limit"},
    {"ksql.functions.collect_set.limit", NULL, EDIT, KSQL, NUMBER(-1, INT64_MAX),
     "Most entries of COLLECT_SET; -1: no limit"},
    {"ksql.headers.columns.enabled", "true", FIXED, KSQL, FLAG, "Allow HEADERS columns"},
    {"ksql.heartbeat.check.interval.ms", "200", FIXED, KSQL, NUMBER(1, YEAR_MS),
     "Server: without a heartbeat for so long, at least, another one is not asked"},
    {"ksql.heartbeat.discover.interval.ms", "2000", FIXED, KSQL, NUMBER(50, YEAR_MS),
     "Server on Kafka: how often it says to the others that it is there; after five times as long, "
     "and 10 s at least, it is forgotten"},
    {"ksql.heartbeat.enable", "false", FIXED, KSQL, FLAG,
     "Server: answer /clusterStatus and /heartbeat, and send heartbeats to the other servers"},
    {"ksql.heartbeat.missed.threshold.ms", "3", FIXED, KSQL, NUMBER(0, INT32_MAX),
     "Server: how many heartbeats another one may miss; a number, in spite of its name"},
    {"ksql.heartbeat.send.interval.ms", "100", FIXED, KSQL, NUMBER(10, YEAR_MS),
     "Server: how often heartbeats are sent"},
    {"ksql.heartbeat.window.ms", "2000", FIXED, KSQL, NUMBER(1, YEAR_MS),
     "Server: how long another one may take until its first heartbeat"},
    {"ksql.hidden.topics",
     "_confluent.*,__confluent.*,_schemas,__consumer_offsets,__transaction_state,connect-configs,"
     "connect-offsets,connect-status,connect-statuses",
     FIXED, KSQL, TEXT, "Topics that SHOW TOPICS hides"},
    {"ksql.insert.into.values.enabled", "true", EDIT, KSQL, FLAG, "Allow INSERT INTO ... VALUES"},
    {"ksql.internal.topic.min.insync.replicas", "1", EDIT, KSQL, NUMBER(1, INT16_MAX),
     "Of internal topics"},
    {"ksql.internal.topic.replicas", NULL, EDIT, KSQL, NUMBER(-1, INT16_MAX),
     "Replicas of internal topics on Kafka, where replication.factor is not to count"},
    {"ksql.lag.reporting.enable", "false", FIXED, KSQL, FLAG,
     "Server: answer /lag and report lags to the other servers, where ksql.heartbeat.enable is "
     "set"},
    {"ksql.lag.reporting.send.interval.ms", "5000", FIXED, KSQL, NUMBER(10, YEAR_MS),
     "Server: how often lags are reported"},
    {"ksql.lambdas.enabled", "true", EDIT, KSQL, FLAG, "Allow statements with lambda functions"},
    {"ksql.max.push.queries", "100", FIXED, KSQL, NUMBER(0, INT32_MAX),
     "Most push queries at once"},
    {"ksql.nested.error.set.null", "true", EDIT, KSQL, FLAG,
     "What fails inside an expression is NULL there, not in the whole of it"},
    {"ksql.new.query.planner.enabled", "false", EDIT, KSQL, FLAG,
     "Streams may leave out and reorder key columns"},
    {"ksql.output.topic.name.prefix", "", EDIT, KSQL, NAME, "Before the names of sink topics"},
    {"ksql.persistence.default.format.key", "KAFKA", EDIT, KSQL, TEXT,
     "KEY_FORMAT where not given"},
    {"ksql.persistence.default.format.value", NULL, EDIT, KSQL, TEXT,
     "VALUE_FORMAT where not given"},
    {"ksql.persistence.wrap.single.values", NULL, EDIT, KSQL, FLAG,
     "WRAP_SINGLE_VALUE where not given"},
    {"ksql.persistent.prefix", "query_", FIXED, KSQL, NAME,
     "In names of internal topics and groups"},
    {"ksql.properties.overrides.denylist", "", FIXED, KSQL, TEXT,
     "Names, with commas between them, that SET must not change"},
    {"ksql.pull.queries.enable", "true", FIXED, KSQL, FLAG, "Allow pull queries"},
    {"ksql.query.error.max.queue.size", "10", EDIT, KSQL, NUMBER(0, INT32_MAX),
     "Errors kept per query"},
    {"ksql.query.persistent.active.limit", "2147483647", FIXED, KSQL, NUMBER(0, INT32_MAX),
     "Most persistent queries"},
    {"ksql.query.pull.enable.standby.reads", "false", EDIT, KSQL, FLAG,
     "Server on Kafka: pull queries may be answered by copies where who has the state cannot be "
     "reached"},
    {"ksql.query.pull.limit.clause.enabled", "true", EDIT, KSQL, FLAG,
     "Allow LIMIT in pull queries"},
    {"ksql.query.pull.max.allowed.offset.lag", "9223372036854775807", EDIT, KSQL,
     NUMBER(0, INT64_MAX), "Records of the changelog that such a copy may lack"},
    {"ksql.query.pull.max.concurrent.requests", "2147483647", FIXED, KSQL, NUMBER(0, INT32_MAX),
     "Pull queries that a server answers at the same time, look-ups by key left out"},
    {"ksql.query.pull.max.hourly.bandwidth.megabytes", "2147483647", FIXED, KSQL,
     NUMBER(0, INT32_MAX), "Megabytes per hour that a server answers pull queries with"},
    {"ksql.query.pull.max.qps", "2147483647", FIXED, KSQL, NUMBER(0, INT32_MAX),
     "Pull queries per second that a server answers"},
    {"ksql.query.pull.range.scan.enabled", "true", EDIT, KSQL, FLAG,
     "Pull queries may scan key ranges"},
    {"ksql.query.pull.stream.enabled", "true", EDIT, KSQL, FLAG, "Allow pull queries on streams"},
    {"ksql.query.pull.table.scan.enabled", "true", EDIT, KSQL, FLAG,
     "Pull queries may scan tables"},
    {"ksql.query.push.v2.continuation.tokens.enabled", "false", EDIT, KSQL, FLAG,
     "Resumable push queries"},
    {"ksql.query.push.v2.enabled", "false", EDIT, KSQL, FLAG, "Scalable push queries"},
    {"ksql.query.retry.backoff.initial.ms", "200", FIXED, KSQL, NUMBER(1, YEAR_MS),
     "First wait after a failure that may pass; it doubles each time. ksqlDB's default is 15000"},
    {"ksql.query.retry.backoff.max.ms", "10000", FIXED, KSQL, NUMBER(1, YEAR_MS),
     "Longest wait after a failure that may pass. ksqlDB's default is 900000"},
    {"ksql.readonly.topics",
     "_confluent.*,__confluent.*,_schemas,__consumer_offsets,__transaction_state,connect-configs,"
     "connect-offsets,connect-status,connect-statuses",
     FIXED, KSQL, TEXT, "Topics that must not be written"},
    {"ksql.schema.registry.basic.auth.credentials.source", NULL, FIXED, KSQL, TEXT,
     "Where the user of the registry stands: URL or USER_INFO"},
    {"ksql.schema.registry.basic.auth.user.info", NULL, FIXED, KSQL, TEXT,
     "USER:PASSWORD for the registry, where the source is USER_INFO"},
    {"ksql.schema.registry.bearer.auth.credentials.source", NULL, FIXED, KSQL, TEXT,
     "STATIC_TOKEN: bearer.auth.token"},
    {"ksql.schema.registry.bearer.auth.token", NULL, FIXED, KSQL, TEXT, "Token for the registry"},
    {"ksql.schema.registry.ssl.endpoint.identification.algorithm", NULL, FIXED, KSQL, TEXT,
     "https: the registry's certificate must have its name; nothing else is taken"},
    {"ksql.schema.registry.ssl.key.password", NULL, FIXED, KSQL, TEXT, "Password of the key"},
    {"ksql.schema.registry.ssl.keystore.location", NULL, FIXED, KSQL, TEXT,
     "Certificate and key (PEM) that the registry is shown"},
    {"ksql.schema.registry.ssl.keystore.password", NULL, FIXED, KSQL, TEXT,
     "Password of the key, where ssl.key.password is not set"},
    {"ksql.schema.registry.ssl.keystore.type", NULL, FIXED, KSQL, TEXT,
     "PEM: nothing else is taken"},
    {"ksql.schema.registry.ssl.truststore.location", NULL, FIXED, KSQL, TEXT,
     "Certificates of authorities (PEM) that the registry's is checked with"},
    {"ksql.schema.registry.ssl.truststore.type", NULL, FIXED, KSQL, TEXT,
     "PEM: nothing else is taken"},
    {"ksql.schema.registry.url", NULL, FIXED, KSQL, TEXT,
     "Schema registry; several URLs, separated by commas, are one"},
    {"ksql.service.id", "default_", FIXED, KSQL, NAME, "Name of this service"},
    {"ksql.source.table.materialization.enabled", "true", FIXED, KSQL, FLAG,
     "CREATE SOURCE TABLE serves pull queries"},
    {"ksql.streams.__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", "0", EDIT, KSQL,
     NUMBER(0, YEAR_MS), "Least time between two looks at unmatched rows, but for commits"},
    {"ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__", "1000", EDIT, KSQL,
     NUMBER(0, YEAR_MS), "Least time between two looks at closed windows, but for commits"},
    {"ksql.suppress.enabled", "true", EDIT, KSQL, FLAG, "Allow EMIT FINAL"},
    {"ksql.timestamp.throw.on.invalid", "false", EDIT, KSQL, FLAG,
     "Stop the query at a record whose timestamp is invalid"},
    {"ksql.transient.prefix", "transient_", FIXED, KSQL, NAME, "In names of push queries"},
    {"ksql.udfs.enabled", "true", FIXED, KSQL, FLAG, "Allow user functions"},
    {"ksql.variable.substitution.enable", "true", EDIT, KSQL, FLAG, "Replace ${variables}"},
    {"listeners", "http://127.0.0.1:8088", FIXED, KSQL, TEXT, "Server: where it listens"},
    {"max.task.idle.ms", "0", EDIT, CLIENT, NUMBER(-1, YEAR_MS),
     "How long the other inputs wait for one at its end; -1: also not for records on their way"},
    {"num.standby.replicas", "0", EDIT, CLIENT, NUMBER(0, INT16_MAX),
     "Kafka: other processes of the service keep so many warm copies of each store"},
    {"num.stream.threads", "4", EDIT, CLIENT, NUMBER(1, INT32_MAX), "Worker threads"},
    {"processing.guarantee", "at_least_once", EDIT, CLIENT, GUARANTEE,
     "at_least_once or exactly_once_v2, which is for Kafka: the embedded log is always "
     "exactly-once"},
    {"replication.factor", "-1", EDIT, CLIENT, NUMBER(-1, INT16_MAX),
     "Replicas of internal topics on Kafka; -1: as many as the cluster gives a new topic"},
    {"ssl.client.authentication", "NONE", FIXED, KSQL, TEXT,
     "Server: certificates of clients: NONE, REQUESTED or REQUIRED"},
    {"state.cleanup.delay.ms", "600000", EDIT, CLIENT, NUMBER(0, YEAR_MS),
     "With num.standby.replicas: how long a copy of state stays that the process does not need"},
    {"state.dir", NULL, FIXED, CLIENT, TEXT, "Directory of the state"},
    {"statistics.interval.ms", "0", FIXED, CLIENT, NUMBER(0, 86400000),
     "How often Kafka's clients of queries say what they did, for /metrics; 0: never. A server "
     "sets "
     "10000"},
    {"weir.authentication.file", NULL, FIXED, KSQL, TEXT,
     "Server: users and hashes of their passwords, as weir passwd writes them"},
    /* With issuer and audience the three that BEARER needs: none has a default, since each says
     * whom the server believes, and a token that the same issuer has made for another service is no
     * leave to use this one. */
    {"weir.authentication.jwks", NULL, FIXED, KSQL, TEXT,
     "Server: public keys of tokens (JWKS): a file, or https://..."},
    {"weir.authentication.jwks.ca.file", NULL, FIXED, KSQL, TEXT,
     "Server: who has signed the certificate of that address (PEM); not given: the system's "
     "authorities"},
    /* Never the token's own choice: one that says "none", or has a public key used as a secret,
     * must find no listener. */
    {"weir.authentication.token.algorithms", "RS256,ES256", FIXED, KSQL, TEXT,
     "Server: how tokens may be signed: RS256, ES256"},
    {"weir.authentication.token.audience", NULL, FIXED, KSQL, TEXT,
     "Server: whom tokens must be for (aud)"},
    {"weir.authentication.token.issuer", NULL, FIXED, KSQL, TEXT,
     "Server: who must have issued tokens (iss)"},
    /* Providers differ: "roles", "groups", "scope" (a text with blanks). */
    {"weir.authentication.token.roles.claim", "roles", FIXED, KSQL, TEXT,
     "Server: the claim of a token that has the user's roles: a list, or a text with blanks "
     "between"},
    {"weir.authentication.token.skew.seconds", "30", FIXED, KSQL, NUMBER(0, 600),
     "Server: by how much clocks of issuers may differ"},
    {"weir.batch.rows", "2048", EDIT, KSQL, NUMBER(1, 65536), "Most rows processed at once"},
    {"weir.block.cache.bytes", "8388608", FIXED, KSQL, NUMBER(65536, TERABYTE),
     "Memory for blocks of state read from disk"},
    {"weir.command.topic", "true", FIXED, KSQL, FLAG,
     "Kafka: prompts and libraries keep what they define in the command topic of their "
     "ksql.service.id, and all its processes run it; false: in the data directory, for one "
     "process"},
    {"weir.dead.letter.topic", NULL, EDIT, KSQL, NAME,
     "Topic for records that cannot be used; without it each query has one of its own, "
     "<service id><query id>-dead-letter"},
    {"weir.decimal.division", "round", EDIT, KSQL, DIVISION,
     "Quotients of DECIMALs: round them half up, or exact: NULL where they do not fit the result"},
    {"weir.decode.strict", "false", EDIT, KSQL, FLAG,
     "Check the types of columns that no query reads"},
    {"weir.disk.reserve.bytes", "33554432", FIXED, KSQL, NUMBER(0, TERABYTE),
     "So much of the data directory's disk stays free: writes wait or fail before it is used up, "
     "as "
     "on a full disk; 0: not looked at"},
    {"weir.fail.on.misplaced.key", "false", EDIT, KSQL, FLAG,
     "Stop the query at a key that it sees in another partition than its source's PARTITIONER "
     "says, instead of a warning"},
    {"weir.group.static", NULL, FIXED, KSQL, FLAG,
     "Kafka: a restart within consumer.session.timeout.ms gets its partitions back without a "
     "rebalance; an orderly stop leaves them to nobody for that time. Where it is not set: true "
     "for services on query files, false for prompts, libraries and batch jobs"},
    {"weir.kafka.client", "librdkafka", FIXED, KSQL, KAFKA_CLIENT,
     "Kafka: who reads and writes records: librdkafka; wire: Weir itself, for less CPU; auto: Weir "
     "where it can do what the other settings ask for. Transactions are librdkafka's in any case"},
    {"weir.kafka.streams.exact", "false", EDIT, KSQL, FLAG,
     "Also lose the windows and send the unmatched rows that Kafka Streams does: for comparisons"},
    {"weir.memory.budget.bytes", NULL, FIXED, KSQL, NUMBER(1048576, TERABYTE),
     "Memory for state, caches and queues together: parts whose settings are not set get a share "
     "of "
     "it; without it each has its own default"},
    {"weir.memtable.bytes", "16777216", FIXED, KSQL, NUMBER(1048576, TERABYTE),
     "Memory for state and topics not yet on disk"},
    {"weir.offsets.from.group", "false", FIXED, KSQL, FLAG,
     "Exactly-once on Kafka: begin at the group's offsets, also where the state belongs to others: "
     "after kafka-consumer-groups --reset-offsets, for one start"},
    {"weir.offsets.refresh.ms", "3600000", FIXED, KSQL, NUMBER(100, YEAR_MS),
     "Kafka: the offsets of an idle query are committed again so often, or the broker would forget "
     "them (offsets.retention.minutes)"},
    {"weir.on.error", "skip", EDIT, KSQL, ON_ERROR,
     "What becomes of a record that cannot be used: skip: it is left out; dead-letter: it goes to "
     "a topic of such records; stop: the query stops there"},
    {"weir.produce.partitioner", NULL, FIXED, KSQL, PARTITIONER,
     "How weir_produce and weir produce place records by their key; where it is not set, as the "
     "source says that has the topic"},
    {"weir.pull.restore.timeout.ms", "5000", FIXED, KSQL, NUMBER(0, YEAR_MS),
     "How long a pull query waits for a table whose state is being restored, before it says "
     "how far that is"},
    {"weir.record.queue.bytes", "134217728", FIXED, KSQL, NUMBER(65536, TERABYTE),
     "Memory for records that all queries have read while they wait for other ones"},
    {"weir.restore.threads", NULL, FIXED, KSQL, NUMBER(1, 256),
     "Threads that restore state from changelogs; without it as many as processors, 4 at most"},
    {"weir.schema.registry.bearer.token", NULL, FIXED, KSQL, TEXT, "Token for the registry"},
    {"weir.schema.registry.ca.file", NULL, FIXED, KSQL, TEXT,
     "Certificates of authorities (PEM) that the registry's is checked with"},
    {"weir.schema.registry.certificate.file", NULL, FIXED, KSQL, TEXT,
     "Certificate (PEM) that the registry is shown"},
    {"weir.schema.registry.context", NULL, FIXED, KSQL, TEXT,
     "Context of the registry's subjects and ids"},
    {"weir.schema.registry.insecure", "false", FIXED, KSQL, FLAG,
     "Take any certificate of the registry"},
    {"weir.schema.registry.key.file", NULL, FIXED, KSQL, TEXT, "Key (PEM) of the certificate"},
    {"weir.schema.registry.key.password", NULL, FIXED, KSQL, TEXT, "Password of the key"},
    {"weir.schema.registry.password", NULL, FIXED, KSQL, TEXT, "Password for the registry"},
    {"weir.schema.registry.protobuf.form", "text", EDIT, KSQL, PROTOBUF,
     "How Protobuf schemas are registered: as text, or as descriptors in base64, which Confluent's "
     "JavaScript client needs on registries that convert nothing (Apicurio)"},
    {"weir.schema.registry.timeout.ms", "10000", FIXED, KSQL, NUMBER(1, 3600000),
     "How long a statement asks the registry, retries included"},
    {"weir.schema.registry.url", NULL, FIXED, KSQL, TEXT,
     "Schema registry, before ksqlDB's setting"},
    {"weir.schema.registry.user", NULL, FIXED, KSQL, TEXT, "User of the registry"},
    {"weir.schemas.refresh", "false", FIXED, KSQL, FLAG,
     "A service takes columns from the registry's latest schemas at its start, not those that its "
     "statements had before"},
    {"weir.server.certificate.file", NULL, FIXED, KSQL, TEXT,
     "Server: its certificate (PEM), before ssl.keystore.location"},
    {"weir.server.client.ca.file", NULL, FIXED, KSQL, TEXT,
     "Server: authorities (PEM) of clients' certificates, before ssl.truststore.location"},
    {"weir.server.key.file", NULL, FIXED, KSQL, TEXT,
     "Server: the certificate's key (PEM), before ssl.keystore.location"},
    {"weir.server.key.password", NULL, FIXED, KSQL, TEXT,
     "Server: password of the key, before ssl.key.password"},
    {"weir.server.max.body.bytes", "8388608", FIXED, KSQL, NUMBER(1024, INT32_MAX),
     "Server: longest body of a request that is not a stream"},
    {"weir.server.max.connections", "20000", FIXED, KSQL, NUMBER(1, 1000000), "Server: clients"},
    {"weir.server.peer.ca.file", NULL, FIXED, KSQL, TEXT,
     "Server: authorities (PEM) of the other servers' certificates; without it the system's"},
    {"weir.server.peer.password", NULL, FIXED, KSQL, TEXT, "Server: password of that user"},
    {"weir.server.peer.user", NULL, FIXED, KSQL, TEXT,
     "Server: who it is to the other servers of the service, which ask for a user"},
    {"weir.sinks.shared", "false", FIXED, KSQL, FLAG,
     "Statements of a file and of a prompt, or of two files, may write to one topic"},
    {"weir.source.partitioner", "murmur2", EDIT, KSQL, PARTITIONER,
     "PARTITIONER of CREATE STREAM and TABLE with columns where not given"},
    {"weir.state.cache.bytes", "268435456", FIXED, KSQL, NUMBER(0, TERABYTE),
     "Memory for the state that all queries work on"},
    {"weir.statements.skip", NULL, FIXED, KSQL, NUMBERS,
     "Numbers of kept statements that are left out when the engine is opened"},
    {"weir.threads", "1", FIXED, KSQL, NUMBER(1, 256),
     "Threads that process partitions at the same time"},
    /* Brokers of 4.3 and 4.4 do so to partitions that have no leader: operations.md. */
    {"weir.transactions.end.undecided", "true", FIXED, KSQL, FLAG,
     "Exactly-once on Kafka: records that an earlier transaction has left undecided, though it is "
     "over, are ended as it was, before the next one"},
    {"weir.until.end", "false", FIXED, KSQL, FLAG,
     "A batch job: queries wait for those that feed them; weir run --until-end sets it"},
    {"weir.value.schema.id.location", "payload", EDIT, KSQL, PLACE,
     "Where queries name the schema of a value: an id before the payload, or a GUID in the "
     "record's header `__value_schema_id`"},
};

/* Those that change nothing here, and why. In order of name. Whoever builds what is missing takes
 * its row away; a row for a setting that has an effect would be a lie, so each says what is used
 * instead, or what is not there. The texts end the sentence "... is known to ksqlDB, without effect
 * here: ...". */
static const struct {
    const char *name, *why;
    bool local; /* on the embedded log alone */
} without_effect[] = {
    {"ksql.connect.url", "Kafka Connect is not supported yet", false},
    {"ksql.extension.dir", "there are no functions of users yet", false},
    {"ksql.headers.columns.enabled", "HEADERS columns are always allowed", false},
    {"ksql.internal.topic.min.insync.replicas", "internal topics have the cluster's own setting",
     false},
    {"ksql.query.error.max.queue.size",
     "the last error of a query is kept, and the log has the others", false},
    {"ksql.query.push.v2.continuation.tokens.enabled", "push queries cannot be resumed yet", false},
    {"ksql.udfs.enabled", "there are no functions of users yet", false},
    {"num.standby.replicas", "the embedded log belongs to one process", true},
    {"num.stream.threads", "weir.threads is the number of threads", false},
    {"state.dir", "--data names the directory", false},
};

/* For SHOW PROPERTIES, documents and completion. */
const wr_setting *wr_setting_at(uint32_t index)
{
    return index < WR_ARRAY_LEN(settings) ? &settings[index] : NULL;
}

/* A linear search over a hundred short names: settings are looked up per statement, not per record.
 */
const wr_setting *wr_setting_find(const char *name)
{
    for (size_t i = 0; i < WR_ARRAY_LEN(settings); i++)
        if (strcmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

/* Case counts: names of settings are lower case everywhere. */
static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/*     ksql.streams.commit.interval.ms     commit.interval.ms
 *     ksql.streams.__emit...              itself: it stands in the table under its long name */
const char *wr_settings_canonical(const char *name)
{
    static const char prefix[] = "ksql.streams.";
    if (!starts_with(name, prefix) || wr_setting_find(name))
        return name;
    return name + sizeof prefix - 1;
}

/* Beginnings of names that go to the Kafka client as they are. */
static const char *const client_families[] = {
    "consumer.",      "producer.",  "admin.",       "topic.",      "restore.consumer.",
    "main.consumer.", "ssl.",       "sasl.",        "security.",   "socket.",
    "fetch.",         "queued.",    "queue.",       "max.",        "metadata.",
    "session.",       "heartbeat.", "compression.", "linger.",     "batch.",
    "acks",           "client.",    "request.",     "retry.",      "retries",
    "broker.",        "debug",      "enable.",      "isolation.",  "receive.",
    "message.",       "partition",  "delivery.",    "statistics.", "api.",
    "check.crcs",     "group.",     "reconnect.",   "transaction", "interceptor",
    "state.cleanup",  "poll.ms",    "rocksdb.",     "topology.",   "default.",
    "metric",
};

/* Of the client's, those of Kafka Streams and of Java clients: no client here knows them. */
static const char *const java_families[] = {
    "metric", "interceptor", "state.cleanup", "poll.ms", "rocksdb.", "topology.", "default.",
};

/* Of the client's, those that name the server's own certificates too, as in ksqlDB's files. */
static const char *const server_tls[] = {"ssl.keystore.", "ssl.truststore.", "ssl.key.password"};

/* Families of ksqlDB's settings that server files carry and that change nothing in Weir: accepted,
 * so that such a file can be used as it is. */
static const char *const server_families[] = {
    "ksql.functions.",     "ksql.logging.",  "ksql.heartbeat.", "ksql.lag.",
    "ksql.query.",         "ksql.server.",   "ksql.udf",        "ksql.streams.",
    "ksql.any.",           "ksql.new.",      "ksql.metrics",    "ksql.suppress.",
    "ksql.cache.",         "ksql.error.",    "ksql.queries.",   "ksql.security.",
    "ksql.schema.",        "ksql.runtime.",  "ksql.shared.",    "ksql.hidden",
    "ksql.rowpartition.",  "ksql.websocket", "ksql.client.",    "ksql.fetch.",
    "ksql.authorization.", "ksql.access.",
};

/* Of a Java registry client, after `ksql.schema.registry.`: its own caches, retries and providers.
 * What is about who we are and whom we trust is in the table, or unknown: to go on with less than
 * was asked for would be worse than to stop. */
#define REGISTRY "ksql.schema.registry."
static const char *const registry_families[] = {
    REGISTRY "cache.",
    REGISTRY "http.",
    REGISTRY "latest.",
    REGISTRY "max.retries",
    REGISTRY "missing.",
    REGISTRY "retries.",
    REGISTRY "ssl.enabled.protocols",
    REGISTRY "ssl.keymanager.algorithm",
    REGISTRY "ssl.protocol",
    REGISTRY "ssl.provider",
    REGISTRY "ssl.secure.random.implementation",
    REGISTRY "ssl.trustmanager.algorithm",
    REGISTRY "ssl.truststore.password", /* PEM has none */
    REGISTRY "url.randomize",
};

/* Settings that this engine does not have, but that files for ksqlDB hold: they pass without
 * effect. */
static bool in_family(const char *name, const char *const *families, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (starts_with(name, families[i]))
            return true;
    return false;
}

/* Nothing here checks values: what they mean is not ours to know. */
static bool passes_through(const char *name)
{
    if (starts_with(name, REGISTRY)) /* none of ksql.schema.'s others */
        return in_family(name, registry_families, WR_ARRAY_LEN(registry_families));
    return in_family(name, client_families, WR_ARRAY_LEN(client_families)) ||
           in_family(name, server_families, WR_ARRAY_LEN(server_families));
}

/* A session must not reach what belongs to the process: its keys, its passwords and its extensions.
 * Statements are kept with the settings of their session, and would carry passwords to the disk. */
static bool denied(const char *name)
{
    return starts_with(name, "ssl.") || starts_with(name, "ksql.extension.") ||
           (in_family(name, client_families, WR_ARRAY_LEN(client_families)) &&
            wr_settings_secret(name, NULL));
}

static weir_status invalid(weir_error *err, const wr_setting *s, const char *value,
                           const char *must)
{
    return wr_error(err, WEIR_ERR_CONFIG, "Invalid value '%s' for property '%s': must be %s",
                    wr_settings_shown(s->name, value), s->name, must);
}

/* Holds on every log. The older names are those of Kafka before 4, which has dropped them. */
static weir_status check_guarantee(const wr_setting *s, const char *value, weir_error *err)
{
    WR_ASSERT(s->kind == WR_SETTING_GUARANTEE);
    if (wr_ieq(value, "at_least_once") || wr_ieq(value, "exactly_once_v2"))
        return WEIR_OK;
    return invalid(err, s, value, "at_least_once or exactly_once_v2");
}

/* What is out of range here would overflow, or abort a library, where it is used. */
static weir_status check_number(const wr_setting *s, const char *value, weir_error *err)
{
    char must[100];
    int64_t n;
    WR_ASSERT(s->kind == WR_SETTING_NUMBER && s->least < s->most);
    if (!wr_str_to_i64(wr_str_c(value), &n))
        return invalid(err, s, value, "a whole number");
    if (n >= s->least && n <= s->most)
        return WEIR_OK;
    snprintf(must, sizeof must, "from %" PRId64 " to %" PRId64, s->least, s->most);
    return invalid(err, s, value, must);
}

/* The value becomes a part of names of topics and groups, so Kafka's rules for these hold. */
static bool is_name(const char *value)
{
    size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return value[n] == '\0' && n <= NAME_BYTES_MAX;
}

static weir_status check_value(const wr_setting *s, const char *value, weir_error *err)
{
    switch (s->kind) {
    case WR_SETTING_TEXT:
        return WEIR_OK;
    case WR_SETTING_FLAG:
        return wr_ieq(value, "true") || wr_ieq(value, "false")
                   ? WEIR_OK
                   : invalid(err, s, value, "true or false");
    case WR_SETTING_NUMBER:
        return check_number(s, value, err);
    case WR_SETTING_NUMBERS:
        return value[strspn(value, "0123456789, ")] == '\0'
                   ? WEIR_OK
                   : invalid(err, s, value, "whole numbers, with commas between them");
    case WR_SETTING_NAME:
        return is_name(value)
                   ? WEIR_OK
                   : invalid(err, s, value, "of letters, digits, '.', '_' and '-', at most 100");
    case WR_SETTING_RESET:
        return wr_ieq(value, "earliest") || wr_ieq(value, "latest")
                   ? WEIR_OK
                   : invalid(err, s, value, "'earliest' or 'latest'");
    case WR_SETTING_GUARANTEE:
        return check_guarantee(s, value, err);
    case WR_SETTING_DIVISION:
        return wr_ieq(value, "round") || wr_ieq(value, "exact")
                   ? WEIR_OK
                   : invalid(err, s, value, "'round' or 'exact'");
    case WR_SETTING_KAFKA_CLIENT:
        return wr_ieq(value, "librdkafka") || wr_ieq(value, "wire") || wr_ieq(value, "auto")
                   ? WEIR_OK
                   : invalid(err, s, value, "'librdkafka', 'wire' or 'auto'");
    case WR_SETTING_PLACE:
        return wr_ieq(value, "payload") || wr_ieq(value, "header")
                   ? WEIR_OK
                   : invalid(err, s, value, "'payload' or 'header'");
    case WR_SETTING_PARTITIONER: {
        wr_partitioner p;
        return wr_partitioner_find(wr_str_c(value), &p) && p != WR_PARTITIONER_NONE
                   ? WEIR_OK
                   : invalid(err, s, value, "'murmur2', 'crc32' or 'fnv1a'");
    }
    case WR_SETTING_PROTOBUF:
        return wr_ieq(value, "text") || wr_ieq(value, "base64")
                   ? WEIR_OK
                   : invalid(err, s, value, "'text' or 'base64'");
    case WR_SETTING_ON_ERROR:
        return wr_on_error_parse(value, &(wr_on_error){0})
                   ? WEIR_OK
                   : invalid(err, s, value, "'skip', 'dead-letter' or 'stop'");
    case WR_SETTING_AUTHENTICATION:
        /* Which other settings a method needs is the server's to say: they may be set later. */
        return wr_ieq(value, "NONE") || wr_ieq(value, "BASIC") || wr_ieq(value, "BEARER")
                   ? WEIR_OK
                   : invalid(err, s, value, "'NONE', 'BASIC' or 'BEARER'");
    }
    WR_UNREACHABLE();
}

/* What clients of a registry have other names for: librdkafka and those built on it, whose files
 * people bring along. `proxy.` is Java's; libcurl takes a proxy from the environment, and a setting
 * of our own would be a second place to look. Beginnings of names, after any prefix. */
static const struct {
    const char *theirs, *ours;
} registry_spellings[] = {
    {"ssl.ca.location", "weir.schema.registry.ca.file"},
    {"ssl.certificate.location", "weir.schema.registry.certificate.file"},
    {"ssl.key.location", "weir.schema.registry.key.file"},
    {"proxy.", "https_proxy in the environment"},
};

/* Nobody types the long names by heart, and all clients have the same short ones: a refusal without
 * the name that is meant would send people to the documents for a prefix. A name that has the right
 * prefix and a wrong end is left to the search for the nearest one.
 * Confluent's serializers and clients name the registry's settings `schema.registry.url`,
 * `basic.auth.user.info`, or with ksqlDB's prefix. NULL: it is none of these. */
static const char *registry_spelling(const char *name)
{
    static const char *const prefixes[] = {REGISTRY, "weir.schema.registry.", "schema.registry.",
                                           ""};
    bool bare = starts_with(name, "basic.auth.") || starts_with(name, "bearer.auth.");
    for (size_t i = 0; i < WR_ARRAY_LEN(prefixes); i++) {
        if (!starts_with(name, prefixes[i]) || (!*prefixes[i] && !bare))
            continue;
        const char *rest = name + strlen(prefixes[i]);
        for (size_t k = 0; k < WR_ARRAY_LEN(registry_spellings); k++)
            if (starts_with(rest, registry_spellings[k].theirs))
                return registry_spellings[k].ours;
        for (size_t k = 0; k < WR_ARRAY_LEN(settings); k++)
            if (starts_with(settings[k].name, REGISTRY) &&
                strcmp(settings[k].name + sizeof REGISTRY - 1, rest) == 0)
                return settings[k].name;
    }
    return NULL;
}

/* A misspelt setting would be without effect, which is noticed late or never. */
static weir_status unknown_setting(const char *name, const char *canonical, weir_error *err)
{
    WR_ASSERT(!wr_setting_find(canonical));
    const char *near = registry_spelling(canonical);
    size_t best = strlen(canonical) / 3 + 1; /* farther than that it was hardly meant */
    for (size_t i = 0; !near && i < WR_ARRAY_LEN(settings); i++) {
        size_t d = wr_str_distance(wr_str_c(canonical), wr_str_c(settings[i].name));
        if (d < best) {
            best = d;
            near = settings[i].name;
        }
    }
    wr_error(err, WEIR_ERR_CONFIG,
             "Not recognizable as ksql, streams, consumer, or producer property: '%s'", name);
    return near ? wr_error_hint(err, "Did you mean '%s'?", near) : WEIR_ERR_CONFIG;
}

/* Sessions may change only what is marked for them; a file or the command line may set anything
 * known. @p value NULL: UNSET. A pass-through name is let through with any value. */
weir_status wr_settings_check(const char *name, const char *value, bool session, weir_error *err)
{
    const char *canonical = wr_settings_canonical(name);
    const wr_setting *s = wr_setting_find(canonical);
    if (session && ((s && !s->editable) || denied(canonical)))
        return wr_error(err, WEIR_ERR_CONFIG, "Cannot override property '%s'", name);
    if (!s && !passes_through(canonical))
        return unknown_setting(name, canonical, err);
    return s && value ? check_value(s, value, err) : WEIR_OK;
}

/*
 * A name that goes to the client has its effect there. Of ksqlDB's families nothing is left that
 * would have one: what Weir knows of them stands in the table.
 * @pre the name has passed wr_settings_check, so it is of the table or of a family.
 */
const char *wr_settings_without_effect(const char *name, bool kafka)
{
    const char *canonical = wr_settings_canonical(name);
    for (size_t i = 0; i < WR_ARRAY_LEN(without_effect); i++)
        if (strcmp(without_effect[i].name, canonical) == 0 && !(kafka && without_effect[i].local))
            return without_effect[i].why;
    if (wr_setting_find(canonical))
        return NULL;
    if (in_family(canonical, server_tls, WR_ARRAY_LEN(server_tls)))
        return NULL; /* weir server may use it */
    if (starts_with(canonical, REGISTRY))
        return "it is of a Java registry client, and Weir has its own";
    if (in_family(canonical, client_families, WR_ARRAY_LEN(client_families)) &&
        !in_family(canonical, java_families, WR_ARRAY_LEN(java_families)))
        return kafka ? NULL : "the embedded log has no Kafka client";
    return "Weir has nothing that it would change";
}

/* By what such names have in common, since names of Kafka's clients are in no table: SASL has a
 * password in its JAAS line, a key may be in a setting as a whole. A URL is one where somebody's
 * name or password may stand before its host. Too much is hidden rather than too little. */
bool wr_settings_secret(const char *name, const char *value)
{
    static const char *const secrets[] = {"password", "token",  "user.info",
                                          "jaas",     "secret", "ssl.key.pem"};
    WR_ASSERT(name);
    if (strstr(name, "registry.url") && value && strchr(value, '@'))
        return true;
    for (size_t i = 0; i < WR_ARRAY_LEN(secrets); i++)
        if (strstr(name, secrets[i]))
            return true;
    return false;
}

/* Whoever shows a value asks this, and has nothing to decide. That one is set can be seen. */
const char *wr_settings_shown(const char *name, const char *value)
{
    return value && wr_settings_secret(name, value) ? "[hidden]" : value;
}

void wr_settings_warn(const char *name, bool kafka)
{
    /* A warning, not an error: the same file has to serve both engines. */
    const char *why = wr_settings_without_effect(name, kafka);
    if (why)
        wr_diag_put(WR_DIAG_WARN, "settings", "%s is known to ksqlDB, without effect here: %s",
                    name, why);
}
