/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_registry.h - the baselines of micro_decode_registry: the generic readers of other
 * libraries, which know a schema only when the program runs, as Weir does.
 */
#ifndef BENCH_MICRO_DECODE_REGISTRY_H
#define BENCH_MICRO_DECODE_REGISTRY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A reader for records of this schema; never freed. NULL: the library refuses the schema. */
void *micro_avroc_new(const char *schema, size_t len);
/** Read one record (without mark and indexes) into the library's value, then get the @p n fields
 *  with these indexes. @return their sum: numbers, and lengths of texts. */
long micro_avroc_fields(void *reader, const char *p, size_t len, const size_t *fields, size_t n);

/* The same of libprotobuf's dynamic messages. The schema's only message is meant. */
void *micro_protobuf_new(const char *schema, size_t len);
long micro_protobuf_fields(void *reader, const char *p, size_t len, const size_t *fields, size_t n);
/** Begin a message; then set its fields, by index; then write it to @p out, of enough bytes.
 *  @return its length. */
void micro_protobuf_begin(void *reader);
void micro_protobuf_set_string(void *reader, size_t field, const char *p, size_t len);
void micro_protobuf_set_int(void *reader, size_t field, long v);
size_t micro_protobuf_write(void *reader, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
