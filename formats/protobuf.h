/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf.h - what the files of the PROTOBUF and PROTOBUF_NOSR formats share: schemas, reading
 * bytes, and *shapes*.
 *
 * A shape says how the bytes of one message become the values of named places, which are columns or
 * the fields of a STRUCT. It is made for each message of a writer's schema along the SQL types, so
 * shapes are finite trees even where the schema is recursive. Reading a message by its shape has
 * two steps: one walk over its bytes leaves a token for each place; tokens become values one by
 * one.
 *
 * What is peculiar to Protobuf, and where it is done: a scalar that comes twice is the last one, a
 * message that comes twice is merged, which is what its pieces put together mean (facts: P06);
 * elements of a list, entries of a map and members of a oneof may stand anywhere, so their token is
 * the stretch of bytes from the first to the last, and is walked again for its values.
 */
#ifndef WR_FORMATS_PROTOBUF_H
#define WR_FORMATS_PROTOBUF_H

#include "formats/format_internal.h"
#include "formats/protobuf_model.h"
#include "types/decimal.h"

/* ---- schemas (protobuf_schema.c) ---- */

/** Parse a schema's text, and first those that it refers to. WEIR_ERR_STATEMENT: it does not
 *  compile, with the reason. */
weir_status wr__pb_schema_parse(const wr_registry_schema *schema, wr_arena *arena,
                                const wr_pb_file **out, weir_error *err) WR_MUST_CHECK;
/** The message of this name: full, without the package, or short; nested ones with the names of
 *  those around them. Case counts. NULL: there is none. */
const wr_pb_message *wr__pb_message_named(const wr_pb_file *file, const char *name);
/**
 * The message that a schema is about: of @p full_name, or the only definition of the file (Q25).
 * @return WEIR_ERR_STATEMENT: no such message, or it has to be named.
 */
weir_status wr__pb_message_meant(const wr_pb_file *file, const char *full_name,
                                 const wr_pb_message **out, weir_error *err) WR_MUST_CHECK;
/** Its field of that number; NULL: none. */
const wr_pb_field *wr__pb_field_numbered(const wr_pb_message *m, uint32_t number);
/** A field that holds a MAP: of map entries, or of messages that Connect writes for them (Q17). */
bool wr__pb_is_map(const wr_pb_field *f);
/** "NAME_0": how Connect calls the STRUCT of a oneof. */
const char *wr__pb_oneof_name(const wr_pb_message *m, uint32_t oneof, wr_arena *arena);
/** How .proto files call a field's type; messages and enums by their short names. */
const char *wr__pb_type_name(const wr_pb_field *f);

/* ---- message indexes (R03): which message of its file a record is ---- */

/** Nesting of messages by indexes; deeper ones are not looked for. */
#define WR_PB_PATH_MAX 32

typedef struct wr_pb_path {
    uint32_t n;
    int32_t indexes[WR_PB_PATH_MAX];
} wr_pb_path;

/** Read the indexes at the begin of @p bytes and go past them. @return false: they are not such. */
bool wr__pb_path_read(wr_str *bytes, wr_pb_path *out);
void wr__pb_path_write(wr_buf *out, const wr_pb_path *path);
/** NULL: the file has no such message. */
const wr_pb_message *wr__pb_message_at(const wr_pb_file *file, const wr_pb_path *path);
/** Of records that give no indexes (facts: P01): the one of this name, or with NULL the first. */
const wr_pb_message *wr__pb_message_without_index(const wr_pb_file *file, const char *name);
/** Such a record without the zero byte that is the first message's index, where its writer gives
 *  one all the same: no field begins so. */
wr_str wr__pb_skip_first_index(wr_str body);
/** The way to @p m from the top of its file. @pre it is in @p file */
wr_pb_path wr__pb_path_of(const wr_pb_file *file, const wr_pb_message *m);

/* ---- messages for columns (protobuf_columns.c) ---- */

/** The file that these columns are written with: a message ConnectDefault1, fields numbered in the
 *  order of the columns (Q19 to Q21). @pre the format's check has passed them */
const wr_pb_file *wr__pb_file_of_columns(const wr_format_columns *columns, wr_arena *arena);
/** A file as the registry's clients write it. */
void wr__pb_file_print(wr_buf *out, const wr_pb_file *file);

/* ---- bytes (protobuf_wire.c) ---- */

typedef enum wr_pb_wire {
    WR_PB_WIRE_VARINT = 0,
    WR_PB_WIRE_64 = 1,
    WR_PB_WIRE_BYTES = 2,
    WR_PB_WIRE_GROUP = 3,
    WR_PB_WIRE_END = 4,
    WR_PB_WIRE_32 = 5,
} wr_pb_wire;

/* Where a walk over one message is. */
typedef struct wr_pb_reader {
    const char *p, *end;
    const char *fault; /* why it ended early; NULL: it has not */
} wr_pb_reader;

/** One field as it stands in the bytes. */
typedef struct wr_pb_item {
    uint32_t number;
    wr_pb_wire wire;
    uint64_t bits;     /* VARINT, 64, 32 */
    wr_str bytes;      /* BYTES; GROUP: what is between its ends */
    const char *start; /* where its tag begins */
} wr_pb_item;

bool wr__pb_next_slow(wr_pb_reader *r, wr_pb_item *out);
/** Read the next field. @return false: at the end, or with r->fault. */
static inline bool wr__pb_next(wr_pb_reader *r, wr_pb_item *out)
{
    /* Most: a number below 16, then a length or a value below 128. */
    const char *p = r->p;
    if (WR_LIKELY(r->end - p >= 2 && !((p[0] | p[1]) & 0x80) && (uint8_t)p[0] >= 8)) {
        wr_pb_wire wire = (wr_pb_wire)(p[0] & 7);
        uint8_t v = (uint8_t)p[1];
        out->start = p;
        out->number = (uint32_t)p[0] >> 3;
        out->wire = wire;
        if (wire == WR_PB_WIRE_BYTES && v <= r->end - p - 2) {
            out->bytes = wr_str_make(p + 2, v);
            r->p = p + 2 + v;
            return true;
        }
        if (wire == WR_PB_WIRE_VARINT) {
            out->bits = v;
            r->p = p + 2;
            return true;
        }
    }
    return wr__pb_next_slow(r, out);
}
/** Varint; fails without moving past the end. */
bool wr__pb_varint(wr_pb_reader *r, uint64_t *out);
/** How the kind's values stand in the bytes when not packed. */
wr_pb_wire wr__pb_wire_of(wr_pb_kind kind);
/** The next of a packed list's values, of a scalar kind. @return false: at the end, or a fault. */
bool wr__pb_packed_next(wr_pb_reader *r, wr_pb_kind kind, uint64_t *bits);
static inline bool wr__pb_is_packable(wr_pb_kind kind)
{
    return kind < WR_PB_STRING;
}

/* Bits of a scalar to its value: what does not fit the type is cut, as everywhere (P09). */
int64_t wr__pb_whole(wr_pb_kind kind, uint64_t bits);
double wr__pb_real(wr_pb_kind kind, uint64_t bits);
/** The name of an enum's number; NULL: unknown. Aliases: the first. */
const char *wr__pb_enum_name(const wr_pb_enum *e, int32_t number);

/* ---- values of known messages (protobuf_known.c) ---- */

/** The value of a Timestamp, Date, TimeOfDay as milliseconds or days. @return NULL, or the fault.
 */
const char *wr__pb_known_whole(wr_pb_known known, wr_str bytes, int64_t *out);
/** A Decimal: its unscaled bytes and its own scale. */
const char *wr__pb_known_decimal(wr_str bytes, wr_str *unscaled, int32_t *scale);

/* ---- shapes (protobuf_shape.c) ---- */

typedef enum wr_pb_way_kind {
    WR_PB_WAY_ABSENT,   /* the writer has no such field: NULL */
    WR_PB_WAY_MISMATCH, /* no way from the one type to the other: the row is bad (Q08) */
    WR_PB_WAY_BOOLEAN,
    WR_PB_WAY_INT,  /* -> INTEGER, DATE, TIME */
    WR_PB_WAY_LONG, /* -> BIGINT, TIMESTAMP */
    WR_PB_WAY_DOUBLE,
    WR_PB_WAY_TEXT, /* numbers and booleans -> STRING */
    WR_PB_WAY_ENUM,
    WR_PB_WAY_STRING,
    WR_PB_WAY_BYTES,
    WR_PB_WAY_KNOWN, /* Timestamp, Date, TimeOfDay */
    WR_PB_WAY_DECIMAL,
    WR_PB_WAY_STRUCT,
    WR_PB_WAY_WRAPPER, /* elem: of the value inside */
    WR_PB_WAY_LIST,    /* elem */
    WR_PB_WAY_MAP,     /* shape: of an entry, places key and value */
    WR_PB_WAY_ONEOF,   /* shape: of the members, each a place */
} wr_pb_way_kind;

typedef struct wr_pb_shape wr_pb_shape;
typedef struct wr_pb_way wr_pb_way;
struct wr_pb_way {
    wr_pb_way_kind kind;
    const wr_type *type;      /* the reader's */
    const wr_pb_field *field; /* the writer's; ONEOF: NULL */
    const wr_pb_way *elem;    /* LIST: of one element; WRAPPER: of its value */
    const wr_pb_shape *shape; /* STRUCT, MAP, ONEOF */
    bool is_required_value;   /* what is not there is the default: a map's key and value */
};

/* How a field that the message has goes to its place. */
typedef struct wr_pb_entry {
    uint32_t number;
    wr_pb_wire wire;          /* that it must have, else it is an unknown field (P10) */
    uint32_t place;           /* or UINT32_MAX: nobody wants it */
    uint32_t required;        /* the bit of a required field, from 1; 0: it is not */
    bool span;                /* the token is a stretch of the message's bytes */
    const wr_pb_enum *closed; /* only these numbers are values (P08) */
    bool packable;            /* a list of scalars: packed is as good */
} wr_pb_entry;

/* More required fields than a message ever has; the rest is not checked. */
#define WR_PB_REQUIRED_MAX 64
#define WR_PB_DIRECT       32 /* field numbers below are found without a search */

struct wr_pb_shape {
    const wr_pb_message *message;
    uint32_t n;           /* places */
    wr_pb_way *ways;      /* n */
    wr_pb_entry *entries; /* by number, ascending */
    uint32_t entries_n;
    const wr_pb_entry *direct[WR_PB_DIRECT];
    uint64_t required;        /* the bits that must have come */
    bool one_of;              /* setting one place clears the others */
    const char *const *names; /* of the places, for paths of faults */
};

/** What the walk over a message has found for a place. */
typedef struct wr_pb_token {
    union {
        uint64_t bits;   /* scalars */
        const char *ptr; /* texts, messages; a stretch */
    } u;
    uint32_t len;
    bool there;
} wr_pb_token;

/**
 * The shape of @p m for @p n places. Names go to fields by Q02; oneofs by their STRUCT's name.
 * @param wanted  n flags, or NULL for all: others' ways are ABSENT and their fields are gone past.
 */
wr_pb_shape *wr__pb_shape_new(const wr_pb_message *m, const char *const *names,
                              const wr_type *const *types, const bool *wanted, uint32_t n,
                              wr_arena *arena);

/* ---- reading (protobuf_read.c) ---- */

/* A value that cannot be had: why, and where, the innermost place first. */
typedef struct wr_pb_fault {
    const char *reason;
    const char *path[8];
    uint32_t path_n;
} wr_pb_fault;

/**
 * Walk a message: a token for each place, tokens[k * stride].
 * @return NULL, or what is wrong with the bytes.
 */
const char *wr__pb_walk(const wr_pb_shape *shape, wr_str bytes, wr_pb_token *tokens, size_t stride);
/** The value of a place. @return false with @p fault */
bool wr__pb_value(const wr_pb_way *way, const wr_pb_token *token, wr_arena *arena, wr_value *out,
                  wr_pb_fault *fault);
/** The value of a message that stands alone. @pre the way is of a message */
bool wr__pb_message_value(const wr_pb_way *way, wr_str bytes, wr_arena *arena, wr_value *out,
                          wr_pb_fault *fault);

/* ---- the format's functions ---- */

weir_status wr__pb_decoder_new(const wr_decoder *common, wr_arena *arena, wr_decoder **out,
                               weir_error *err);
weir_status wr__pb_scan(wr_decoder *d, wr_sel sel, uint8_t *ok, wr_row_errors *errs,
                        weir_error *err);
void wr__pb_convert_column(wr_decoder *d, uint32_t column, wr_sel sel, wr_vec *out, uint8_t *ok,
                           wr_row_errors *errs);
weir_status wr__pb_encoder_new(const wr_encoder *common, wr_arena *arena, wr_encoder **out,
                               weir_error *err);
void wr__pb_encode(wr_encoder *e, const wr_vec *cols, wr_sel sel, wr_buf *buf, wr_str *payloads,
                   uint8_t *ok, wr_row_errors *errs);
weir_status wr__pb_infer(const wr_registry_schema *schema, const wr_format_options *options,
                         bool is_key, wr_arena *arena, wr_column **cols, uint32_t *n,
                         weir_error *err);
weir_status wr__pb_schema_fields(const wr_registry_schema *schema, const wr_format_columns *columns,
                                 wr_arena *arena, wr_schema_field **fields, uint32_t *n,
                                 weir_error *err);
/** The descriptor of a file's text, in base64, to @p out. @p scratch: for the descriptor. */
weir_status wr__pb_schema_serialize(wr_str text, wr_arena *scratch, wr_buf *out, weir_error *err);
weir_status wr__pb_schema_text(const wr_format_columns *columns, wr_buf *out, weir_error *err);
weir_status wr__pb_check_schema(const wr_format_columns *columns, weir_error *err);
weir_status wr__pb_schema_canonical(const wr_registry_schema *schema, wr_buf *out, weir_error *err);
weir_status wr__pb_schema_name(const wr_registry_schema *schema, const wr_format_options *options,
                               wr_arena *arena, const char **name, weir_error *err);
weir_status wr__pb_to_json(const wr_format_options *options, wr_str schema_header, wr_str payload,
                           wr_buf *out, weir_error *err);
weir_status wr__pb_from_json(const wr_format_options *options, const wr_json *json, wr_buf *out,
                             weir_error *err);
/* PROTOBUF_NOSR's, with options.schema: the text that wr_format_schema_text gives, never registered
 * anywhere. */
weir_status wr__pb_plain_to_json(const wr_format_options *options, wr_str schema_header,
                                 wr_str payload, wr_buf *out, weir_error *err);
weir_status wr__pb_plain_from_json(const wr_format_options *options, const wr_json *json,
                                   wr_buf *out, weir_error *err);

/** Has the format no registry? */
static inline bool wr__pb_is_plain(const wr_format_class *c)
{
    return c->format.id == WR_FORMAT_PROTOBUF_NOSR;
}

#endif
