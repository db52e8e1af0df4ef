#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Expected: the cache of Kafka Streams' tables only leaves out intermediate updates; after a commit
# the last result of each key is the same with and without it.
# Seen (Kafka Streams 4.4.0): not where two cached tables meet in an inner join, if both sides of a key
# change between two commits.
#   both sides of x deleted            no tombstone: {x=11} stays in the output, and in the join's own
#                                      store
#   both sides of y updated as well    a count of the rows over the join (groupBy, count) is 4, for one
#                                      row; 2 if the join has a store of its own
# With statestore.cache.max.bytes=0 all is right: x is deleted and the count is 1.
# Matters: an order and its header that are deleted within one commit interval stay in the joined table,
# and in what is made of it. Who compares an engine with Kafka Streams, or needs such deletions, turns
# the cache off.
set -euo pipefail

folder=$(mktemp -d)
broker=
stop() {
    [ -z "$broker" ] || { kill -9 "$broker"; wait "$broker" || true; } 2>/dev/null
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
missing() { echo "cannot be had here: $1" >&2; exit 77; }
for tool in python3 mvn java; do command -v $tool >/dev/null || missing $tool; done

# One broker of its own on 127.0.0.1, stopped by its pid at the end.
broker() {
    cat >pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END
    mvn -q -B -ntp dependency:copy-dependencies -DoutputDirectory=jars >mvn.log || missing "Kafka"
    read -r port controller < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
    cat >server.properties <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$folder/logs
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=1000
END
    java=(java -Xmx400m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
          -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp 'jars/*')
    "${java[@]}" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c server.properties \
        >format.log 2>&1
    "${java[@]}" kafka.Kafka server.properties >broker.log 2>&1 &
    broker=$!
    export BOOTSTRAP=127.0.0.1:$port
    for _ in $(seq 300); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
        kill -0 "$broker" 2>/dev/null || break
        sleep 1
    done
    echo "the broker did not start" >&2
    exit 3
}

cat >streams.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>streams</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-streams</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END
mvn -q -B -ntp -f streams.xml dependency:copy-dependencies -DoutputDirectory=client >mvn.log ||
    missing kafka-streams
broker

cat >Joins.java <<'END'
import java.time.Duration;
import java.util.*;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.*;

public class Joins {
    static final String SERVER = System.getenv("BOOTSTRAP");
    static final List<String> IN = List.of("left", "right", "commit");
    static final List<String> OUT = List.of("joined", "joined-kept", "count", "count-kept");
    static final Serde<String> TEXT = Serdes.String();

    static void write(KTable<String, String> table, String topic) {
        table.toStream().to(topic, Produced.with(TEXT, TEXT));
    }

    static KTable<String, String> count(KTable<String, String> rows) {
        return rows.groupBy((k, v) -> KeyValue.pair("rows", v), Grouped.with(TEXT, TEXT)).count()
            .mapValues(String::valueOf);
    }

    static Topology topology(String prefix) {
        StreamsBuilder builder = new StreamsBuilder();
        KTable<String, String> left = builder.table(prefix + "left", Consumed.with(TEXT, TEXT),
            Materialized.as("left-store"));
        KTable<String, String> right = builder.table(prefix + "right", Consumed.with(TEXT, TEXT),
            Materialized.as("right-store"));
        KTable<String, String> joined = left.join(right, (a, b) -> a + b);
        KTable<String, String> kept = left.join(right, (a, b) -> a + b, Materialized.as("kept"));
        write(joined, prefix + "joined");
        write(kept, prefix + "joined-kept");
        write(count(joined), prefix + "count");
        write(count(kept), prefix + "count-kept");
        // A record here makes the task of the join commit, and so flush its caches.
        builder.stream(prefix + "commit", Consumed.with(TEXT, TEXT)).process(() ->
            new ContextualProcessor<String, String, Void, Void>() {
                public void process(Record<String, String> record) {
                    context().commit();
                }
            }, "left-store");
        return builder.build();
    }

    static void await(String what, Callable<Boolean> condition) throws Exception {
        for (int tries = 0; !condition.call(); tries++) {
            if (tries == 1200) {
                throw new IllegalStateException("two minutes without: " + what);
            }
            Thread.sleep(100);
        }
    }

    static long end(Admin admin, String topic) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        return admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition)
            .get().offset();
    }

    /** Whether the only thread has processed every record of the inputs, repartitioned ones too. */
    static boolean processed(Admin admin, KafkaStreams streams, String prefix) throws Exception {
        long records = 0;
        for (String topic : admin.listTopics().names().get()) {
            if (topic.startsWith(prefix) && (IN.contains(topic.substring(prefix.length()))
                    || topic.endsWith("-repartition"))) {
                records += end(admin, topic);
            }
        }
        double done = 0;
        for (var metric : streams.metrics().entrySet()) {
            if (metric.getKey().name().equals("process-total")
                    && metric.getKey().group().equals("stream-thread-metrics")) {
                done += (double) metric.getValue().metricValue();
            }
        }
        return done == records;
    }

    /** Whether the offsets of the join's inputs are committed up to the end. */
    static boolean committed(Admin admin, String prefix, String group) throws Exception {
        var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        for (String name : IN) {
            var offset = offsets.get(new TopicPartition(prefix + name, 0));
            if (offset == null || offset.offset() != end(admin, prefix + name)) {
                return false;
            }
        }
        return true;
    }

    /** The last value of each key. */
    static Map<String, String> table(String topic) {
        Map<String, String> last = new TreeMap<>();
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var reader = new KafkaConsumer<>(Map.<String, Object>of("bootstrap.servers", SERVER),
                new StringDeserializer(), new StringDeserializer())) {
            reader.assign(List.of(partition));
            reader.seekToBeginning(List.of(partition));
            long end = reader.endOffsets(List.of(partition)).get(partition);
            while (reader.position(partition) < end) {
                reader.poll(Duration.ofMillis(200)).forEach(r -> last.put(r.key(), r.value()));
            }
        }
        return last;
    }

    static void run(Admin admin, KafkaProducer<String, String> producer, String cache)
            throws Exception {
        String prefix = "cache-" + cache + "-", group = prefix + "app";
        List<NewTopic> topics = new ArrayList<>();
        IN.forEach(name -> topics.add(new NewTopic(prefix + name, 1, (short) 1)));
        OUT.forEach(name -> topics.add(new NewTopic(prefix + name, 1, (short) 1)));
        admin.createTopics(topics).all().get();
        Properties config = new Properties();
        config.put("application.id", group);
        config.put("bootstrap.servers", SERVER);
        config.put("state.dir", "state");
        config.put("statestore.cache.max.bytes", cache);
        config.put("commit.interval.ms", "3600000");
        config.put("default.key.serde", Serdes.StringSerde.class);
        config.put("default.value.serde", Serdes.StringSerde.class);
        config.put("auto.offset.reset", "earliest");
        try (KafkaStreams streams = new KafkaStreams(topology(prefix), config)) {
            streams.start();
            await("RUNNING", () -> streams.state() == KafkaStreams.State.RUNNING);
            long time = System.currentTimeMillis() - 60_000;
            String[][] rounds = {{"1", "1"}, {null, "2"}};  // x and y, in both tables
            for (String[] values : rounds) {
                for (String side : new String[] {"left", "right"}) {
                    producer.send(new ProducerRecord<>(prefix + side, null, time, "x", values[0]));
                    producer.send(new ProducerRecord<>(prefix + side, null, time, "y", values[1]));
                }
                producer.flush();
                await("both tables", () -> processed(admin, streams, prefix));
                producer.send(new ProducerRecord<>(prefix + "commit", null, time, "k", "v")).get();
                await("a commit", () -> committed(admin, prefix, group));
                await("the counts", () -> processed(admin, streams, prefix));
                time += 10;
            }
            System.out.println("cache of " + cache + " bytes");
            ReadOnlyKeyValueStore<String, String> kept = streams.store(
                StoreQueryParameters.fromNameAndType("kept", QueryableStoreTypes.keyValueStore()));
            System.out.printf("  %-12s x=%s, y=%s%n", "store", kept.get("x"), kept.get("y"));
        }
        for (String name : OUT) {
            System.out.printf("  %-12s %s%n", name, table(prefix + name));
        }
    }

    public static void main(String[] args) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", SERVER));
                var producer = new KafkaProducer<>(Map.<String, Object>of("bootstrap.servers", SERVER),
                    new StringSerializer(), new StringSerializer())) {
            run(admin, producer, "0");
            run(admin, producer, "10000000");
        }
    }
}
END
cat >expected <<'END'
cache of 0 bytes
  store        x=null, y=22
  joined       {x=null, y=22}
  joined-kept  {x=null, y=22}
  count        {rows=1}
  count-kept   {rows=1}
cache of 10000000 bytes
  store        x=11, y=22
  joined       {x=11, y=22}
  joined-kept  {x=11, y=22}
  count        {rows=4}
  count-kept   {rows=2}
END
timeout 600 java -Xmx400m -XX:TieredStopAtLevel=1 -cp 'client/*' Joins.java >seen 2>java.log ||
    { tail -5 java.log; exit 1; }
echo "broker and Kafka Streams 4.4.0"
cat seen
diff expected seen || { echo "CHANGED: not as described"; exit 1; }
echo "as described"
