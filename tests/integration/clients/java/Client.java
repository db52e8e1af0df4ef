// SPDX-License-Identifier: Apache-2.0

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Apache Avro with Apicurio's serdes, which then write Confluent's marks: writes or reads the records of
 * one request; ../README.md has the protocol.
 */
public final class Client {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** The branch of a nullable union. */
    private static Schema inner(Schema s) {
        return s.getType() == Schema.Type.UNION ? s.getTypes().get(1) : s;
    }

    private static BigInteger unscaled(String text, int scale) {
        return new BigDecimal(text).setScale(scale).unscaledValue();
    }

    private static Object to(JsonNode tree, JsonNode v, Schema nullable) {
        Schema schema = inner(nullable);
        if (v == null || v.isNull())
            return null;
        switch (tree.get("type").asText()) {
        case "BOOLEAN":
            return v.asBoolean();
        case "INT":
        case "DATE":
            return v.asInt();
        case "TIME":
            return Integer.valueOf(v.asText());
        case "BIGINT":
        case "TIMESTAMP":
            return Long.valueOf(v.asText());
        case "DOUBLE":
            return Double.longBitsToDouble(Long.parseUnsignedLong(v.asText(), 16));
        case "STRING":
            return v.asText();
        case "BYTES":
            return ByteBuffer.wrap(Base64.getDecoder().decode(v.asText()));
        case "DECIMAL":
            byte[] digits = unscaled(v.asText(), tree.get("scale").asInt()).toByteArray();
            if (schema.getType() != Schema.Type.FIXED)
                return ByteBuffer.wrap(digits);
            byte[] padded = new byte[schema.getFixedSize()];
            java.util.Arrays.fill(padded, (byte) (digits[0] < 0 ? -1 : 0));
            System.arraycopy(digits, 0, padded, padded.length - digits.length, digits.length);
            return new GenericData.Fixed(schema, padded);
        case "ARRAY":
            List<Object> list = new ArrayList<>();
            for (JsonNode x : v)
                list.add(to(tree.get("of"), x, schema.getElementType()));
            return list;
        case "MAP":
            return toMap(tree, v, schema);
        default:
            GenericRecord record = new GenericData.Record(schema);
            for (JsonNode f : tree.get("fields")) {
                String name = f.get(0).asText();
                record.put(name, to(f.get(1), v.get(name), schema.getField(name).schema()));
            }
            return record;
        }
    }

    /** Avro's own map, or Connect's list of entries. */
    private static Object toMap(JsonNode tree, JsonNode v, Schema schema) {
        Map<String, Object> map = new HashMap<>();
        List<Object> entries = new ArrayList<>();
        boolean own = schema.getType() == Schema.Type.MAP;
        v.fields().forEachRemaining(e -> {
            if (own) {
                map.put(e.getKey(), to(tree.get("of"), e.getValue(), schema.getValueType()));
                return;
            }
            Schema entry = inner(schema.getElementType());
            GenericRecord record = new GenericData.Record(entry);
            record.put("key", e.getKey());
            record.put("value", to(tree.get("of"), e.getValue(), entry.getField("value").schema()));
            entries.add(record);
        });
        return own ? map : entries;
    }

    private static byte[] bytes(Object v) {
        if (v instanceof GenericFixed)
            return ((GenericFixed) v).bytes();
        ByteBuffer buffer = ((ByteBuffer) v).duplicate();
        byte[] out = new byte[buffer.remaining()];
        buffer.get(out);
        return out;
    }

    private static JsonNode back(JsonNode tree, Object v) {
        if (v == null)
            return JSON.nullNode();
        switch (tree.get("type").asText()) {
        case "BOOLEAN":
            return JSON.booleanNode((Boolean) v);
        case "INT":
        case "DATE":
            return JSON.numberNode((Integer) v);
        case "DOUBLE":
            return JSON.textNode(String.format("%016x", Double.doubleToRawLongBits((Double) v)));
        case "BYTES":
            return JSON.textNode(Base64.getEncoder().encodeToString(bytes(v)));
        case "DECIMAL":
            return JSON.textNode(
                new BigDecimal(new BigInteger(bytes(v)), tree.get("scale").asInt()).toPlainString());
        case "ARRAY":
            ArrayNode list = JSON.arrayNode();
            for (Object x : (List<?>) v)
                list.add(back(tree.get("of"), x));
            return list;
        case "MAP":
            ObjectNode map = JSON.objectNode();
            if (v instanceof Map)
                ((Map<?, ?>) v).forEach((k, x) -> map.set(k.toString(), back(tree.get("of"), x)));
            else
                for (Object e : (List<?>) v)
                    map.set(((GenericRecord) e).get("key").toString(),
                        back(tree.get("of"), ((GenericRecord) e).get("value")));
            return map;
        case "STRUCT":
            ObjectNode object = JSON.objectNode();
            for (JsonNode f : tree.get("fields"))
                object.set(f.get(0).asText(),
                    back(f.get(1), ((GenericRecord) v).get(f.get(0).asText())));
            return object;
        default:
            return JSON.textNode(v.toString());
        }
    }

    private static Map<String, Object> config(JsonNode request) {
        Map<String, Object> c = new HashMap<>();
        c.put("bootstrap.servers", request.get("bootstrap").asText());
        c.put("apicurio.registry.url", request.get("registry").asText().replace("/ccompat/v7", "/registry/v2"));
        c.put("apicurio.registry.auto-register", true);
        c.put("apicurio.registry.headers.enabled", false);
        c.put("apicurio.registry.as-confluent", true);
        c.put("apicurio.registry.use-id", "contentId");
        c.put("apicurio.registry.artifact-resolver-strategy",
            "io.apicurio.registry.serde.strategy.TopicIdStrategy");
        return c;
    }

    private static void write(JsonNode request) throws Exception {
        String topic = request.get("topic").asText();
        Schema value = new Schema.Parser().parse(request.get("value").get("schema").asText());
        Schema key = new Schema.Parser().parse(request.get("key").get("schema").asText());
        try (KafkaProducer<Object, Object> producer = new KafkaProducer<>(config(request),
                 configured(new AvroKafkaSerializer<>(), request, true),
                 configured(new AvroKafkaSerializer<>(), request, false))) {
            for (JsonNode row : request.get("rows"))
                producer.send(new ProducerRecord<>(topic, 0,
                    to(request.get("key").get("tree"), row.get("key"), key),
                    to(request.get("value").get("tree"), row.get("value"), value))).get();
        }
    }

    private static AvroKafkaSerializer<Object> configured(AvroKafkaSerializer<Object> s, JsonNode request,
                                                          boolean isKey) {
        s.configure(config(request), isKey);
        return s;
    }

    private static AvroKafkaDeserializer<Object> configured(AvroKafkaDeserializer<Object> d,
                                                            JsonNode request, boolean isKey) {
        d.configure(config(request), isKey);
        return d;
    }

    private static ArrayNode read(JsonNode request) {
        TopicPartition partition = new TopicPartition(request.get("topic").asText(), 0);
        ArrayNode rows = JSON.arrayNode();
        try (KafkaConsumer<Object, Object> consumer = new KafkaConsumer<>(config(request),
                 configured(new AvroKafkaDeserializer<>(), request, true),
                 configured(new AvroKafkaDeserializer<>(), request, false))) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long until = System.currentTimeMillis() + 60000;
            while (rows.size() < request.get("count").asInt()) {
                if (System.currentTimeMillis() > until)
                    throw new IllegalStateException(rows.size() + " records within 60 s");
                for (ConsumerRecord<Object, Object> r : consumer.poll(Duration.ofSeconds(1))) {
                    ObjectNode row = rows.addObject();
                    row.set("key", back(request.get("key").get("tree"), r.key()));
                    row.set("value", back(request.get("value").get("tree"), r.value()));
                }
            }
        }
        return rows;
    }

    public static void main(String[] args) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode request = mapper.readTree(System.in);
        ObjectNode answer = JSON.objectNode();
        if (request.get("action").asText().equals("write"))
            write(request);
        else
            answer.set("rows", read(request));
        mapper.writeValue(System.out, answer);
    }
}
