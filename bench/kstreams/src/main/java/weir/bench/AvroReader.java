/* SPDX-License-Identifier: Apache-2.0 */
package weir.bench;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * What Avro's generic reader needs for a record: {@code AvroReader FILE}, a file of micro_decode_registry
 * write: the length of the schema, the schema, then for each record its length and its bytes, which begin
 * with a mark of five. Lengths have four bytes.
 *
 * <p>The record that is read into, its texts and the decoder are used again. Where fewer than all fields
 * are wanted, the reader's schema has only these. Time is the reading thread's CPU time, so the compiler
 * and the collector, which have threads of their own, are not in it; the best of many rounds counts, after
 * others that are not looked at.
 */
public final class AvroReader {
    private static final int MARK = 5, WARM_UP = 60, ROUNDS = 40;
    /** As micro_decode_registry wants them. */
    private static final int[] FIELDS = {6, 7, 1, 0, 4, 2, 3, 5, 8, 9}, COUNTS = {1, 3, 5, 10};

    private AvroReader() { }

    public static void main(String[] args) throws IOException {
        List<byte[]> records = new ArrayList<>();
        Schema schema;
        try (var in = new DataInputStream(new ByteArrayInputStream(Files.readAllBytes(Path.of(args[0]))))) {
            schema = new Schema.Parser().parse(new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8));
            while (in.available() > 0) records.add(in.readNBytes(in.readInt()));
        }
        for (int count : COUNTS) {
            List<Schema.Field> fields = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Schema.Field f = schema.getFields().get(FIELDS[i]);
                fields.add(new Schema.Field(f, f.schema()));
            }
            Schema wanted = count == schema.getFields().size() ? schema
                : Schema.createRecord(schema.getName(), null, schema.getNamespace(), false, fields);
            System.out.printf("%d %.1f%n", count, measure(records, new GenericDatumReader<>(schema, wanted), count));
        }
    }

    /** Nanoseconds for a record. */
    private static double measure(List<byte[]> records, GenericDatumReader<GenericRecord> reader, int count)
            throws IOException {
        var threads = ManagementFactory.getThreadMXBean();
        BinaryDecoder decoder = null;
        GenericRecord record = null;
        long best = Long.MAX_VALUE, sum = 0;
        for (int round = 0; round < WARM_UP + ROUNDS; round++) {
            long from = threads.getCurrentThreadCpuTime();
            for (byte[] bytes : records) {
                decoder = DecoderFactory.get().binaryDecoder(bytes, MARK, bytes.length - MARK, decoder);
                record = reader.read(record, decoder);
                for (int i = 0; i < count; i++) sum += use(record.get(i));
            }
            long took = threads.getCurrentThreadCpuTime() - from;
            if (round >= WARM_UP) best = Math.min(best, took);
        }
        if (sum == 0) throw new IllegalStateException("nothing was read");
        return (double) best / records.size();
    }

    private static long use(Object value) {
        return value instanceof CharSequence text ? text.length() : value instanceof Number n ? n.longValue() : 0;
    }
}
