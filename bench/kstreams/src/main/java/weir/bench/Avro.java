/* SPDX-License-Identifier: Apache-2.0 */
package weir.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Avro with a schema registry, as little as there can be around Avro's own generic reader and writer:
 * a zero, the schema's id, the record. A schema is fetched once; decoders and encoders are used again.
 */
final class Avro {
    private static final int MARK = 5;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private final String url;

    Avro(String url) {
        this.url = url;
    }

    /** Reads whole records. For one thread. */
    Deserializer<GenericRecord> reader() {
        Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
        BinaryDecoder[] decoder = {null};
        return (topic, bytes) -> {
            if (bytes == null) return null;
            ByteBuffer head = ByteBuffer.wrap(bytes);
            if (bytes.length < MARK || head.get() != 0) throw new IllegalArgumentException("no schema id");
            GenericDatumReader<GenericRecord> reader =
                readers.computeIfAbsent(head.getInt(), id -> new GenericDatumReader<>(schema(id)));
            try {
                decoder[0] = DecoderFactory.get().binaryDecoder(bytes, MARK, bytes.length - MARK, decoder[0]);
                return reader.read(null, decoder[0]);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        };
    }

    /** Writes records of this schema, registered for the topic's values. For one thread. */
    Serializer<GenericRecord> writer(String topic, Schema schema) {
        int id = register(topic + "-value", schema);
        GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(schema);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(192);
        BinaryEncoder[] encoder = {null};
        return (ignored, value) -> {
            if (value == null) return null;
            bytes.reset();
            bytes.writeBytes(ByteBuffer.allocate(MARK).put((byte) 0).putInt(id).array());
            try {
                encoder[0] = EncoderFactory.get().directBinaryEncoder(bytes, encoder[0]);
                writer.write(value, encoder[0]);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
            return bytes.toByteArray();
        };
    }

    private Schema schema(int id) {
        return new Schema.Parser().parse(ask("/schemas/ids/" + id, null).get("schema").textValue());
    }

    private int register(String subject, Schema schema) {
        String body = json.createObjectNode().put("schema", schema.toString()).toString();
        return ask("/subjects/" + subject + "/versions", body).get("id").intValue();
    }

    private JsonNode ask(String path, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json");
        if (body != null) request.POST(HttpRequest.BodyPublishers.ofString(body));
        try {
            var answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) throw new IOException(path + ": " + answer.body());
            return json.readTree(answer.body());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException ended) {
            throw new IllegalStateException(ended);
        }
    }
}
