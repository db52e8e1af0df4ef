/* SPDX-License-Identifier: Apache-2.0 */
package weir.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * Runs a workload in Kafka Streams to the ends that its topics have now, from the earliest offsets or
 * from where the same ID stopped before, and exits: {@code Peer WORKLOAD --bootstrap HOST:PORT --out TOPIC --state DIR --id ID
 * [--threads N] [--eos] [--stay] [--memory MIB] [--registry URL] [NAME=VALUE...]}. With --stay it does not exit.
 * At the end it says how many records it has restored from changelogs.
 *
 * <p>Settings are the library's defaults apart from what is given here, so the caches are 10 MB, the
 * stores are RocksDB's, and the guarantee is at-least-once unless --eos asks for exactly_once_v2.
 */
public final class Peer {
    private static final String OUT = "weir.bench.out";
    private static final String STAY = "weir.bench.stay";
    private static final String REGISTRY = "schema.registry.url";
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final Duration CLOSE = Duration.ofMinutes(2);

    private Peer() { }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) throw new IllegalArgumentException("no workload");
        Properties settings = settings(args);
        String bootstrap = settings.getProperty(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG);
        StreamsBuilder builder = new StreamsBuilder();
        List<Topologies.Input> inputs = Topologies.build(args[0], builder, settings.getProperty(OUT),
            settings.getProperty(REGISTRY));
        long wanted = 0;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            String id = settings.getProperty(StreamsConfig.APPLICATION_ID_CONFIG);
            for (Topologies.Input input : inputs) wanted += input.steps() * records(admin, id, input.topic());
        }
        KafkaStreams streams = new KafkaStreams(builder.build(settings), settings);
        streams.setUncaughtExceptionHandler(failure -> {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        Restored restored = new Restored();
        streams.setGlobalStateRestoreListener(restored);
        boolean stay = settings.containsKey(STAY);
        streams.start();
        while (stay || processed(streams) < wanted || streams.state() != KafkaStreams.State.RUNNING) {
            Thread.sleep(LOOK.toMillis());
        }
        // Writes what the caches hold, waits for the producers, commits.
        if (!streams.close(CLOSE)) throw new IllegalStateException("did not close in time");
        System.out.println("restored " + restored.records);
    }

    /** Counts records; its methods are called by several threads. */
    private static final class Restored implements StateRestoreListener {
        private final AtomicLong records = new AtomicLong();

        @Override
        public void onRestoreStart(TopicPartition partition, String store, long from, long to) { }

        @Override
        public void onBatchRestored(TopicPartition partition, String store, long to, long n) {
            records.addAndGet(n);
        }

        @Override
        public void onRestoreEnd(TopicPartition partition, String store, long total) { }
    }

    private static Properties settings(String[] args) {
        Properties p = new Properties();
        p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        for (int i = 1; i < args.length; i++) {
            switch (args[i]) {
                case "--bootstrap" -> p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[++i]);
                case "--out" -> p.put(OUT, args[++i]);
                case "--state" -> p.put(StreamsConfig.STATE_DIR_CONFIG, args[++i]);
                case "--id" -> p.put(StreamsConfig.APPLICATION_ID_CONFIG, args[++i]);
                case "--registry" -> p.put(REGISTRY, args[++i]);
                case "--threads" -> p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, args[++i]);
                case "--stay" -> p.put(STAY, "true");
                case "--eos" -> p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
                case "--memory" -> {
                    p.put(BoundedMemory.MIB, args[++i]);
                    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedMemory.class);
                }
                default -> {
                    String[] pair = args[i].split("=", 2);
                    if (pair.length != 2) throw new IllegalArgumentException(args[i]);
                    p.put(pair[0], pair[1]);
                }
            }
        }
        return p;
    }

    /**
     * How many records went through sub-topologies so far, by the library's own counters: to look at
     * them costs nothing, unlike a step in the topology that counts.
     */
    private static long processed(KafkaStreams streams) {
        double sum = 0;
        for (var metric : streams.metrics().values()) {
            var name = metric.metricName();
            if (name.name().equals("process-total") && name.group().equals("stream-thread-metrics")) {
                sum += (Double) metric.metricValue();
            }
        }
        return (long) sum;
    }

    /** Records of a topic that this application has not committed yet. */
    private static long records(Admin admin, String id, String topic)
            throws InterruptedException, ExecutionException {
        var partitions = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions();
        Map<TopicPartition, OffsetSpec> first = new HashMap<>(), end = new HashMap<>();
        partitions.forEach(p -> {
            first.put(new TopicPartition(topic, p.partition()), OffsetSpec.earliest());
            end.put(new TopicPartition(topic, p.partition()), OffsetSpec.latest());
        });
        var committed = admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata().get();
        var from = admin.listOffsets(first).all().get();
        long records = 0;
        for (var found : admin.listOffsets(end).all().get().entrySet()) {
            var done = committed.get(found.getKey());
            records += found.getValue().offset() - (done != null ? done.offset() : from.get(found.getKey()).offset());
        }
        return records;
    }
}
