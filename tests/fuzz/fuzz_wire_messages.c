/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of brokers of unknown origin: decoding ends in a message or an error, and what a message
 * points to lies inside the bytes. Input: the request's number, the version (1 byte each), the
 * answer's body.
 */
#include "runtime/log/wire/txn_messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every byte of it can be read. */
static void touch(wr_str s)
{
    volatile char sum = 0;
    for (size_t i = 0; s.ptr && i < s.len; i++)
        sum = (char)(sum + s.ptr[i]);
}

static void read_metadata(wr_wire_in *in, int16_t version, wr_arena *a)
{
    weir_error err;
    wr_wire_metadata m;
    if (wr__wire_read_metadata(in, version, a, &m, &err) != WEIR_OK)
        return;
    for (uint32_t i = 0; i < m.brokers_n; i++)
        touch(m.brokers[i].host);
    for (uint32_t i = 0; i < m.topics_n; i++)
        touch(m.topics[i].name);
}

static void read_fetch(wr_wire_in *in, int16_t version, wr_arena *a)
{
    weir_error err;
    wr_wire_fetch_answer f;
    if (wr__wire_read_fetch(in, version, a, &f, &err) != WEIR_OK)
        return;
    for (uint32_t i = 0; i < f.n; i++) {
        touch(f.parts[i].topic);
        touch(f.parts[i].records);
        const wr_wire_aborted *aborted = f.parts[i].aborted;
        touch(wr_str_make((const char *)aborted, f.parts[i].aborted_n * sizeof *aborted));
    }
    for (uint32_t i = 0; i < f.brokers_n; i++)
        touch(f.brokers[i].host);
}

static void read_produce(wr_wire_in *in, int16_t version, wr_arena *a)
{
    weir_error err;
    wr_wire_produce_answer all;
    if (wr__wire_read_produce(in, version, a, &all, &err) != WEIR_OK)
        return;
    for (uint32_t i = 0; i < all.n; i++) {
        touch(all.parts[i].topic);
        touch(all.parts[i].message);
    }
    for (uint32_t i = 0; i < all.brokers_n; i++)
        touch(all.brokers[i].host);
}

static void read_offsets(wr_wire_api api, wr_wire_in *in, int16_t version, wr_arena *a)
{
    weir_error err;
    wr_wire_offsets all;
    weir_status st = api == WR_WIRE_LIST_OFFSETS
                         ? wr__wire_read_list_offsets(in, version, a, &all, &err)
                         : wr__wire_read_epoch_ends(in, version, a, &all, &err);
    for (uint32_t i = 0; st == WEIR_OK && i < all.n; i++)
        touch(all.v[i].topic);
}

static void read_setup(wr_wire_api api, wr_wire_in *in, int16_t version)
{
    weir_error err;
    int16_t error;
    wr_wire_versions versions;
    wr_wire_authenticated said;
    wr_wire_producer_given given;
    wr_buf mechanisms = {0};
    if (api == WR_WIRE_API_VERSIONS &&
        wr__wire_read_api_versions(in, version, &error, &versions, &err) == WEIR_OK)
        (void)wr__wire_choose(&versions, WR_WIRE_FETCH);
    if (api == WR_WIRE_SASL_HANDSHAKE &&
        wr__wire_read_sasl_handshake(in, &error, &mechanisms, &err) == WEIR_OK)
        touch(wr_buf_view(&mechanisms));
    if (api == WR_WIRE_SASL_AUTHENTICATE &&
        wr__wire_read_sasl_authenticate(in, version, &said, &err) == WEIR_OK) {
        touch(said.message);
        touch(said.bytes);
    }
    if (api == WR_WIRE_INIT_PRODUCER_ID &&
        wr__wire_read_init_producer_id(in, version, &given, &err) == WEIR_OK && !given.error)
        WR_ASSERT(given.id >= 0 && given.epoch >= 0);
    wr_buf_free(&mechanisms);
}

static void read_transactional(wr_wire_api api, wr_wire_in *in, int16_t version, wr_arena *a)
{
    weir_error err;
    int16_t error;
    wr_wire_coordinator found;
    wr_wire_transaction t;
    wr_wire_opens open;
    if (api == WR_WIRE_FIND_COORDINATOR &&
        wr__wire_read_find_coordinator(in, version, &found, &err) == WEIR_OK)
        touch(found.broker.host);
    if (api == WR_WIRE_DESCRIBE_TRANSACTIONS &&
        wr__wire_read_describe_transaction(in, &t, &err) == WEIR_OK)
        touch(t.state);
    if (api == WR_WIRE_DESCRIBE_PRODUCERS &&
        wr__wire_read_describe_producers(in, a, &open, &err) == WEIR_OK)
        for (uint32_t i = 0; i < open.n; i++)
            touch(open.v[i].topic);
    if (api == WR_WIRE_ADD_PARTITIONS_TO_TXN)
        (void)!wr__wire_read_add_partitions(in, version, &error, &err);
    if (api == WR_WIRE_ADD_OFFSETS_TO_TXN || api == WR_WIRE_END_TXN)
        (void)!wr__wire_read_txn_error(in, api, version, &error, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const wr_wire_api apis[] = {WR_WIRE_FETCH,
                                       WR_WIRE_LIST_OFFSETS,
                                       WR_WIRE_METADATA,
                                       WR_WIRE_API_VERSIONS,
                                       WR_WIRE_OFFSET_FOR_LEADER_EPOCH,
                                       WR_WIRE_SASL_HANDSHAKE,
                                       WR_WIRE_SASL_AUTHENTICATE,
                                       WR_WIRE_PRODUCE,
                                       WR_WIRE_INIT_PRODUCER_ID,
                                       WR_WIRE_FIND_COORDINATOR,
                                       WR_WIRE_ADD_PARTITIONS_TO_TXN,
                                       WR_WIRE_ADD_OFFSETS_TO_TXN,
                                       WR_WIRE_END_TXN,
                                       WR_WIRE_DESCRIBE_PRODUCERS,
                                       WR_WIRE_DESCRIBE_TRANSACTIONS};
    if (size < 2)
        return 0;
    wr_wire_api api = apis[0];
    for (size_t i = 0; i < WR_ARRAY_LEN(apis); i++)
        if ((int)apis[i] == data[0])
            api = apis[i];
    /* The newest that is known up to the one asked for. */
    wr_wire_versions theirs = {0};
    theirs.of[api].max = data[1];
    int16_t version = wr__wire_choose(&theirs, api);
    if (version < 0)
        return 0;
    wr_arena *a = wr_arena_new(0);
    wr_wire_in in = wr__wire_in(data + 2, size - 2);
    if (api == WR_WIRE_METADATA)
        read_metadata(&in, version, a);
    else if (api == WR_WIRE_FETCH)
        read_fetch(&in, version, a);
    else if (api == WR_WIRE_PRODUCE)
        read_produce(&in, version, a);
    else if (api == WR_WIRE_LIST_OFFSETS || api == WR_WIRE_OFFSET_FOR_LEADER_EPOCH)
        read_offsets(api, &in, version, a);
    else if (api == WR_WIRE_FIND_COORDINATOR || api == WR_WIRE_ADD_PARTITIONS_TO_TXN ||
             api == WR_WIRE_ADD_OFFSETS_TO_TXN || api == WR_WIRE_END_TXN ||
             api == WR_WIRE_DESCRIBE_PRODUCERS || api == WR_WIRE_DESCRIBE_TRANSACTIONS)
        read_transactional(api, &in, version, a);
    else
        read_setup(api, &in, version);
    wr_arena_free(a);
    return 0;
}
