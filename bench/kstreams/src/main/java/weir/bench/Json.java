/* SPDX-License-Identifier: Apache-2.0 */
package weir.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** JSON by Jackson's streaming interface, the fastest that Jackson has: no tree, no reflection. */
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    /** Takes the member that the parser is at; true: it was one of those wanted. */
    interface Member<T> {
        boolean read(T into, String name, JsonParser at) throws IOException;
    }

    interface Members<T> {
        void write(T value, JsonGenerator to) throws IOException;
    }

    private Json() { }

    /** Reads {@code wanted} members and leaves the rest of the object unread. */
    static <T> Deserializer<T> reader(int wanted, Supplier<T> make, Member<T> member) {
        return (topic, bytes) -> {
            if (bytes == null) return null;
            try (JsonParser parser = FACTORY.createParser(bytes)) {
                T made = make.get();
                int left = wanted;
                parser.nextToken();
                for (String name; left > 0 && (name = parser.nextFieldName()) != null;) {
                    JsonToken token = parser.nextToken();
                    if (token.isStructStart()) parser.skipChildren();
                    else if (member.read(made, name, parser)) left--;
                }
                return made;
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        };
    }

    static <T> Serializer<T> writer(Members<T> members) {
        return (topic, value) -> {
            if (value == null) return null;
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(192);
            try (JsonGenerator generator = FACTORY.createGenerator(bytes)) {
                generator.writeStartObject();
                members.write(value, generator);
                generator.writeEndObject();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
            return bytes.toByteArray();
        };
    }
}
