// SPDX-License-Identifier: Apache-2.0

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Record batches by Kafka's own classes: Client read | write, as ../../record_batches.c says. Writes
 * also what brokers make: a base offset and gaps, markers, log append time (the timestamp of the
 * first record).
 */
public final class Client {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HexFormat HEX = HexFormat.of();
    private static final int BUFFER = 1 << 16;

    private static void addHex(ArrayNode to, ByteBuffer bytes) {
        if (bytes == null) {
            to.addNull();
            return;
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        to.add(HEX.formatHex(copy));
    }

    private static byte[] fromHex(JsonNode text) {
        return text.isNull() ? null : HEX.parseHex(text.asText());
    }

    private static void addRecord(ArrayNode records, Record record) {
        record.ensureValid();
        ArrayNode row = records.addArray().add(record.offset()).add(record.timestamp());
        addHex(row, record.key());
        addHex(row, record.value());
        ArrayNode headers = row.addArray();
        for (Header header : record.headers()) {
            ArrayNode one = headers.addArray();
            addHex(one, ByteBuffer.wrap(header.key().getBytes(StandardCharsets.UTF_8)));
            addHex(one, header.value() == null ? null : ByteBuffer.wrap(header.value()));
        }
    }

    private static String control(Record marker) {
        switch (ControlRecordType.parse(marker.key())) {
            case ABORT: return "abort";
            case COMMIT: return "commit";
            default: return "other";
        }
    }

    private static void read(byte[] bytes, PrintStream out) throws IOException {
        MemoryRecords all = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
        if (all.validBytes() != bytes.length)
            throw new IOException("the last batch is incomplete");
        for (RecordBatch batch : all.batches()) {
            batch.ensureValid();
            ObjectNode line = JSON.createObjectNode();
            line.put("base", batch.baseOffset()).put("last", batch.lastOffset());
            line.put("codec", batch.compressionType().name);
            line.put("transactional", batch.isTransactional());
            line.put("append_time", batch.timestampType() == TimestampType.LOG_APPEND_TIME);
            line.putArray("producer").add(batch.producerId()).add(batch.producerEpoch())
                .add(batch.baseSequence());
            line.putNull("control");
            ArrayNode records = line.putArray("records");
            for (Record record : batch) {
                if (batch.isControlBatch())
                    line.put("control", control(record));
                else
                    addRecord(records, record);
            }
            out.println(line);
        }
    }

    private static ByteBuffer write(JsonNode line) {
        JsonNode producer = line.get("producer");
        JsonNode records = line.get("records");
        if (line.hasNonNull("control")) {
            ControlRecordType type = ControlRecordType.valueOf(line.get("control").asText().toUpperCase());
            return MemoryRecords.withEndTransactionMarker(line.get("base").asLong(), 1000, 0,
                producer.get(0).asLong(), (short) producer.get(1).asInt(),
                new EndTransactionMarker(type, 0)).buffer();
        }
        boolean appendTime = line.get("append_time").asBoolean();
        CompressionType codec = CompressionType.forName(line.get("codec").asText());
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(BUFFER),
            RecordBatch.MAGIC_VALUE_V2, Compression.of(codec).build(),
            appendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
            line.get("base").asLong(), appendTime ? records.get(0).get(1).asLong() : -1,
            producer.get(0).asLong(), (short) producer.get(1).asInt(), producer.get(2).asInt(),
            line.get("transactional").asBoolean(), -1);
        for (JsonNode record : records) {
            Header[] headers = new Header[record.get(4).size()];
            for (int i = 0; i < headers.length; i++) {
                JsonNode header = record.get(4).get(i);
                headers[i] = new RecordHeader(new String(fromHex(header.get(0)), StandardCharsets.UTF_8),
                    fromHex(header.get(1)));
            }
            builder.appendWithOffset(record.get(0).asLong(), record.get(1).asLong(),
                fromHex(record.get(2)), fromHex(record.get(3)), headers);
        }
        return builder.build().buffer();
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("read")) {
            read(System.in.readAllBytes(), System.out);
            return;
        }
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            ByteBuffer batch = write(JSON.readTree(line));
            System.out.write(batch.array(), batch.arrayOffset() + batch.position(), batch.remaining());
        }
        System.out.flush();
    }

    private Client() {}
}
