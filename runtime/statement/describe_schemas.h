/* SPDX-License-Identifier: Apache-2.0 */
/* describe_schemas.h - DESCRIBE EXTENDED: the schemas of a source's topic, in a section of their
 * own. */
#ifndef WR_RUNTIME_STATEMENT_DESCRIBE_SCHEMAS_H
#define WR_RUNTIME_STATEMENT_DESCRIBE_SCHEMAS_H

#include "runtime/instance/query_list.h"
#include "runtime/statement/statement.h"

/** Queries of which those that read the source know what schemas there are. */
typedef struct wr__readers {
    wr_query_entry *const *v; /* pinned by the caller */
    size_t n;
} wr__readers;

/**
 * Sections "schemas" and "registry" for @p source; none where neither of its formats has a
 * registry. May wait for the registry, for a moment; what it does not say in time is NULL. Without
 * the lock.
 */
void wr__describe_schemas(wr_exec *x, const wr_source *source, wr__readers readers);

#endif
