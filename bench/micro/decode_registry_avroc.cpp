// SPDX-License-Identifier: Apache-2.0
// A baseline of micro_decode_registry: avro-c's generic values, reused from record to record.
#include "micro/decode_registry.h"
extern "C" {
#include <avro.h>
}

namespace
{
struct avroc_reader {
    avro_value_t value;
    avro_reader_t bytes;
};
} // namespace

void *micro_avroc_new(const char *schema, size_t len)
{
    auto *r = new avroc_reader;
    avro_schema_t parsed;
    if (avro_schema_from_json_length(schema, len, &parsed) != 0)
        return nullptr;
    avro_value_iface_t *iface = avro_generic_class_from_schema(parsed);
    avro_generic_value_new(iface, &r->value);
    r->bytes = avro_reader_memory(nullptr, 0);
    return r;
}

static long use(avro_value_t *v)
{
    avro_value_t inside;
    int32_t i;
    int64_t l;
    size_t size;
    const char *text;
    switch (avro_value_get_type(v)) {
    case AVRO_UNION:
        return avro_value_get_current_branch(v, &inside) == 0 ? use(&inside) : 0;
    case AVRO_INT32:
        return avro_value_get_int(v, &i) == 0 ? i : 0;
    case AVRO_INT64:
        return avro_value_get_long(v, &l) == 0 ? static_cast<long>(l) : 0;
    case AVRO_STRING:
        return avro_value_get_string(v, &text, &size) == 0 ? static_cast<long>(size) : 0;
    default:
        return 0;
    }
}

long micro_avroc_fields(void *reader, const char *p, size_t len, const size_t *fields, size_t n)
{
    auto *r = static_cast<avroc_reader *>(reader);
    avro_reader_memory_set_source(r->bytes, p, static_cast<int64_t>(len));
    if (avro_value_read(r->bytes, &r->value) != 0)
        return 0;
    long sum = 1;
    for (size_t i = 0; i < n; i++) {
        avro_value_t field;
        if (avro_value_get_by_index(&r->value, fields[i], &field, nullptr) == 0)
            sum += use(&field);
    }
    return sum;
}
