/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_internal.h - what both sorts of registry share: the class, and the schemas seen so far.
 */
#ifndef WR_REGISTRY_REGISTRY_INTERNAL_H
#define WR_REGISTRY_REGISTRY_INTERNAL_H

#include "common/map.h"
#include "registry/registry.h"

#include <pthread.h>

/* One row for each sort; see the functions of registry.h. All but `free` and `name` are called
 * without the lock and may block; `wanted` must not. */
typedef struct wr_registry_class {
    void (*free)(wr_registry *r);
    weir_status (*get_id)(wr_registry *r, const wr_registry_interrupt *interrupt, uint32_t id,
                          const wr_registry_schema **out, weir_error *err);
    weir_status (*get_guid)(wr_registry *r, const wr_registry_interrupt *interrupt,
                            const uint8_t *guid, const wr_registry_schema **out, weir_error *err);
    weir_status (*get_version)(wr_registry *r, const wr_registry_interrupt *interrupt,
                               wr_str subject, int32_t version, const wr_registry_schema **out,
                               int32_t *found, weir_error *err);
    /** @p version: 0 where the registry does not say. */
    weir_status (*find)(wr_registry *r, const wr_registry_interrupt *interrupt, wr_str subject,
                        const wr_schema_draft *draft, const wr_registry_schema **out,
                        int32_t *version, weir_error *err);
    weir_status (*enroll)(wr_registry *r, const wr_registry_interrupt *interrupt, wr_str subject,
                          const wr_schema_draft *draft, const wr_registry_schema **out,
                          weir_error *err);
    weir_status (*subjects)(wr_registry *r, const wr_registry_interrupt *interrupt, wr_arena *arena,
                            wr_str **out, uint32_t *n, weir_error *err);
    weir_status (*delete_subject)(wr_registry *r, const wr_registry_interrupt *interrupt,
                                  wr_str subject, weir_error *err);
    /** Have @p id or @p guid (the other is 0 or NULL) fetched in the background, and say how that
     *  stands: RETRIABLE while it is under way, else why it failed. */
    weir_status (*wanted)(wr_registry *r, uint32_t id, const uint8_t *guid, weir_error *err);
} wr_registry_class;

/* First member of every registry. */
struct wr_registry {
    const wr_registry_class *class_;
    char name[256];
    pthread_mutex_t lock;  /* all below; held for moments only */
    wr_arena *arena;       /* every schema that was seen, until the registry is freed */
    wr_map by_id, by_guid; /* id (and another context's name), GUID -> wr_registry_schema */
};

void wr__registry_init(wr_registry *r, const wr_registry_class *class_, const char *name);
/** What wr__registry_init made; the registry itself is its class's. */
void wr__registry_clear(wr_registry *r);

/** The schema of this id or GUID as far as it has been seen, or NULL. */
const wr_registry_schema *wr__registry_seen_id(wr_registry *r, uint32_t id);
const wr_registry_schema *wr__registry_seen_guid(wr_registry *r, const uint8_t *guid);
/**
 * Keep a copy of @p schema, texts and references' names included, under its id and its GUID.
 * @return the copy, or what was there under that id already.
 */
const wr_registry_schema *wr__registry_keep(wr_registry *r, const wr_registry_schema *schema);
/** The same for schemas of another context than the registry's own, whose ids are others and whom
 * no record names: by id and context alone. @p context "": its own. */
const wr_registry_schema *wr__registry_seen_in(wr_registry *r, wr_str context, uint32_t id);
const wr_registry_schema *wr__registry_keep_in(wr_registry *r, wr_str context,
                                               const wr_registry_schema *schema);
/** Put names in their order, byte by byte. */
void wr__registry_sort_names(wr_str *names, uint32_t n);

#endif
