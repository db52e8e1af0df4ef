/* SPDX-License-Identifier: Apache-2.0 */
/*
 * micro_decode_registry - records of the formats with a registry to columns, and back, beside
 * libraries that read any schema: avro-c's generic values, libprotobuf's dynamic messages; and
 * JSON_SR beside JSON.
 *
 *   micro_decode_registry                         all formats
 *   micro_decode_registry avro|protobuf|json      one of them
 *   micro_decode_registry write FILE              no benchmark: the AVRO records, for other readers
 *   micro_decode_registry write-nullable FILE       (bench/run avro-reader; laid out in
 * AvroReader.java)
 *
 * The records are the clicks of the other benchmarks. With AVRO and PROTOBUF once with fields that
 * are always there, as most producers have them, and once with every field nullable, as Connect and
 * ksqlDB write them. The libraries read each record into a value of theirs, the only way that they
 * have, and then get the wanted fields from it by their index.
 */
#include "decode_registry.h"
#include "formats/format.h"
#include "micro.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *avro, *protobuf;
    const wr_type *type;
} click_columns[] = {
    {"UUID", "string", "string", &wr_type_string},
    {"CAMPAIGNID", "int", "int32", &wr_type_integer},
    {"PUBID", "int", "int32", &wr_type_integer},
    {"timestamp", "long", "int64", &wr_type_bigint},
    {"IP", "string", "string", &wr_type_string},
    {"CITY", "string", "string", &wr_type_string},
    {"COUNTRY", "string", "string", &wr_type_string},
    {"BROWSER", "string", "string", &wr_type_string},
    {"PLATFORM", "string", "string", &wr_type_string},
    {"PLATFORMVERSION", "string", "string", &wr_type_string},
};
enum {
    COLUMNS = sizeof click_columns / sizeof click_columns[0],
    BATCHES = MICRO_RECORDS / WR_BATCH_ROWS_DEFAULT
};

typedef struct bench {
    micro_records records;
    wr_arena *arena, *scratch;
    wr_column columns[COLUMNS];
    wr_registry *registry;
    const wr_registry_schema *schema;
    wr_vec clicks[BATCHES][COLUMNS];
    wr_buf bytes; /* all payloads */
    wr_str *payloads;
    uint64_t rows;
} bench;

static void must(weir_status st, const weir_error *err)
{
    if (st == WEIR_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

/* One batch of payloads into the wanted columns. */
static void decode_batch(bench *b, wr_decoder *d, const bool *wanted, const wr_str *payloads,
                         wr_vec *out)
{
    wr_row_errors errs = {.report = micro_no_report};
    weir_error err = {0};
    uint8_t *ok = wr_arena_alloc(b->scratch, WR_BATCH_ROWS_DEFAULT);
    for (uint32_t c = 0; c < COLUMNS; c++)
        if (wanted[c])
            wr_vec_init(&out[c], b->columns[c].type, WR_BATCH_ROWS_DEFAULT, b->scratch);
    must(wr_decoder_run(d, payloads, wr_sel_all(WR_BATCH_ROWS_DEFAULT), out, ok, &errs, b->scratch,
                        &err),
         &err);
    b->rows += ok[0];
}

static void decode_all(bench *b, wr_decoder *d, const bool *wanted)
{
    for (uint32_t at = 0; at < MICRO_RECORDS; at += WR_BATCH_ROWS_DEFAULT) {
        wr_vec out[COLUMNS];
        decode_batch(b, d, wanted, b->payloads + at, out);
        wr_arena_reset(b->scratch);
    }
}

/* The clicks' columns, batch by batch, for whoever writes them. */
static void read_clicks(bench *b)
{
    static const bool all[COLUMNS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    wr_arena *scratch = b->scratch;
    wr_decoder *d;
    weir_error err = {0};
    must(wr_decoder_new(wr_format_get(WR_FORMAT_JSON), b->columns, COLUMNS, NULL, NULL, b->arena,
                        &d, &err),
         &err);
    b->scratch = b->arena; /* they stay */
    for (uint32_t k = 0; k < BATCHES; k++)
        decode_batch(b, d, all, b->records.values + (size_t)k * WR_BATCH_ROWS_DEFAULT,
                     b->clicks[k]);
    b->scratch = scratch;
}

static void encode_all(bench *b, wr_encoder *e)
{
    wr_row_errors errs = {.report = micro_no_report};
    uint8_t ok[WR_BATCH_ROWS_DEFAULT];
    wr_buf_clear(&b->bytes);
    for (uint32_t k = 0; k < BATCHES; k++)
        wr_encoder_run(e, b->clicks[k], wr_sel_all(WR_BATCH_ROWS_DEFAULT), &b->bytes,
                       b->payloads + (size_t)k * WR_BATCH_ROWS_DEFAULT, ok, &errs);
}

/* ---- formats ---- */

static void avro_schema(wr_buf *text, bool nullable)
{
    wr_buf_puts(text, "{\"type\":\"record\",\"name\":\"click\",\"fields\":[");
    for (uint32_t c = 0; c < COLUMNS; c++)
        wr_buf_printf(text, "%s{\"name\":\"%s\",\"type\":%s\"%s\"%s}", c ? "," : "",
                      click_columns[c].name, nullable ? "[\"null\"," : "", click_columns[c].avro,
                      nullable ? "]" : "");
    wr_buf_puts(text, "]}");
}

static void protobuf_schema(wr_buf *text, bool nullable)
{
    wr_buf_puts(text, "syntax = \"proto3\"; message click {");
    for (uint32_t c = 0; c < COLUMNS; c++)
        wr_buf_printf(text, " %s%s %s = %u;", nullable ? "optional " : "",
                      click_columns[c].protobuf, click_columns[c].name, c + 1);
    wr_buf_puts(text, " }");
}

/* One format, and the library that reads it. */
typedef struct format {
    const char *name;
    wr_format_id id;
    wr_schema_kind kind;
    void (*schema)(wr_buf *text, bool nullable); /* NULL: Weir's own for the columns */
    size_t head;                                 /* bytes before the payload proper */
    const char *library;
    void *(*reader)(const char *schema, size_t len); /* NULL: the library is not there */
    long (*fields)(void *reader, const char *p, size_t len, const size_t *fields, size_t n);
} format;

static const format avro = {
    .name = "AVRO",
    .id = WR_FORMAT_AVRO,
    .kind = WR_SCHEMA_AVRO,
    .schema = avro_schema,
    .head = 5,
#ifdef BENCH_AVROC
    .library = "avro-c's generic reader",
    .reader = micro_avroc_new,
    .fields = micro_avroc_fields,
#endif
};

static const format protobuf = {
    .name = "PROTOBUF",
    .id = WR_FORMAT_PROTOBUF,
    .kind = WR_SCHEMA_PROTOBUF,
    .schema = protobuf_schema,
    .head = 6, /* the file's first message: one byte of indexes */
#ifdef BENCH_PROTOBUF
    .library = "libprotobuf's dynamic messages",
    .reader = micro_protobuf_new,
    .fields = micro_protobuf_fields,
#endif
};

static const format json = {.name = "JSON", .id = WR_FORMAT_JSON};
static const format json_sr = {
    .name = "JSON_SR", .id = WR_FORMAT_JSON_SR, .kind = WR_SCHEMA_JSON, .head = 5};

static void register_schema(bench *b, const format *f, bool nullable)
{
    const wr_format_options options = {.registry = b->registry};
    const wr_format_columns columns = {.cols = b->columns, .n = COLUMNS, .options = &options};
    wr_buf text = {0};
    weir_error err = {0};
    if (f->schema)
        f->schema(&text, nullable);
    else
        must(wr_format_schema_text(wr_format_get(f->id), &columns, &text, &err), &err);
    const wr_schema_draft draft = {.kind = f->kind, .text = wr_buf_view(&text)};
    must(wr_registry_register(b->registry, NULL, wr_str_c(f->name), &draft, &b->schema, &err),
         &err);
    wr_buf_free(&text);
}

/* The clicks as records of the format: b->payloads. @return seconds for all of them. */
static double make_records(bench *b, const format *f, bool nullable)
{
    weir_error err = {0};
    if (f->id != WR_FORMAT_JSON)
        register_schema(b, f, nullable);
    const wr_format_options options = {.registry = b->registry, .schema = b->schema};
    wr_encoder *e;
    must(wr_encoder_new(wr_format_get(f->id), b->columns, COLUMNS, &options, b->arena, &e, &err),
         &err);
    double took;
    MICRO_BEST(took, encode_all(b, e));
    const char *p = b->bytes.ptr; /* the buffer has moved meanwhile */
    for (uint32_t i = 0; i < MICRO_RECORDS; p += b->payloads[i++].len)
        b->payloads[i].ptr = p;
    return took;
}

/* ---- reading ---- */

/* Which fields are wanted, by how many are. */
static const size_t fields[COLUMNS] = {6, 7, 1, 0, 4, 2, 3, 5, 8, 9};
static const uint32_t counts[] = {0, 1, 3, 5, 10};

static double decode(bench *b, const format *f, uint32_t wanted_n)
{
    const wr_format_options options = {.registry = b->registry};
    bool wanted[COLUMNS] = {false};
    for (uint32_t i = 0; i < wanted_n; i++)
        wanted[fields[i]] = true;
    wr_decoder *d;
    weir_error err = {0};
    must(wr_decoder_new(wr_format_get(f->id), b->columns, COLUMNS, wanted, &options, b->arena, &d,
                        &err),
         &err);
    double took;
    MICRO_BEST(took, decode_all(b, d, wanted));
    return took;
}

static long library_all(const bench *b, const format *f, void *reader, size_t n)
{
    long sum = 0;
    for (uint32_t i = 0; i < MICRO_RECORDS; i++)
        sum += f->fields(reader, b->payloads[i].ptr + f->head, b->payloads[i].len - f->head, fields,
                         n);
    return sum;
}

static void print_library(bench *b, const format *f, const char *done, double took, double own)
{
    char what[80];
    snprintf(what, sizeof what, "  %s, %s (%.1f x)", f->library, done, took / own);
    micro_print(what, took, MICRO_RECORDS, b->bytes.len);
}

static void bench_reading(bench *b, const format *f)
{
    void *reader = f->reader ? f->reader(b->schema->text.ptr, b->schema->text.len) : NULL;
    for (size_t k = 0; k < WR_ARRAY_LEN(counts); k++) {
        double own = decode(b, f, counts[k]), took;
        long sum = 0;
        char what[64];
        snprintf(what, sizeof what, "%s, %u of %d fields", f->name, counts[k], (int)COLUMNS);
        micro_print(what, own, MICRO_RECORDS, b->bytes.len);
        if (!reader)
            continue;
        MICRO_BEST(took, sum += library_all(b, f, reader, counts[k]));
        print_library(b, f, "the same", took, own);
        b->rows += sum != 0;
    }
}

#ifdef BENCH_PROTOBUF
/* What a program with a dynamic message does for each row. @return the bytes of all. */
static size_t protobuf_write_all(const bench *b, void *writer)
{
    static char out[1024];
    size_t bytes = 0;
    for (uint32_t at = 0; at < MICRO_RECORDS; at++) {
        const wr_vec *row = b->clicks[at / WR_BATCH_ROWS_DEFAULT];
        uint32_t i = at % WR_BATCH_ROWS_DEFAULT;
        micro_protobuf_begin(writer);
        for (uint32_t c = 0; c < COLUMNS; c++) {
            if (row[c].type->id == WR_T_STRING)
                micro_protobuf_set_string(writer, c, row[c].u.str[i].ptr, row[c].u.str[i].len);
            else
                micro_protobuf_set_int(
                    writer, c, row[c].type->id == WR_T_BIGINT ? row[c].u.i64[i] : row[c].u.i32[i]);
        }
        bytes += micro_protobuf_write(writer, out, sizeof out);
    }
    return bytes;
}

static void bench_protobuf_writing(bench *b, double own)
{
    void *writer = micro_protobuf_new(b->schema->text.ptr, b->schema->text.len);
    double took;
    size_t bytes = 0;
    MICRO_BEST(took, bytes = protobuf_write_all(b, writer));
    if (bytes + MICRO_RECORDS * protobuf.head != b->bytes.len) {
        fprintf(stderr, "libprotobuf writes %zu bytes\n", bytes);
        exit(1);
    }
    print_library(b, &protobuf, "written", took, own);
}
#endif

static void bench_format(bench *b, const format *f, bool nullable)
{
    char what[64];
    printf("%u clicks, fields %s\n", MICRO_RECORDS, nullable ? "nullable" : "not nullable");
    double took = make_records(b, f, nullable);
    snprintf(what, sizeof what, "%s, written", f->name);
    micro_print(what, took, MICRO_RECORDS, b->bytes.len);
#ifdef BENCH_PROTOBUF
    if (f == &protobuf)
        bench_protobuf_writing(b, took);
#endif
    bench_reading(b, f);
}

/* JSON_SR and JSON, turn by turn: the same text, but for the mark. */
static void bench_json(bench *b)
{
    const format *both[] = {&json, &json_sr};
    printf("%u clicks\n", MICRO_RECORDS);
    for (size_t k = 0; k <= WR_ARRAY_LEN(counts); k++) { /* the last: written */
        double took[2];
        for (int i = 0; i < 2; i++) {
            double written = make_records(b, both[i], true);
            bool writes = k == WR_ARRAY_LEN(counts);
            char what[64];
            took[i] = writes ? written : decode(b, both[i], counts[k]);
            if (writes)
                snprintf(what, sizeof what, "%s, written", both[i]->name);
            else
                snprintf(what, sizeof what, "%s, %u of %d fields", both[i]->name, counts[k],
                         (int)COLUMNS);
            micro_print(what, took[i], MICRO_RECORDS, b->bytes.len);
        }
        printf("  JSON_SR takes %.2f of the time of JSON\n", took[1] / took[0]);
    }
}

/* For a reader that is another program: how long the schema is, the schema; then for each record
 * the same. Lengths have four bytes, big endian. */
static void write_records(bench *b, bool nullable, const char *path)
{
    wr_buf out = {0};
    make_records(b, &avro, nullable);
    wr_buf_be32(&out, (uint32_t)b->schema->text.len);
    wr_buf_str(&out, b->schema->text);
    for (uint32_t i = 0; i < MICRO_RECORDS; i++) {
        wr_buf_be32(&out, b->payloads[i].len);
        wr_buf_str(&out, b->payloads[i]);
    }
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(out.ptr, 1, out.len, file) != out.len || fclose(file)) {
        perror(path);
        exit(1);
    }
    wr_buf_free(&out);
}

static void run(bench *b, int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    bool all = argc == 1;
    if (argc == 3 && (strcmp(what, "write") == 0 || strcmp(what, "write-nullable") == 0)) {
        write_records(b, strcmp(what, "write") != 0, argv[2]);
        return;
    }
    for (int nullable = 0; nullable < 2; nullable++) {
        if (all || strcmp(what, "avro") == 0)
            bench_format(b, &avro, nullable);
        if (all || strcmp(what, "protobuf") == 0)
            bench_format(b, &protobuf, nullable);
    }
    if (all || strcmp(what, "json") == 0)
        bench_json(b);
}

int main(int argc, char **argv)
{
    bench b = {.arena = wr_arena_new(0),
               .scratch = wr_arena_new(1 << 20),
               .registry = wr_registry_open_memory()};
    for (uint32_t c = 0; c < COLUMNS; c++)
        b.columns[c] = (wr_column){
            .name = click_columns[c].name, .type = click_columns[c].type, .role = WR_COL_VALUE};
    micro_clicks(&b.records, b.arena);
    b.payloads = WR_NEW_N(b.arena, wr_str, MICRO_RECORDS);
    read_clicks(&b);
    run(&b, argc, argv);
    wr_buf_free(&b.records.bytes);
    wr_buf_free(&b.bytes);
    wr_registry_free(b.registry);
    wr_arena_free(b.scratch);
    wr_arena_free(b.arena);
    return b.rows == 0;
}
