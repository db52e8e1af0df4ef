// SPDX-License-Identifier: Apache-2.0
// A baseline of micro_decode_registry: libprotobuf's dynamic messages, one reused from record to
// record, its fields got and set by reflection.
#include "micro/decode_registry.h"

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <string>
#include <vector>

namespace pb = google::protobuf;

namespace
{
struct Reader {
    pb::DescriptorPool pool;
    pb::DynamicMessageFactory factory{&pool};
    pb::Message *message = nullptr;
    const pb::Reflection *reflection = nullptr;
    std::vector<const pb::FieldDescriptor *> fields;
    std::string scratch;
};

long use(const Reader &r, const pb::FieldDescriptor *f, std::string *scratch)
{
    switch (f->cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT32:
        return r.reflection->GetInt32(*r.message, f);
    case pb::FieldDescriptor::CPPTYPE_INT64:
        return r.reflection->GetInt64(*r.message, f);
    case pb::FieldDescriptor::CPPTYPE_STRING:
        return static_cast<long>(r.reflection->GetStringReference(*r.message, f, scratch).size());
    default:
        return 0;
    }
}
} // namespace

void *micro_protobuf_new(const char *schema, size_t len)
{
    auto *r = new Reader;
    pb::io::ArrayInputStream bytes(schema, static_cast<int>(len));
    pb::io::Tokenizer tokens(&bytes, nullptr);
    pb::compiler::Parser parser;
    pb::FileDescriptorProto parsed;
    if (!parser.Parse(&tokens, &parsed))
        return nullptr;
    parsed.set_name("schema.proto");
    const pb::FileDescriptor *file = r->pool.BuildFile(parsed);
    if (!file || file->message_type_count() != 1)
        return nullptr;
    const pb::Descriptor *type = file->message_type(0);
    r->message = r->factory.GetPrototype(type)->New();
    r->reflection = r->message->GetReflection();
    for (int i = 0; i < type->field_count(); i++)
        r->fields.push_back(type->field(i));
    return r;
}

long micro_protobuf_fields(void *reader, const char *p, size_t len, const size_t *fields, size_t n)
{
    auto *r = static_cast<Reader *>(reader);
    if (!r->message->ParseFromArray(p, static_cast<int>(len)))
        return 0;
    long sum = 1;
    for (size_t i = 0; i < n; i++)
        sum += use(*r, r->fields[fields[i]], &r->scratch);
    return sum;
}

void micro_protobuf_begin(void *reader)
{
    static_cast<Reader *>(reader)->message->Clear();
}

void micro_protobuf_set_string(void *reader, size_t field, const char *p, size_t len)
{
    auto *r = static_cast<Reader *>(reader);
    r->reflection->SetString(r->message, r->fields[field], std::string(p, len));
}

void micro_protobuf_set_int(void *reader, size_t field, long v)
{
    auto *r = static_cast<Reader *>(reader);
    const pb::FieldDescriptor *f = r->fields[field];
    if (f->cpp_type() == pb::FieldDescriptor::CPPTYPE_INT32)
        r->reflection->SetInt32(r->message, f, static_cast<int32_t>(v));
    else
        r->reflection->SetInt64(r->message, f, v);
}

size_t micro_protobuf_write(void *reader, char *out, size_t size)
{
    const pb::Message *m = static_cast<Reader *>(reader)->message;
    size_t len = m->ByteSizeLong();
    if (len > size || !m->SerializeToArray(out, static_cast<int>(len)))
        return 0;
    return len;
}
