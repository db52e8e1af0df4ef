/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_shim.cpp - the model from Google's descriptors (protobuf_shim.h).
 *
 * Each call has a pool of descriptors of its own, fed by a database of the given files and, after
 * these, of the files that everybody imports. A pool is strict: what it accepts is a schema that
 * compiles. Everything that the model needs is copied out before the pool goes.
 */
#include "formats/protobuf_shim.h"

#include "formats/protobuf_editions.hpp"

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/unknown_field_set.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pb = google::protobuf;

namespace
{

/* What everybody imports and the library does not have; only what is needed of each. */
struct builtin {
    const char *name, *text;
};
const builtin builtins[] = {
    {"google/type/date.proto", "syntax = \"proto3\"; package google.type;"
                               "message Date { int32 year = 1; int32 month = 2; int32 day = 3; }"},
    {"google/type/timeofday.proto",
     "syntax = \"proto3\"; package google.type;"
     "message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; "
     "}"},
    {"confluent/meta.proto",
     "syntax = \"proto3\"; package confluent; import \"google/protobuf/descriptor.proto\";"
     "message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }"
     "extend google.protobuf.FileOptions { Meta file_meta = 1088; }"
     "extend google.protobuf.MessageOptions { Meta message_meta = 1088; }"
     "extend google.protobuf.FieldOptions { Meta field_meta = 1088; }"
     "extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }"
     "extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }"},
    /* Public, as Connect's files use the option and import this one alone. */
    {"confluent/type/decimal.proto",
     "syntax = \"proto3\"; package confluent.type; import public \"confluent/meta.proto\";"
     "message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }"},
};
/* Imported for options that this library does not know, which are passed over. */
const char *const language_features[] = {"google/protobuf/cpp_features.proto",
                                         "google/protobuf/java_features.proto",
                                         "google/protobuf/go_features.proto"};
const int field_meta_number = 1088;

/* The first thing that went wrong. */
class first_error : public pb::io::ErrorCollector, public pb::DescriptorPool::ErrorCollector
{
  public:
    std::string text;

    void AddError(int line, int column, const std::string &message) override
    {
        if (text.empty())
            text = "line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) +
                   ": " + message;
    }
    void AddError(const std::string &file, const std::string &element, const pb::Message *,
                  ErrorLocation, const std::string &message) override
    {
        if (text.empty())
            text = (element.empty() || element == file ? file : element) + ": " + message;
    }
    void AddWarning(int, int, const std::string &) override {}
    void AddWarning(const std::string &, const std::string &, const pb::Message *, ErrorLocation,
                    const std::string &) override
    {
    }
};

/* Padded or not, in the usual alphabet; anything else is no base64. */
bool from_base64(const char *text, size_t len, std::string *out)
{
    while (len && text[len - 1] == '=')
        len--;
    uint32_t bits = 0;
    int have = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        int v = c >= 'A' && c <= 'Z'   ? c - 'A'
                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '+'             ? 62
                : c == '/'             ? 63
                                       : -1;
        if (v < 0)
            return false;
        bits = bits << 6 | static_cast<uint32_t>(v);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out->push_back(static_cast<char>(bits >> have & 0xFF));
        }
    }
    return len > 0;
}

void check_syntax(const pb::FileDescriptorProto &file, const std::string &edition)
{
    if (edition.empty() && !file.syntax().empty() && file.syntax() != "proto2" &&
        file.syntax() != "proto3")
        throw std::runtime_error("syntax \"" + file.syntax() + "\" is not known");
}

void parse_text(const char *text, size_t len, pb::FileDescriptorProto *out)
{
    pb::io::ArrayInputStream stream(text, static_cast<int>(len));
    first_error errors;
    pb::io::Tokenizer tokens(&stream, &errors);
    pb::compiler::Parser parser;
    parser.RecordErrorsTo(&errors);
    if (!parser.Parse(&tokens, out) || !errors.text.empty())
        throw std::runtime_error(errors.text.empty() ? "it is no .proto file" : errors.text);
}

/* @return its edition; "": none. */
std::string parse_file(const wr_pb_source &source, pb::FileDescriptorProto *out)
{
    if (source.len > WR_PB_TEXT_MAX)
        throw std::runtime_error("the file is too long");
    std::string bytes, edition;
    if (from_base64(source.text, source.len, &bytes)) {
        if (!out->ParseFromString(bytes))
            throw std::runtime_error("the base64 text is no descriptor of a file");
        edition = wr_pb::edition_of(*out);
        check_syntax(*out, edition);
    } else {
        edition = wr_pb::edition_of(source.text, source.len);
        if (edition.empty()) {
            parse_text(source.text, source.len, out);
        } else {
            std::string text = wr_pb::as_proto3_text(source.text, source.len, edition);
            parse_text(text.data(), text.size(), out);
        }
    }
    out->set_name(source.name);
    return edition;
}

/* How the library compares the names of proto3's fields: as JSON would have them. */
std::string json_form(const std::string &name)
{
    std::string form;
    for (char c : name)
        if (c != '_')
            form.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    return form;
}

/* Names by message and number, for fields that were given others. */
typedef std::map<std::pair<std::string, int>, std::string> field_names;

/*
 * Java takes fields whose names differ in case or underscores only, as columns may; this library
 * refuses them in proto3. So the later ones get other names until the model is made.
 */
void rename_alike(const std::string &around, pb::DescriptorProto *m, field_names *names)
{
    std::string own = around.empty() ? m->name() : around + "." + m->name();
    std::set<std::string> forms, exact;
    for (pb::FieldDescriptorProto &f : *m->mutable_field()) {
        bool is_new = exact.insert(f.name()).second; /* twice the same is an error that stays one */
        if (forms.insert(json_form(f.name())).second || !is_new)
            continue;
        (*names)[{own, f.number()}] = f.name();
        f.set_name("x" + std::to_string(f.number()) + "x" + json_form(f.name()));
        f.clear_json_name();
    }
    for (pb::DescriptorProto &inside : *m->mutable_nested_type())
        rename_alike(own, &inside, names);
}

/* The given files, then those that everybody has. */
class files : public pb::DescriptorDatabase
{
  public:
    std::map<std::string, pb::FileDescriptorProto> given;
    std::map<std::string, std::string> editions; /* of those that are given and have one */
    field_names names;

    void add(const wr_pb_source &source)
    {
        pb::FileDescriptorProto *file = &(given[source.name] = pb::FileDescriptorProto());
        std::string edition = parse_file(source, file);
        if (edition.empty())
            editions.erase(source.name);
        else
            editions[source.name] = edition;
        for (pb::DescriptorProto &m : *file->mutable_message_type())
            rename_alike(file->package(), &m, &names);
    }

    /* When all have been added. */
    void resolve_editions()
    {
        if (editions.empty())
            return;
        for (auto &entry : given) {
            auto found = editions.find(entry.first);
            wr_pb::resolve_features(&entry.second, found == editions.end() ? "" : found->second);
        }
    }

    bool FindFileByName(const std::string &name, pb::FileDescriptorProto *out) override
    {
        auto found = given.find(name);
        if (found != given.end()) {
            *out = found->second;
            return true;
        }
        for (const builtin &b : builtins)
            if (name == b.name) {
                parse_file({b.name, b.text, std::strlen(b.text)}, out);
                return true;
            }
        for (const char *unread : language_features)
            if (name == unread) {
                out->set_name(name);
                out->set_package("pb");
                return true;
            }
        const pb::FileDescriptor *own = nullptr;
        if (name.compare(0, 16, "google/protobuf/") == 0)
            own = pb::DescriptorPool::generated_pool()->FindFileByName(name);
        if (own)
            own->CopyTo(out);
        return own != nullptr;
    }
    bool FindFileContainingSymbol(const std::string &, pb::FileDescriptorProto *) override
    {
        return false;
    }
    bool FindFileContainingExtension(const std::string &, int, pb::FileDescriptorProto *) override
    {
        return false;
    }
};

/* Copies descriptors into the model; each message and enum once. */
class copier
{
  public:
    copier(wr_pb_alloc_fn alloc, void *user, const field_names &names)
        : alloc_(alloc), user_(user), names_(names)
    {
    }

    wr_pb_file *file(const pb::FileDescriptor *f);

  private:
    wr_pb_alloc_fn alloc_;
    void *user_;
    const field_names &names_;
    std::map<const pb::Descriptor *, wr_pb_message *> messages_;
    std::map<const pb::EnumDescriptor *, wr_pb_enum *> enums_;
    std::vector<const pb::Descriptor *> pending_; /* to be filled in */
    size_t fields_ = 0;                           /* made so far */

    template <typename T> T *many(int n)
    {
        return static_cast<T *>(alloc_(user_, sizeof(T) * static_cast<size_t>(n) + 1));
    }
    const char *text(const std::string &s)
    {
        char *copy = many<char>(static_cast<int>(s.size()) + 1);
        std::memcpy(copy, s.data(), s.size());
        return copy;
    }
    void count(int n)
    {
        fields_ += static_cast<size_t>(n);
        if (fields_ > WR_PB_FIELDS_MAX || messages_.size() > WR_PB_MESSAGES_MAX)
            throw std::runtime_error("the schema has too many messages and fields");
    }
    const wr_pb_enum *values(const pb::EnumDescriptor *e);
    const wr_pb_message *message(const pb::Descriptor *d);
    void fill(const pb::Descriptor *d, wr_pb_message *m);
    void field(const pb::FieldDescriptor *d, wr_pb_field *f);
};

wr_pb_kind kind_of(const pb::FieldDescriptor *d)
{
    switch (d->type()) {
    case pb::FieldDescriptor::TYPE_BOOL:
        return WR_PB_BOOL;
    case pb::FieldDescriptor::TYPE_INT32:
        return WR_PB_INT32;
    case pb::FieldDescriptor::TYPE_SINT32:
        return WR_PB_SINT32;
    case pb::FieldDescriptor::TYPE_UINT32:
        return WR_PB_UINT32;
    case pb::FieldDescriptor::TYPE_FIXED32:
        return WR_PB_FIXED32;
    case pb::FieldDescriptor::TYPE_SFIXED32:
        return WR_PB_SFIXED32;
    case pb::FieldDescriptor::TYPE_INT64:
        return WR_PB_INT64;
    case pb::FieldDescriptor::TYPE_SINT64:
        return WR_PB_SINT64;
    case pb::FieldDescriptor::TYPE_UINT64:
        return WR_PB_UINT64;
    case pb::FieldDescriptor::TYPE_FIXED64:
        return WR_PB_FIXED64;
    case pb::FieldDescriptor::TYPE_SFIXED64:
        return WR_PB_SFIXED64;
    case pb::FieldDescriptor::TYPE_FLOAT:
        return WR_PB_FLOAT;
    case pb::FieldDescriptor::TYPE_DOUBLE:
        return WR_PB_DOUBLE;
    case pb::FieldDescriptor::TYPE_ENUM:
        return WR_PB_ENUM;
    case pb::FieldDescriptor::TYPE_STRING:
        return WR_PB_STRING;
    case pb::FieldDescriptor::TYPE_BYTES:
        return WR_PB_BYTES;
    case pb::FieldDescriptor::TYPE_GROUP:
        return WR_PB_GROUP;
    case pb::FieldDescriptor::TYPE_MESSAGE:
        return WR_PB_MESSAGE;
    }
    throw std::runtime_error("a field has a type that is not known");
}

/* By its name and by its fields: a file may define another message of that name. */
wr_pb_known known_of(const pb::Descriptor *d)
{
    static const struct {
        const char *name;
        wr_pb_known known;
        const char *fields; /* names and numbers that must be there */
    } all[] = {
        {"google.protobuf.Timestamp", WR_PB_TIMESTAMP, "seconds1nanos2"},
        {"google.type.Date", WR_PB_DATE, "year1month2day3"},
        {"google.type.TimeOfDay", WR_PB_TIME, "hours1minutes2seconds3nanos4"},
        {"confluent.type.Decimal", WR_PB_DECIMAL, "value1precision2scale3"},
        {"google.protobuf.DoubleValue", WR_PB_WRAPPER, "value1"},
        {"google.protobuf.FloatValue", WR_PB_WRAPPER, "value1"},
        {"google.protobuf.Int64Value", WR_PB_WRAPPER, "value1"},
        {"google.protobuf.UInt64Value", WR_PB_WRAPPER, "value1"},
        {"google.protobuf.Int32Value", WR_PB_WRAPPER, "value1"},
        {"google.protobuf.UInt32Value", WR_PB_WRAPPER, "value1"},
        {"google.protobuf.BoolValue", WR_PB_WRAPPER, "value1"},
        {"google.protobuf.StringValue", WR_PB_WRAPPER, "value1"},
        {"google.protobuf.BytesValue", WR_PB_WRAPPER, "value1"},
    };
    for (const auto &k : all) {
        if (d->full_name() != k.name)
            continue;
        std::string fields;
        bool plain = true; /* no repeated fields, no messages inside */
        for (int i = 0; i < d->field_count(); i++) {
            fields += d->field(i)->name() + std::to_string(d->field(i)->number());
            plain = plain && !d->field(i)->is_repeated() && !d->field(i)->message_type();
        }
        return plain && fields == k.fields ? k.known : WR_PB_PLAIN;
    }
    return WR_PB_PLAIN;
}

/* The parameter @p name of Meta's map (field 2), or 0. */
int param(const pb::UnknownFieldSet &meta, const char *name)
{
    int found = 0;
    for (int i = 0; i < meta.field_count(); i++) {
        const pb::UnknownField &p = meta.field(i);
        pb::UnknownFieldSet entry;
        if (p.number() != 2 || p.type() != pb::UnknownField::TYPE_LENGTH_DELIMITED ||
            !entry.ParseFromString(p.length_delimited()))
            continue;
        std::string key, value;
        for (int k = 0; k < entry.field_count(); k++)
            if (entry.field(k).type() == pb::UnknownField::TYPE_LENGTH_DELIMITED)
                (entry.field(k).number() == 1 ? key : value) = entry.field(k).length_delimited();
        if (key == name)
            found = static_cast<int>(std::strtol(value.c_str(), nullptr, 10));
    }
    return found;
}

/* (confluent.field_meta) is no option that the library knows, so it stands among the unknown. */
void read_meta(const pb::FieldDescriptor *d, wr_pb_field *f)
{
    const pb::UnknownFieldSet &options = d->options().unknown_fields();
    for (int i = 0; i < options.field_count(); i++) {
        const pb::UnknownField &o = options.field(i);
        pb::UnknownFieldSet meta;
        if (o.number() != field_meta_number ||
            o.type() != pb::UnknownField::TYPE_LENGTH_DELIMITED ||
            !meta.ParseFromString(o.length_delimited()))
            continue;
        f->precision = param(meta, "precision");
        f->scale = param(meta, "scale");
    }
}

/* What the features of a field say otherwise than its syntax would (protobuf_editions.hpp). */
void apply_features(const pb::FieldDescriptor *d, wr_pb_field *f)
{
    const wr_pb::features marked = wr_pb::features_of(d);
    bool in_map = d->is_map() || d->containing_type()->options().map_entry();
    if (marked.field_presence == wr_pb::features::IMPLICIT && !d->message_type() && f->oneof < 0)
        f->has_presence = false;
    if (marked.repeated_field_encoding)
        f->packed = d->is_packable() && marked.repeated_field_encoding == wr_pb::features::PACKED;
    if (marked.message_encoding == wr_pb::features::DELIMITED && f->kind == WR_PB_MESSAGE &&
        !in_map)
        f->kind = WR_PB_GROUP;
}

const wr_pb_enum *copier::values(const pb::EnumDescriptor *e)
{
    wr_pb_enum *&copy = enums_[e];
    if (copy)
        return copy;
    count(e->value_count());
    copy = many<wr_pb_enum>(1);
    copy->name = text(e->name());
    copy->file = text(e->file()->name());
    int type = wr_pb::features_of(e).enum_type;
    copy->closed = type ? type == wr_pb::features::CLOSED
                        : e->file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO2;
    copy->n = static_cast<uint32_t>(e->value_count());
    copy->names = many<const char *>(e->value_count());
    copy->numbers = many<int32_t>(e->value_count());
    for (int i = 0; i < e->value_count(); i++) {
        copy->names[i] = text(e->value(i)->name());
        copy->numbers[i] = e->value(i)->number();
    }
    return copy;
}

void copier::field(const pb::FieldDescriptor *d, wr_pb_field *f)
{
    const pb::OneofDescriptor *oneof = d->real_containing_oneof();
    auto renamed = names_.find({d->containing_type()->full_name(), d->number()});
    f->name = text(renamed == names_.end() ? d->name() : renamed->second);
    f->number = static_cast<uint32_t>(d->number());
    f->kind = kind_of(d);
    f->repeated = d->is_repeated();
    f->required = d->is_required();
    f->has_presence = !f->repeated && d->has_presence();
    f->optional = d->has_optional_keyword();
    f->packed = d->is_packed();
    f->oneof = oneof ? oneof->index() : -1;
    apply_features(d, f);
    if (d->message_type()) {
        f->message = message(d->message_type());
        read_meta(d, f);
    }
    if (d->enum_type())
        f->values = values(d->enum_type());
}

void copier::fill(const pb::Descriptor *d, wr_pb_message *m)
{
    count(d->field_count());
    m->name = text(d->name());
    m->full_name = text(d->full_name());
    m->file = text(d->file()->name());
    m->known = known_of(d);
    m->map_entry = d->options().map_entry();
    m->n = static_cast<uint32_t>(d->field_count());
    m->fields = many<wr_pb_field>(d->field_count());
    m->oneofs_n = static_cast<uint32_t>(d->real_oneof_decl_count());
    m->oneofs = many<const char *>(d->real_oneof_decl_count());
    for (int i = 0; i < d->real_oneof_decl_count(); i++)
        m->oneofs[i] = text(d->oneof_decl(i)->name());
    m->nested = many<const wr_pb_message *>(d->nested_type_count());
    for (int i = 0; i < d->nested_type_count(); i++)
        if (!d->nested_type(i)->options().map_entry())
            m->nested[m->nested_n++] = message(d->nested_type(i));
    m->enums_n = static_cast<uint32_t>(d->enum_type_count());
    m->enums = many<const wr_pb_enum *>(d->enum_type_count());
    for (int i = 0; i < d->enum_type_count(); i++)
        m->enums[i] = values(d->enum_type(i));
    for (int i = 0; i < d->field_count(); i++)
        field(d->field(i), &m->fields[i]);
}

/* Filled in later, by file(): it may contain itself, and a chain of messages may be long. */
const wr_pb_message *copier::message(const pb::Descriptor *d)
{
    wr_pb_message *&copy = messages_[d];
    if (!copy) {
        copy = many<wr_pb_message>(1);
        pending_.push_back(d);
    }
    return copy;
}

wr_pb_file *copier::file(const pb::FileDescriptor *f)
{
    wr_pb_file *copy = many<wr_pb_file>(1);
    copy->package = text(f->package());
    copy->proto2 = f->syntax() == pb::FileDescriptor::SYNTAX_PROTO2;
    copy->imports_n = static_cast<uint32_t>(f->dependency_count());
    copy->imports = many<const char *>(f->dependency_count());
    for (int i = 0; i < f->dependency_count(); i++)
        copy->imports[i] = text(f->dependency(i)->name());
    copy->n = static_cast<uint32_t>(f->message_type_count());
    copy->messages = many<const wr_pb_message *>(f->message_type_count());
    for (int i = 0; i < f->message_type_count(); i++)
        copy->messages[i] = message(f->message_type(i));
    copy->enums_n = static_cast<uint32_t>(f->enum_type_count());
    copy->enums = many<const wr_pb_enum *>(f->enum_type_count());
    for (int i = 0; i < f->enum_type_count(); i++)
        copy->enums[i] = values(f->enum_type(i));
    while (!pending_.empty()) {
        const pb::Descriptor *next = pending_.back();
        pending_.pop_back();
        fill(next, messages_[next]);
    }
    return copy;
}

/* Throws where it does not compile. */
const pb::FileDescriptor *compile(pb::DescriptorPool *pool, const first_error &errors,
                                  const char *name)
{
    const pb::FileDescriptor *file = pool->FindFileByName(name);
    if (!file)
        throw std::runtime_error(errors.text.empty() ? "it does not compile" : errors.text);
    return file;
}

const wr_pb_file *parse(const wr_pb_source *sources, size_t n, wr_pb_alloc_fn alloc, void *user)
{
    const pb::LogSilencer quiet; /* the library would print warnings to stderr */
    files database;
    for (size_t i = n; i-- > 0;) /* the first of a name counts */
        database.add(sources[i]);
    database.resolve_editions();
    first_error errors;
    pb::DescriptorPool pool(&database, &errors);
    const pb::FileDescriptor *file = compile(&pool, errors, sources[0].name);
    wr_pb_file *made = copier(alloc, user, database.names).file(file);
    made->has_edition = database.editions.count(sources[0].name) > 0;
    return made;
}

/* A descriptor with the names that the library was given instead would keep these for ever. */
std::string serialize(const wr_pb_source *source)
{
    const pb::LogSilencer quiet;
    files database;
    database.add(*source);
    first_error errors;
    pb::DescriptorPool pool(&database, &errors);
    const pb::FileDescriptor *file = compile(&pool, errors, source->name);
    if (!database.names.empty())
        throw std::runtime_error("two of their names differ only in case or underscores");
    pb::FileDescriptorProto proto;
    file->CopyTo(&proto);
    return proto.SerializeAsString();
}

} // namespace

bool wr__pb_shim_parse(const wr_pb_source *sources, size_t n, wr_pb_alloc_fn alloc, void *user,
                       const wr_pb_file **out, char *why, size_t why_size)
{
    *out = nullptr;
    try {
        *out = parse(sources, n, alloc, user);
    } catch (const std::exception &e) {
        std::snprintf(why, why_size, "%s", e.what());
    } catch (...) {
        std::snprintf(why, why_size, "it cannot be read");
    }
    return *out != nullptr;
}

bool wr__pb_shim_serialize(const wr_pb_source *file, wr_pb_alloc_fn alloc, void *user,
                           const char **out, size_t *len, char *why, size_t why_size)
{
    *out = nullptr;
    try {
        const std::string bytes = serialize(file);
        char *copy = static_cast<char *>(alloc(user, bytes.size() + 1));
        std::memcpy(copy, bytes.data(), bytes.size());
        *out = copy;
        *len = bytes.size();
    } catch (const std::exception &e) {
        std::snprintf(why, why_size, "%s", e.what());
    } catch (...) {
        std::snprintf(why, why_size, "it has no descriptor");
    }
    return *out != nullptr;
}
