/* SPDX-License-Identifier: Apache-2.0 */
#include "statestore/acknowledged.h"
#include "statestore/directory.h"

#include "common/buf.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#define FORM "weir ack %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n"

static const char loss_hint[] =
    "restore the directory from a backup; without one, removing the file 'acknowledged' in it "
    "accepts the loss. Where topics are on Kafka it can be moved aside, and state is rebuilt";

static FILE *open_in(const char *path, const char *name)
{
    wr_buf full = {0};
    wr_buf_printf(&full, "%s/%s", path, name);
    FILE *file = fopen(wr_buf_cstr(&full), "re");
    wr_buf_free(&full);
    return file;
}

/* ---- the MANIFEST ---- */

/* Its number, which CURRENT names; 0: no such file, or it is damaged, as RocksDB will find. */
static uint64_t manifest_of(const char *path)
{
    static const char prefix[] = "MANIFEST-";
    FILE *current = open_in(path, "CURRENT");
    char line[64] = "";
    if (current && !fgets(line, sizeof line, current))
        line[0] = '\0';
    if (current)
        fclose(current);
    return strncmp(line, prefix, sizeof prefix - 1) == 0
               ? strtoull(line + sizeof prefix - 1, NULL, 10)
               : 0;
}

/* Hash of its first @p size bytes, or fewer where it has no more. @return how many. */
static uint64_t hash_manifest(const char *path, uint64_t number, uint64_t size, uint64_t *hash)
{
    char name[64], bytes[4096];
    snprintf(name, sizeof name, "MANIFEST-%06" PRIu64, number);
    FILE *file = open_in(path, name);
    XXH3_state_t *state = XXH3_createState();
    XXH3_64bits_reset(state);
    uint64_t had = 0;
    for (size_t n = 1; file && n > 0 && had < size; had += n) {
        n = fread(bytes, 1, (size_t)WR_MIN(size - had, (uint64_t)sizeof bytes), file);
        XXH3_64bits_update(state, bytes, n);
    }
    *hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    WR_ASSERT(had <= size);
    if (file)
        fclose(file);
    return had;
}

void wr__acknowledged_look(const char *path, wr__acknowledged *a)
{
    a->manifest = manifest_of(path);
    a->size = a->hash = 0;
    if (a->manifest)
        a->size = hash_manifest(path, a->manifest, UINT64_MAX, &a->hash);
}

weir_status wr__acknowledged_check_manifest(const char *path, const wr__acknowledged *a,
                                            weir_error *err)
{
    WR_ASSERT(a->manifest != 0 || a->size == 0);
    uint64_t number = manifest_of(path), hash;
    if (a->manifest == 0 || number == 0 || number > a->manifest)
        return WEIR_OK; /* a newer one: begun after what `a` says */
    if (number == a->manifest && hash_manifest(path, number, a->size, &hash) == a->size &&
        hash == a->hash)
        return WEIR_OK;
    char how[64];
    snprintf(how, sizeof how, "its MANIFEST-%06" PRIu64 " is not as it was", number);
    return wr__damaged_error(path, how, loss_hint, err);
}

weir_status wr__acknowledged_check_sequence(const char *path, const wr__acknowledged *a,
                                            uint64_t sequence, weir_error *err)
{
    if (sequence >= a->sequence)
        return WEIR_OK;
    char how[128];
    snprintf(how, sizeof how,
             "its last %" PRIu64 " changes are missing: a *.log file of it is cut off or gone",
             a->sequence - sequence);
    return wr__damaged_error(path, how, loss_hint, err);
}

/* ---- the file ---- */

static uint64_t check_of(const wr__acknowledged *a)
{
    uint64_t all[] = {a->sequence, a->manifest, a->size, a->hash};
    return XXH3_64bits(all, sizeof all);
}

void wr__acknowledged_read(const char *path, wr__acknowledged *out)
{
    static const char prefix[] = "weir ack";
    wr__acknowledged a = {0};
    uint64_t check = 0, *const fields[] = {&a.sequence, &a.manifest, &a.size, &a.hash, &check};
    char line[160] = "";
    FILE *file = open_in(path, "acknowledged");
    bool whole =
        file && fgets(line, sizeof line, file) && strncmp(line, prefix, sizeof prefix - 1) == 0;
    if (file)
        fclose(file);
    char *at = line + sizeof prefix - 1;
    for (size_t i = 0; whole && i < WR_ARRAY_LEN(fields); i++) {
        char *end;
        *fields[i] = strtoull(at, &end, 16);
        whole = end != at;
        at = end;
    }
    *out = whole && check == check_of(&a) && (a.manifest || !a.size) ? a : (wr__acknowledged){0};
}

/* In place: a torn one is one that cannot be read. */
void wr__acknowledged_write(const char *path, const wr__acknowledged *a)
{
    wr_buf name = {0};
    wr_buf_printf(&name, "%s/acknowledged", path);
    int fd = open(wr_buf_cstr(&name), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    wr_buf_free(&name);
    if (fd < 0)
        return;
    WR_ASSERT(a->manifest != 0 || a->size == 0);
    char line[128];
    int n =
        snprintf(line, sizeof line, FORM, a->sequence, a->manifest, a->size, a->hash, check_of(a));
    (void)!pwrite(fd, line, (size_t)n, 0);
    close(fd);
}
