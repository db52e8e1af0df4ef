// SPDX-License-Identifier: Apache-2.0

// hamba/avro over franz-go, with a registry client of a few lines: writes or reads the records of one
// request; ../README.md has the protocol.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
)

type tree struct {
	Type      string `json:"type"`
	Precision int    `json:"precision"`
	Scale     int    `json:"scale"`
	Of        *tree  `json:"of"`
	Fields    []field
}

type field struct {
	name string
	tree tree
}

func (f *field) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&f.name, &f.tree})
}

type part struct {
	Tree    tree   `json:"tree"`
	Schema  string `json:"schema"`
	Entries bool   `json:"entries"`
}

type request struct {
	Bootstrap, Registry, Action, Topic, Format string
	Key, Value                                 part
	Rows                                       []map[string]any
	Count                                      int
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ---- the registry ----

func ask(method, url string, body any) map[string]any {
	data, err := json.Marshal(body)
	check(err)
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(data)
	}
	r, err := http.NewRequest(method, url, reader)
	check(err)
	r.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	answer, err := http.DefaultClient.Do(r)
	check(err)
	defer answer.Body.Close()
	out := map[string]any{}
	check(json.NewDecoder(answer.Body).Decode(&out))
	if answer.StatusCode != 200 {
		check(fmt.Errorf("%s %s: %v", method, url, out))
	}
	return out
}

// ---- values: what hamba takes and gives for logical types ----

func unscaled(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		check(fmt.Errorf("no decimal: %s", text))
	}
	return r
}

func to(p part, t tree, v any) any {
	if v == nil {
		return nil
	}
	switch t.Type {
	case "INT":
		return int(v.(float64))
	case "BIGINT":
		n, err := strconv.ParseInt(v.(string), 10, 64)
		check(err)
		return n
	case "DOUBLE":
		b, err := hex.DecodeString(v.(string))
		check(err)
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	case "DECIMAL":
		return unscaled(v.(string))
	case "BYTES":
		b, err := base64.StdEncoding.DecodeString(v.(string))
		check(err)
		return b
	case "DATE":
		return time.Unix(int64(v.(float64))*86400, 0).UTC()
	case "TIME":
		n, err := strconv.ParseInt(v.(string), 10, 64)
		check(err)
		return time.Duration(n) * time.Millisecond
	case "TIMESTAMP":
		n, err := strconv.ParseInt(v.(string), 10, 64)
		check(err)
		return time.UnixMilli(n).UTC()
	case "ARRAY":
		out := []any{}
		for _, x := range v.([]any) {
			out = append(out, to(p, *t.Of, x))
		}
		return out
	case "MAP":
		entries, object := []any{}, map[string]any{}
		for k, x := range v.(map[string]any) {
			object[k] = to(p, *t.Of, x)
			entries = append(entries, map[string]any{"key": k, "value": object[k]})
		}
		if p.Entries {
			return entries
		}
		return object
	case "STRUCT":
		out := map[string]any{}
		for _, f := range t.Fields {
			out[f.name] = to(p, f.tree, v.(map[string]any)[f.name])
		}
		return out
	}
	return v
}

// The value of a union as {"name of its type": value}, which the library needs for what is no scalar.
func wrap(schema avro.Schema, v any) any {
	switch s := schema.(type) {
	case *avro.RefSchema:
		return wrap(s.Schema(), v)
	case *avro.UnionSchema:
		if v == nil {
			return map[string]any(nil)
		}
		inner := s.Types()[1]
		return map[string]any{nameOf(inner): wrap(inner, v)}
	case *avro.RecordSchema:
		out := map[string]any{}
		for _, f := range s.Fields() {
			out[f.Name()] = wrap(f.Type(), v.(map[string]any)[f.Name()])
		}
		return out
	case *avro.ArraySchema:
		out := []any{}
		for _, x := range v.([]any) {
			out = append(out, wrap(s.Items(), x))
		}
		return out
	case *avro.MapSchema:
		out := map[string]any{}
		for k, x := range v.(map[string]any) {
			out[k] = wrap(s.Values(), x)
		}
		return out
	}
	return v
}

func nameOf(schema avro.Schema) string {
	if ref, ok := schema.(*avro.RefSchema); ok {
		return ref.Schema().FullName()
	}
	if named, ok := schema.(avro.NamedSchema); ok {
		return named.FullName()
	}
	if logical, ok := schema.(avro.LogicalTypeSchema); ok && logical.Logical() != nil {
		return string(schema.Type()) + "." + string(logical.Logical().Type())
	}
	return string(schema.Type())
}

// A value of a union comes as {"name": value} where the library does not give it bare.
func bare(t tree, v any) any {
	m, ok := v.(map[string]any)
	if !ok || len(m) != 1 {
		return v
	}
	for k, x := range m {
		container := t.Type == "STRUCT" || t.Type == "MAP"
		if !container || k == "array" || k == "map" || strings.Contains(k, ".") {
			return x
		}
	}
	return v
}

func back(t tree, v any) any {
	if v == nil {
		return nil
	}
	v = bare(t, v)
	switch t.Type {
	case "BIGINT":
		return fmt.Sprint(v)
	case "DOUBLE":
		b := make([]byte, 8)
		binary.BigEndian.PutUint64(b, math.Float64bits(v.(float64)))
		return hex.EncodeToString(b)
	case "DECIMAL":
		return v.(*big.Rat).FloatString(t.Scale)
	case "BYTES":
		return base64.StdEncoding.EncodeToString(v.([]byte))
	case "DATE":
		return int(v.(time.Time).Unix() / 86400)
	case "TIME":
		return fmt.Sprint(v.(time.Duration).Milliseconds())
	case "TIMESTAMP":
		return fmt.Sprint(v.(time.Time).UnixMilli())
	case "ARRAY":
		out := []any{}
		for _, x := range v.([]any) {
			out = append(out, back(*t.Of, x))
		}
		return out
	case "MAP":
		out := map[string]any{}
		if list, ok := v.([]any); ok {
			for _, e := range list {
				entry := bare(tree{Type: "STRUCT"}, e).(map[string]any)
				out[bare(tree{Type: "STRING"}, entry["key"]).(string)] = back(*t.Of, entry["value"])
			}
			return out
		}
		for k, x := range v.(map[string]any) {
			out[k] = back(*t.Of, x)
		}
		return out
	case "STRUCT":
		out := map[string]any{}
		for _, f := range t.Fields {
			out[f.name] = back(f.tree, v.(map[string]any)[f.name])
		}
		return out
	}
	return v
}

// ---- one request ----

func encode(r request, p part, name string) func(any) []byte {
	schema, err := avro.Parse(p.Schema)
	check(err)
	answer := ask("POST", r.Registry+"/subjects/"+r.Topic+"-"+name+"/versions",
		map[string]any{"schema": p.Schema})
	id := uint32(answer["id"].(float64))
	return func(v any) []byte {
		if v == nil {
			return nil
		}
		body, err := avro.Marshal(schema, wrap(schema, to(p, p.Tree, v)))
		check(err)
		mark := []byte{0, 0, 0, 0, 0}
		binary.BigEndian.PutUint32(mark[1:], id)
		return append(mark, body...)
	}
}

func decode(r request, p part, schemas map[uint32]avro.Schema, data []byte) any {
	if data == nil {
		return nil
	}
	id := binary.BigEndian.Uint32(data[1:5])
	if schemas[id] == nil {
		answer := ask("GET", fmt.Sprintf("%s/schemas/ids/%d", r.Registry, id), nil)
		schema, err := avro.Parse(answer["schema"].(string))
		check(err)
		schemas[id] = schema
	}
	var v any
	check(avro.Unmarshal(schemas[id], data[5:], &v))
	return back(p.Tree, v)
}

func main() {
	var r request
	check(json.NewDecoder(os.Stdin).Decode(&r))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(r.Bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{r.Topic: {0: kgo.NewOffset().AtStart()}}))
	check(err)
	defer client.Close()
	answer := map[string]any{}
	if r.Action == "write" {
		key, value := encode(r, r.Key, "key"), encode(r, r.Value, "value")
		for _, row := range r.Rows {
			check(client.ProduceSync(ctx, &kgo.Record{Topic: r.Topic, Key: key(row["key"]),
				Value: value(row["value"])}).FirstErr())
		}
		answer["written"] = len(r.Rows)
	} else {
		rows, schemas := []any{}, map[uint32]avro.Schema{}
		for len(rows) < r.Count {
			fetches := client.PollFetches(ctx)
			check(ctx.Err())
			fetches.EachRecord(func(record *kgo.Record) {
				rows = append(rows, map[string]any{"key": decode(r, r.Key, schemas, record.Key),
					"value": decode(r, r.Value, schemas, record.Value)})
			})
		}
		answer["rows"] = rows
	}
	check(json.NewEncoder(os.Stdout).Encode(answer))
}
