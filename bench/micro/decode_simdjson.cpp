// SPDX-License-Identifier: Apache-2.0
// The baseline of micro_decode: simdjson's on-demand parser, in the loop that its users write.
#include <cstddef>
#include <simdjson.h>
#include <string_view>

using namespace simdjson;

extern "C" void *micro_simdjson_new(void);
extern "C" long micro_simdjson_fields(void *parser, const char *p, size_t len, size_t cap,
                                      const char *const *names, size_t names_n);

void *micro_simdjson_new(void)
{
    return new ondemand::parser;
}

static bool is_wanted(std::string_view key, const char *const *names, size_t names_n)
{
    for (size_t i = 0; i < names_n; i++)
        if (key == names[i])
            return true;
    return false;
}

long micro_simdjson_fields(void *parser, const char *p, size_t len, size_t cap,
                           const char *const *names, size_t names_n)
{
    long sum = 0;
    ondemand::document doc;
    ondemand::object object;
    auto *od = static_cast<ondemand::parser *>(parser);
    if (od->iterate(padded_string_view(p, len, cap)).get(doc) || doc.get_object().get(object))
        return 0;
    for (auto field : object) {
        std::string_view key, text;
        ondemand::json_type type;
        int64_t number;
        if (field.unescaped_key().get(key) || !is_wanted(key, names, names_n) ||
            field.value().type().get(type))
            continue;
        if (type == ondemand::json_type::string) {
            if (!field.value().get_string().get(text))
                sum += static_cast<long>(text.size());
        } else if (!field.value().get_int64().get(number)) {
            sum += static_cast<long>(number);
        }
    }
    return sum;
}
