// SPDX-License-Identifier: Apache-2.0
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One conversation with a server of ksqlDB's REST API: what each call gave. ksqlDB's own Java client is
 * in none of the registries that tests use; these are what it stands on, and what is in every JDK:
 *
 *     {"url": ..., "library": "jdk" | "vertx" | "vertx-upgrade"}   on standard input
 *
 * java.net.http asks to go on as HTTP/2 with its first request; Vert.x knows beforehand, as ksqlDB's
 * client has it, or asks.
 */
public class Client {
    static final ObjectMapper JSON = new ObjectMapper();
    static final int SECONDS = 20;

    record Answer(int status, String version, List<JsonNode> lines) {}

    interface Library extends AutoCloseable {
        /** POST; each line of the answer goes to {@code line} when it comes. */
        Answer post(String path, String body, Consumer<JsonNode> line) throws Exception;
    }

    static class Jdk implements Library {
        final HttpClient client = HttpClient.newHttpClient();
        final String url;

        Jdk(String url) {
            this.url = url;
        }

        public Answer post(String path, String body, Consumer<JsonNode> line) throws Exception {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .POST(HttpRequest.BodyPublishers.ofString(body)).build();
            var response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            List<JsonNode> lines = new ArrayList<>();
            try (var in = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                for (String text; (text = in.readLine()) != null;) {
                    lines.add(JSON.readTree(text));
                    line.accept(lines.get(lines.size() - 1));
                }
            }
            return new Answer(response.statusCode(), response.version().toString(), lines);
        }

        public void close() {}
    }

    static class OverVertx implements Library {
        final Vertx vertx = Vertx.vertx();
        final io.vertx.core.http.HttpClient client;

        OverVertx(URI url, boolean upgrade) {
            client = vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(upgrade)
                .setDefaultHost(url.getHost()).setDefaultPort(url.getPort()));
        }

        public Answer post(String path, String body, Consumer<JsonNode> line) throws Exception {
            CompletableFuture<Answer> answer = new CompletableFuture<>();
            List<JsonNode> lines = new ArrayList<>();
            StringBuilder waiting = new StringBuilder();  // all texts here are ASCII
            // The answer's handlers are set on the event loop, before any of it can come.
            client.request(HttpMethod.POST, path).onFailure(answer::completeExceptionally).onSuccess(request ->
                request.send(Buffer.buffer(body)).onFailure(answer::completeExceptionally).onSuccess(response -> response
                    .handler(piece -> {
                        try {
                            waiting.append(piece);
                            for (int end; (end = waiting.indexOf("\n")) >= 0; waiting.delete(0, end + 1))
                                add(lines, waiting.substring(0, end), line);
                        } catch (Exception e) {
                            answer.completeExceptionally(e);
                        }
                    })
                    .exceptionHandler(answer::completeExceptionally)
                    .endHandler(nothing -> {
                        try {
                            if (waiting.length() > 0)
                                add(lines, waiting.toString(), line);
                            answer.complete(new Answer(response.statusCode(), response.version().toString(), lines));
                        } catch (Exception e) {
                            answer.completeExceptionally(e);
                        }
                    })));
            return answer.get(SECONDS, TimeUnit.SECONDS);
        }

        /** {@code line} may ask again, so it is called off the event loop. */
        void add(List<JsonNode> lines, String text, Consumer<JsonNode> line) throws Exception {
            JsonNode node = JSON.readTree(text);
            lines.add(node);
            vertx.executeBlocking(() -> {
                line.accept(node);
                return null;
            });
        }

        public void close() throws Exception {
            vertx.close().toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        }
    }

    final Library library;
    final ObjectNode got = JSON.createObjectNode();
    final ArrayNode versions = got.putArray("versions");

    Client(Library library) {
        this.library = library;
    }

    Answer ask(String path, String body, Consumer<JsonNode> line) throws Exception {
        Answer answer = library.post(path, body, line);
        synchronized (versions) {
            versions.add(answer.version());
        }
        return answer;
    }

    JsonNode put(Answer answer) {
        ArrayNode node = JSON.createArrayNode().add(answer.status());
        answer.lines().forEach(node::add);
        return node;
    }

    JsonNode statement(String sql) throws Exception {
        return put(ask("/ksql", JSON.createObjectNode().put("ksql", sql).toString(), line -> {}));
    }

    JsonNode insert(String... rows) throws Exception {
        return put(ask("/inserts-stream", "{\"target\":\"s\"}\n" + String.join("\n", rows) + "\n", line -> {}));
    }

    Answer query(String sql, Consumer<JsonNode> line) throws Exception {
        ObjectNode request = JSON.createObjectNode().put("sql", sql);
        request.putObject("properties").put("auto.offset.reset", "earliest");
        return ask("/query-stream", request.toString(), line);
    }

    void push() throws Exception {
        List<JsonNode> seen = new ArrayList<>();
        CompletableFuture<Integer> closed = new CompletableFuture<>();
        Answer answer = query("SELECT id, v FROM s EMIT CHANGES;", line -> {
            seen.add(line);
            try {
                if (seen.size() == 4) {
                    insert("{\"ID\":\"later\",\"V\":9}");
                } else if (seen.size() == 5) {
                    String id = seen.get(0).get("queryId").asText();
                    closed.complete(ask("/close-query", "{\"queryId\":\"" + id + "\"}", nothing -> {}).status());
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        got.put("closed", closed.get(SECONDS, TimeUnit.SECONDS));
        got.set("pushed", JSON.valueToTree(answer.lines().subList(1, answer.lines().size())));
    }

    void converse() throws Exception {
        got.putArray("created")
            .add(statement("CREATE STREAM s (id STRING KEY, v INT) "
                + "WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');"))
            .add(statement("CREATE TABLE t AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY id;"));
        got.set("inserted", insert("{\"ID\":\"a\",\"V\":1}", "{\"ID\":\"b\",\"V\":2}", "{\"ID\":\"a\",\"V\":3}"));
        got.set("bad row", insert("{\"ID\":\"c\",\"V\":\"no number\"}"));
        got.set("pulled", put(query("SELECT * FROM t WHERE id = 'a';", line -> {})));
        got.set("refused", statement("DROP STREAM nope;"));
        got.set("bad query", put(query("SELECT nope FROM t;", line -> {})));
        push();
    }

    public static void main(String[] args) throws Exception {
        JsonNode request = JSON.readTree(System.in);
        String url = request.get("url").asText(), name = request.get("library").asText();
        try (Library library = name.equals("jdk") ? new Jdk(url)
                : new OverVertx(URI.create(url), name.equals("vertx-upgrade"))) {
            Client client = new Client(library);
            client.converse();
            System.out.println(client.got);
        }
    }
}
