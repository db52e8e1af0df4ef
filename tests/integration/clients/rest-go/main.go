// SPDX-License-Identifier: Apache-2.0

// One conversation with a server of ksqlDB's REST API through Go's own HTTP client, over HTTP/2
// without TLS (golang.org/x/net/http2), for want of a client of ksqlDB's among the modules: what
// each call gave. Rows go in one by one, each after the acknowledgement of the one before it.
//
//	{"url": ...} on standard input
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"golang.org/x/net/http2"
)

type conversation struct {
	url    string
	client http.Client
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func (c *conversation) post(path string, body io.Reader) *http.Response {
	return must(c.client.Post(c.url+path, "application/json", body))
}

func text(request map[string]any) io.Reader {
	return strings.NewReader(string(must(json.Marshal(request))))
}

// lines decodes what comes, a JSON text per line, until the response ends.
func lines(response *http.Response) (texts []any) {
	defer response.Body.Close()
	for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
		var value any
		if json.Unmarshal(scanner.Bytes(), &value) != nil {
			log.Fatal(scanner.Text())
		}
		texts = append(texts, value)
	}
	return
}

func (c *conversation) statement(sql string) any {
	response := c.post("/ksql", text(map[string]any{"ksql": sql}))
	return []any{response.StatusCode, lines(response)[0]}
}

func (c *conversation) query(sql string) *http.Response {
	return c.post("/query-stream", text(map[string]any{
		"sql": sql, "properties": map[string]string{"auto.offset.reset": "earliest"}}))
}

// insert holds one request open: a row, its acknowledgement, the next row.
func (c *conversation) insert(rows ...string) (acknowledged []any) {
	body, pipe := io.Pipe()
	ended := make(chan *http.Response)
	go func() { ended <- c.post("/inserts-stream", body) }()
	fmt.Fprintln(pipe, `{"target": "s"}`)
	fmt.Fprintln(pipe, rows[0])
	response := <-ended
	defer response.Body.Close()
	decoder := json.NewDecoder(response.Body)
	for i := range rows {
		var value any
		if err := decoder.Decode(&value); err != nil {
			log.Fatal(err)
		}
		acknowledged = append(acknowledged, value)
		if i+1 < len(rows) {
			fmt.Fprintln(pipe, rows[i+1])
		}
	}
	pipe.Close()
	return
}

// push reads a push query row by row, writes a row, reads it, and closes the query.
func (c *conversation) push() map[string]any {
	response := c.query("SELECT id, v FROM s EMIT CHANGES;")
	defer response.Body.Close()
	decoder := json.NewDecoder(response.Body)
	var header map[string]any
	if err := decoder.Decode(&header); err != nil {
		log.Fatal(err)
	}
	var rows []any
	var closed int
	for {
		var row []any
		if err := decoder.Decode(&row); err == io.EOF {
			return map[string]any{"pushed": rows, "closed": closed}
		} else if err != nil {
			log.Fatal(err)
		}
		rows = append(rows, row)
		if len(rows) == 3 {
			c.insert(`{"ID": "later", "V": 9}`)
		} else if len(rows) == 4 {
			closing := c.post("/close-query", text(map[string]any{"queryId": header["queryId"]}))
			closed = closing.StatusCode
			closing.Body.Close()
		}
	}
}

func main() {
	var request struct{ URL string }
	if err := json.NewDecoder(os.Stdin).Decode(&request); err != nil {
		log.Fatal(err)
	}
	c := conversation{url: request.URL, client: http.Client{Transport: &http2.Transport{
		AllowHTTP: true,
		DialTLSContext: func(ctx context.Context, network, address string, _ *tls.Config) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}}}}
	got := map[string]any{
		"created": []any{
			c.statement("CREATE STREAM s (id STRING KEY, v INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');"),
			c.statement("CREATE TABLE t AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY id;")},
		"inserted": c.insert(`{"ID": "a", "V": 1}`, `{"ID": "b", "V": 2}`, `{"ID": "a", "V": 3}`),
		"bad row":  c.insert(`{"ID": "c", "V": "no number"}`),
		"pulled":   lines(c.query("SELECT * FROM t WHERE id = 'a';")),
		"refused":  c.statement("DROP STREAM nope;"),
	}
	refused := c.query("SELECT nope FROM t;")
	got["protocol"] = refused.Proto
	got["bad query"] = []any{refused.StatusCode, lines(refused)[0]}
	for name, value := range c.push() {
		got[name] = value
	}
	if err := json.NewEncoder(os.Stdout).Encode(got); err != nil {
		log.Fatal(err)
	}
}
