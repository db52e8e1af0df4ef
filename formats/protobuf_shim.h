/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_shim.h - .proto texts and descriptors made into the model, by Google's library.
 *
 * The one thing that the library does for us: parsing, imports, options, names. It never sees a
 * record. Behind this header are the only C++ files of the format; no exception and no state of the
 * library gets out.
 */
#ifndef WR_FORMATS_PROTOBUF_SHIM_H
#define WR_FORMATS_PROTOBUF_SHIM_H

#include "formats/protobuf_model.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A file: its name as others import it, and its text or its descriptor in base64. */
typedef struct wr_pb_source {
    const char *name;
    const char *text; /* not 0-terminated */
    size_t len;
} wr_pb_source;

/** Zeroed memory that outlives the model. */
typedef void *(*wr_pb_alloc_fn)(void *user, size_t size);

/**
 * Parse sources[0], whose imports are among the others or come with the library: google/protobuf,
 * google/type/date.proto and timeofday.proto, confluent/meta.proto and type/decimal.proto.
 * @param why  what is wrong with it, 0-terminated and cut to @p why_size, where this ends false.
 */
bool wr__pb_shim_parse(const wr_pb_source *sources, size_t n, wr_pb_alloc_fn alloc, void *user,
                       const wr_pb_file **out, char *why, size_t why_size);

/** The descriptor of the file, names resolved, as bytes of @p alloc. @return false: as above. */
bool wr__pb_shim_serialize(const wr_pb_source *file, wr_pb_alloc_fn alloc, void *user,
                           const char **out, size_t *len, char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
