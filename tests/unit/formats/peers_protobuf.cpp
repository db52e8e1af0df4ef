/* SPDX-License-Identifier: Apache-2.0 */
/* peers_protobuf.h by dynamic messages. */
#include "unit/formats/peers_protobuf.h"

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wrappers.pb.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace pb = google::protobuf;

namespace
{

/* The files that Weir's schemas import, as far as records have to do with them. */
const char *const imports[][2] = {
    {"google/type/date.proto", "syntax = \"proto3\"; package google.type;"
                               "message Date { int32 year = 1; int32 month = 2; int32 day = 3; }"},
    {"google/type/timeofday.proto",
     "syntax = \"proto3\"; package google.type; message TimeOfDay "
     "{ int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }"},
    {"confluent/type/decimal.proto",
     "syntax = \"proto3\"; package confluent.type; import public \"confluent/meta.proto\";"
     "message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }"},
    {"confluent/meta.proto",
     "syntax = \"proto3\"; package confluent; import \"google/protobuf/descriptor.proto\";"
     "message Meta { map<string, string> params = 2; }"
     "extend google.protobuf.FieldOptions { Meta field_meta = 1088; }"},
};

std::string fault;

bool parse_file(const char *name, const char *text, size_t len, pb::FileDescriptorProto *file)
{
    pb::io::ArrayInputStream stream(text, static_cast<int>(len));
    pb::io::Tokenizer tokens(&stream, nullptr);
    pb::compiler::Parser parser;
    file->set_name(name);
    return parser.Parse(&tokens, file);
}

/* The file with what it imports, each once, imports first. */
const pb::FileDescriptor *load(pb::DescriptorPool *pool, const pb::FileDescriptorProto &file)
{
    for (const std::string &name : file.dependency()) {
        if (pool->FindFileByName(name))
            continue;
        pb::FileDescriptorProto other;
        const pb::FileDescriptor *own = pb::DescriptorPool::generated_pool()->FindFileByName(name);
        if (own)
            own->CopyTo(&other);
        for (const auto &i : imports)
            if (name == i[0] && !parse_file(i[0], i[1], std::strlen(i[1]), &other))
                return nullptr;
        if (!load(pool, other))
            return nullptr;
    }
    return pool->BuildFile(file);
}

/* Is there a field that the schema does not have, or that came in another wire type? */
bool has_unknown(const pb::Message &m)
{
    const pb::Reflection *r = m.GetReflection();
    if (!r->GetUnknownFields(m).empty())
        return true;
    std::vector<const pb::FieldDescriptor *> fields;
    r->ListFields(m, &fields);
    for (const pb::FieldDescriptor *f : fields) {
        if (f->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE)
            continue;
        if (!f->is_repeated()) {
            if (has_unknown(r->GetMessage(m, f)))
                return true;
            continue;
        }
        for (int i = 0; i < r->FieldSize(m, f); i++)
            if (has_unknown(r->GetRepeatedMessage(m, f, i)))
                return true;
    }
    return false;
}

} // namespace

const char *peer_rewrite(const char *text, size_t text_len, const char *bytes, size_t n, char **out,
                         size_t *out_n)
{
    pb::FileDescriptorProto file;
    pb::DescriptorPool pool;
    /* The files that messages of the program are made of have to be linked in. */
    pb::Timestamp::descriptor();
    pb::Int32Value::descriptor();
    if (!parse_file("own.proto", text, text_len, &file))
        return "the text is no .proto file";
    const pb::FileDescriptor *own = load(&pool, file);
    if (!own || own->message_type_count() == 0)
        return "the file does not compile";
    pb::DynamicMessageFactory factory(&pool);
    std::unique_ptr<pb::Message> m(factory.GetPrototype(own->message_type(0))->New());
    if (!m->ParseFromArray(bytes, static_cast<int>(n)))
        return "the bytes are not such a message";
    if (has_unknown(*m)) {
        fault = "a field is unknown: " + m->ShortDebugString();
        return fault.c_str();
    }
    std::string again;
    {
        pb::io::StringOutputStream stream(&again);
        pb::io::CodedOutputStream coded(&stream);
        m->SerializeToCodedStream(&coded);
    }
    *out = static_cast<char *>(std::malloc(again.size() + 1));
    std::memcpy(*out, again.data(), again.size());
    *out_n = again.size();
    return nullptr;
}

void peer_free(char *bytes)
{
    std::free(bytes);
}
