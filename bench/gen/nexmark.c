/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nexmark: people offer items, others bid for them. Of each 50 events in a row the first is a
 * person, three are auctions and 46 are bids, 10 ms apart, so six auctions open in a second.
 * A bid goes to one of the youngest auctions, every other one to the hot item among them; so five
 * bids in six are made within ten seconds of the auction's opening, which is what W5 joins.
 */
#include "records.h"

#include <inttypes.h>
#include <string.h>

#define EVENTS         50
#define AUCTIONS       3 /* of these */
#define STEP_MS        10
#define IN_FLIGHT      90 /* auctions that are bid for: 15 seconds of them */
#define HOT_EVERY      60 /* one hot auction among so many */
#define FIRST_ID       1000
#define COUNT(array)   (sizeof(array) / sizeof *(array))
#define STREAM_NEXMARK 7
#define FILLER_MAX     256

static const char *const channels[] = {"search", "social", "email", "direct", "affiliate"};
static const char *const states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
static const char *const cities[] = {"Phoenix", "Los Angeles", "Boise", "Portland", "Bend"};

/** Text that means nothing and does not compress much. */
static const char *filler(gen_rng *r, size_t n, char buffer[FILLER_MAX])
{
    for (size_t i = 0; i < n; i++)
        buffer[i] = (char)('a' + gen_below(r, 26));
    buffer[n] = 0;
    return buffer;
}

static void person(uint64_t id, gen_rng *r, gen_record *out)
{
    char extra[FILLER_MAX];
    uint64_t card = gen_below(r, 100000000);
    const char *city = cities[gen_below(r, COUNT(cities))];
    const char *state = states[gen_below(r, COUNT(states))];
    out->topic = "person";
    gen_value(out,
              "{\"id\":%" PRIu64 ",\"name\":\"Person %" PRIu64 "\",\"emailAddress\":\"p%" PRIu64
              "@mail.example\",\"creditCard\":\"%04" PRIu64 " %04" PRIu64 "\",\"city\":\"%s\""
              ",\"state\":\"%s\",\"dateTime\":%" PRId64 ",\"extra\":\"%s\"}",
              id, id, id, card / 10000, card % 10000, city, state, out->time_ms,
              filler(r, 50, extra));
}

static void auction(uint64_t id, uint64_t people, gen_rng *r, gen_record *out)
{
    char extra[FILLER_MAX];
    uint64_t initial = 1 + gen_below(r, 500), reserve = 500 + gen_below(r, 5000);
    uint64_t seller = FIRST_ID + gen_below(r, people), category = 10 + gen_below(r, 5);
    out->topic = "auction";
    gen_value(out,
              "{\"id\":%" PRIu64 ",\"itemName\":\"item %" PRIu64 "\",\"description\":\"as seen\""
              ",\"initialBid\":%" PRIu64 ",\"reserve\":%" PRIu64 ",\"dateTime\":%" PRId64
              ",\"expires\":%" PRId64 ",\"seller\":%" PRIu64 ",\"category\":%" PRIu64
              ",\"extra\":\"%s\"}",
              id, id, initial, reserve, out->time_ms, out->time_ms + 15000, seller, category,
              filler(r, 60, extra));
}

static void bid(uint64_t auction_id, uint64_t people, gen_rng *r, gen_record *out)
{
    char extra[FILLER_MAX];
    uint64_t bidder = FIRST_ID + gen_below(r, people), price = 100 + gen_below(r, 100000);
    const char *channel = channels[gen_below(r, COUNT(channels))];
    uint64_t item = gen_below(r, 100000);
    out->topic = "bid";
    gen_value(out,
              "{\"auction\":%" PRIu64 ",\"bidder\":%" PRIu64 ",\"price\":%" PRIu64
              ",\"channel\":\"%s\",\"url\":\"auction.example/bids/item?query=%" PRIu64 "\""
              ",\"dateTime\":%" PRId64 ",\"extra\":\"%s\"}",
              auction_id, bidder, price, channel, item, out->time_ms, filler(r, 56, extra));
}

void gen_nexmark(const gen_options *o, uint64_t i, gen_record *out)
{
    gen_rng r = gen_rng_of(o->seed, STREAM_NEXMARK, i);
    uint64_t round = i / EVENTS, at = i % EVENTS;
    uint64_t people = round + 1, id;
    out->time_ms = GEN_START_MS + (int64_t)i * STEP_MS;
    if (at == 0) {
        id = FIRST_ID + round;
        person(id, &r, out);
    } else if (at <= AUCTIONS) {
        id = FIRST_ID + round * AUCTIONS + at - 1;
        auction(id, people, &r, out);
    } else {
        uint64_t auctions = (round + 1) * AUCTIONS;
        uint64_t young = auctions < IN_FLIGHT ? auctions : IN_FLIGHT;
        uint64_t number = auctions - 1 - gen_below(&r, young);
        if (gen_below(&r, 2) == 0)
            number = (auctions - 1) / HOT_EVERY * HOT_EVERY;
        id = FIRST_ID + number;
        bid(id, people, &r, out);
    }
    gen_key_number(out, id, 8);
}
