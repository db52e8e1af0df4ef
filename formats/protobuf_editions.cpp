/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_editions.cpp - editions as proto2 with marks (protobuf_editions.hpp).
 *
 * Marks are kept in the very place where features stand in descriptors, so they are read as these
 * are: field 21 of FieldOptions, field 7 of EnumOptions, unknown fields to this library, which
 * keeps them.
 */
#include "formats/protobuf_editions.hpp"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/unknown_field_set.h>

#include <stdexcept>
#include <vector>

namespace pb = google::protobuf;

namespace wr_pb
{
namespace
{

/* Numbers of `features` in each kind of options, of `edition` in a file, and of the editions. */
const int in_file = 50, in_message = 12, in_field = 21, in_enum = 7, in_oneof = 1, in_value = 2,
          in_service = 34, in_method = 35, in_range = 50;
const int edition_field = 14, edition_2023 = 1000, edition_2024 = 1001;

[[noreturn]] void fail(const std::string &what)
{
    throw std::runtime_error(what);
}

/* ---- texts ---- */

class first_fault : public pb::io::ErrorCollector
{
  public:
    std::string text;

    void AddError(int line, int column, const std::string &message) override
    {
        if (text.empty())
            text = "line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) +
                   ": " + message;
    }
};

typedef pb::io::Tokenizer::Token token;

/* At most @p max tokens. */
std::vector<token> tokens_of(const char *text, size_t len, size_t max)
{
    pb::io::ArrayInputStream stream(text, static_cast<int>(len));
    first_fault fault;
    pb::io::Tokenizer tokens(&stream, &fault);
    std::vector<token> all;
    while (all.size() < max && tokens.Next())
        all.push_back(tokens.current());
    if (!fault.text.empty())
        fail(fault.text);
    return all;
}

std::string known_edition(const std::string &edition)
{
    if (edition != "2023" && edition != "2024")
        fail("edition \"" + edition + "\" is not known: 2023 and 2024 are");
    return edition;
}

/* Does a statement begin at @p i? */
bool begins(const std::vector<token> &all, size_t i)
{
    const std::string *before = i ? &all[i - 1].text : nullptr;
    return !before || *before == ";" || *before == "{" || *before == "}";
}

bool is(const std::vector<token> &all, size_t i, const char *text)
{
    return i < all.size() && all[i].text == text;
}

/* Before `message` and `enum`: who may use them, which is nothing that a record shows. */
bool is_visibility(const std::vector<token> &all, size_t i)
{
    return begins(all, i) && (is(all, i, "export") || is(all, i, "local")) &&
           (is(all, i + 1, "message") || is(all, i + 1, "enum"));
}

/* Appends tokens at the places that they had, as far as there is room. */
class placer
{
  public:
    std::string text;

    void put(const token &t, const std::string &word)
    {
        for (; line_ < t.line; line_++) {
            text += '\n';
            column_ = 0;
        }
        size_t blanks = t.column >= column_ ? static_cast<size_t>(t.column - column_) : 1;
        text.append(blanks, ' ');
        text += word;
        column_ += static_cast<int>(blanks + word.size());
    }

  private:
    int line_ = 0, column_ = 0;
};

/* ---- features ---- */

struct feature {
    const char *name;
    int number; /* in FeatureSet */
    int features::*member;
    const char *values[4]; /* by their numbers */
};
const feature known_features[] = {
    {"field_presence",
     1,
     &features::field_presence,
     {nullptr, "EXPLICIT", "IMPLICIT", "LEGACY_REQUIRED"}},
    {"enum_type", 2, &features::enum_type, {nullptr, "OPEN", "CLOSED", nullptr}},
    {"repeated_field_encoding",
     3,
     &features::repeated_field_encoding,
     {nullptr, "PACKED", "EXPANDED", nullptr}},
    {"message_encoding",
     5,
     &features::message_encoding,
     {nullptr, "LENGTH_PREFIXED", "DELIMITED", nullptr}},
};

features proto2()
{
    features f;
    f.field_presence = features::EXPLICIT;
    f.enum_type = features::CLOSED;
    f.repeated_field_encoding = features::EXPANDED;
    f.message_encoding = features::LENGTH_PREFIXED;
    return f;
}

features defaults_of(const pb::FileDescriptorProto &file, const std::string &edition)
{
    features f = proto2();
    if (edition.empty() && file.syntax() != "proto3")
        return f;
    f.field_presence = edition.empty() ? features::IMPLICIT : features::EXPLICIT;
    f.enum_type = features::OPEN;
    f.repeated_field_encoding = features::PACKED;
    return f;
}

/* @p name = @p value, as a text has it. Features that change nothing here are passed over. */
void set_named(features *f, const std::string &name, const std::string &value)
{
    for (const feature &k : known_features) {
        if (name != k.name)
            continue;
        for (int i = 1; i < 4; i++)
            if (k.values[i] && value == k.values[i]) {
                f->*k.member = i;
                return;
            }
        std::string why = "features.";
        why += name;
        why += " cannot be ";
        why += value;
        fail(why);
    }
}

/* `features = { field_presence: IMPLICIT enum_type: OPEN }`, without its braces. */
void set_named(features *f, const std::string &aggregate)
{
    std::vector<token> all = tokens_of(aggregate.data(), aggregate.size(), SIZE_MAX);
    for (size_t i = 0; i + 2 < all.size(); i++)
        if (all[i].type == pb::io::Tokenizer::TYPE_IDENTIFIER && is(all, i + 1, ":") &&
            (i == 0 || all[i - 1].text != "."))
            set_named(f, all[i].text, all[i + 2].text);
}

/* FeatureSet as bytes; a later one says more. */
void set_encoded(features *f, const std::string &bytes)
{
    pb::UnknownFieldSet set;
    if (!set.ParseFromString(bytes))
        fail("features cannot be read");
    for (int i = 0; i < set.field_count(); i++)
        for (const feature &k : known_features) {
            const pb::UnknownField &v = set.field(i);
            if (v.number() != k.number || v.type() != pb::UnknownField::TYPE_VARINT)
                continue;
            if (v.varint() == 0 || v.varint() > 3 || !k.values[v.varint()])
                fail(std::string("features.") + k.name + " has an unknown value");
            f->*k.member = static_cast<int>(v.varint());
        }
}

/* The features that options say, and out of them: the library does not know what they are. */
template <typename Options> void take_features(Options *options, int number, features *f)
{
    auto *list = options->mutable_uninterpreted_option();
    for (int i = 0; i < list->size();) {
        const pb::UninterpretedOption &o = list->Get(i);
        if (o.name_size() == 0 || o.name(0).is_extension() || o.name(0).name_part() != "features") {
            i++;
            continue;
        }
        if (o.name_size() == 1)
            set_named(f, o.aggregate_value());
        else if (o.name_size() == 2 && !o.name(1).is_extension())
            set_named(f, o.name(1).name_part(), o.identifier_value());
        list->DeleteSubrange(i, 1);
    }
    pb::UnknownFieldSet *unknown = options->GetReflection()->MutableUnknownFields(options);
    for (int i = 0; i < unknown->field_count(); i++)
        if (unknown->field(i).number() == number &&
            unknown->field(i).type() == pb::UnknownField::TYPE_LENGTH_DELIMITED)
            set_encoded(f, unknown->field(i).length_delimited());
    unknown->DeleteByNumber(number);
}

template <typename Options> void mark(Options *options, int number, const features &f)
{
    pb::UnknownFieldSet set;
    for (const feature &k : known_features)
        set.AddVarint(k.number, static_cast<pb::uint64>(f.*k.member));
    std::string bytes;
    set.SerializeToString(&bytes);
    options->GetReflection()->MutableUnknownFields(options)->AddLengthDelimited(number, bytes);
}

template <typename Options> features marked(const Options &options, int number)
{
    features f;
    const pb::UnknownFieldSet &unknown = options.unknown_fields();
    for (int i = 0; i < unknown.field_count(); i++)
        if (unknown.field(i).number() == number &&
            unknown.field(i).type() == pb::UnknownField::TYPE_LENGTH_DELIMITED)
            set_encoded(&f, unknown.field(i).length_delimited());
    return f;
}

/* ---- descriptors ---- */

void resolve_enum(pb::EnumDescriptorProto *e, features f)
{
    take_features(e->mutable_options(), in_enum, &f);
    mark(e->mutable_options(), in_enum, f);
    for (pb::EnumValueDescriptorProto &v : *e->mutable_value())
        if (v.has_options())
            take_features(v.mutable_options(), in_value, &f);
}

void resolve_field(pb::FieldDescriptorProto *field, features f)
{
    take_features(field->mutable_options(), in_field, &f);
    if (field->proto3_optional())
        f.field_presence = features::EXPLICIT;
    if (field->options().has_packed())
        f.repeated_field_encoding =
            field->options().packed() ? features::PACKED : features::EXPANDED;
    field->mutable_options()->clear_packed(); /* what it is about may turn out to be a message */
    field->clear_proto3_optional();
    if (f.field_presence == features::LEGACY_REQUIRED &&
        field->label() == pb::FieldDescriptorProto::LABEL_OPTIONAL)
        field->set_label(pb::FieldDescriptorProto::LABEL_REQUIRED);
    mark(field->mutable_options(), in_field, f);
}

/* proto3's `optional` comes with a oneof of its own, which proto2 has not; they are the last. */
void drop_synthetic_oneofs(pb::DescriptorProto *m)
{
    int real = m->oneof_decl_size();
    for (pb::FieldDescriptorProto &field : *m->mutable_field())
        if (field.proto3_optional() && field.has_oneof_index()) {
            real = std::min(real, field.oneof_index());
            field.clear_oneof_index();
        }
    if (real < 0)
        fail("a oneof has no such index");
    while (m->oneof_decl_size() > real)
        m->mutable_oneof_decl()->RemoveLast();
}

void resolve_message(pb::DescriptorProto *m, features f)
{
    take_features(m->mutable_options(), in_message, &f);
    std::vector<features> oneofs;
    for (pb::OneofDescriptorProto &o : *m->mutable_oneof_decl()) {
        oneofs.push_back(f);
        if (o.has_options())
            take_features(o.mutable_options(), in_oneof, &oneofs.back());
    }
    drop_synthetic_oneofs(m);
    for (pb::FieldDescriptorProto &field : *m->mutable_field()) {
        size_t oneof = static_cast<size_t>(field.oneof_index());
        resolve_field(&field, field.has_oneof_index() && oneof < oneofs.size() ? oneofs[oneof] : f);
    }
    for (pb::FieldDescriptorProto &field : *m->mutable_extension())
        resolve_field(&field, f);
    for (pb::EnumDescriptorProto &e : *m->mutable_enum_type())
        resolve_enum(&e, f);
    for (pb::DescriptorProto &inside : *m->mutable_nested_type())
        resolve_message(&inside, f);
    for (pb::DescriptorProto::ExtensionRange &r : *m->mutable_extension_range())
        if (r.has_options())
            take_features(r.mutable_options(), in_range, &f);
}

void resolve_service(pb::ServiceDescriptorProto *service, features f)
{
    take_features(service->mutable_options(), in_service, &f);
    for (pb::MethodDescriptorProto &method : *service->mutable_method())
        if (method.has_options())
            take_features(method.mutable_options(), in_method, &f);
}

} // namespace

std::string edition_of(const char *text, size_t len)
{
    std::vector<token> all = tokens_of(text, len, 3);
    std::string edition;
    if (!is(all, 0, "edition") || !is(all, 1, "="))
        return "";
    if (all.size() == 3 && all[2].type == pb::io::Tokenizer::TYPE_STRING)
        pb::io::Tokenizer::ParseString(all[2].text, &edition);
    return known_edition(edition);
}

std::string edition_of(const pb::FileDescriptorProto &file)
{
    if (file.syntax() != "editions")
        return "";
    pb::uint64 number = 0;
    const pb::UnknownFieldSet &unknown = file.unknown_fields();
    for (int i = 0; i < unknown.field_count(); i++)
        if (unknown.field(i).number() == edition_field &&
            unknown.field(i).type() == pb::UnknownField::TYPE_VARINT)
            number = unknown.field(i).varint();
    return number == edition_2023   ? "2023"
           : number == edition_2024 ? "2024"
                                    : known_edition("number " + std::to_string(number));
}

/*
 *     edition = "2024";          syntax = "proto3";   labels may be left out, as there
 *     reserved a, b;             reserved "a", "b";
 *     import option "x.proto";   import "x.proto";
 *     export message M {}        message M {}
 */
std::string as_proto3_text(const char *text, size_t len, const std::string &edition)
{
    std::vector<token> all = tokens_of(text, len, SIZE_MAX);
    placer out;
    bool names = false; /* inside of a list of reserved names */
    out.put(all[0], "syntax=\"proto3\"");
    for (size_t i = 3; i < all.size(); i++) {
        const token &t = all[i];
        bool label = begins(all, i) && (t.text == "optional" || t.text == "required");
        if (label && all.size() > i + 2 && !is(all, i + 1, "=") && !is(all, i + 2, "="))
            fail("line " + std::to_string(t.line + 1) + ", column " + std::to_string(t.column + 1) +
                 ": editions have no label \"" + t.text + "\": features.field_presence says it");
        if (edition == "2024" && is_visibility(all, i))
            continue;
        if (t.text == "option" && i > 0 && is(all, i - 1, "import") && begins(all, i - 1))
            continue;
        names = names && t.text != ";";
        bool name = names && t.type == pb::io::Tokenizer::TYPE_IDENTIFIER;
        out.put(t, name ? "\"" + t.text + "\"" : t.text);
        if (begins(all, i) && t.text == "reserved" && i + 1 < all.size() &&
            all[i + 1].type == pb::io::Tokenizer::TYPE_IDENTIFIER)
            names = true;
    }
    return out.text;
}

void resolve_features(pb::FileDescriptorProto *file, const std::string &edition)
{
    features f = defaults_of(*file, edition);
    take_features(file->mutable_options(), in_file, &f);
    for (pb::DescriptorProto &m : *file->mutable_message_type())
        resolve_message(&m, f);
    for (pb::EnumDescriptorProto &e : *file->mutable_enum_type())
        resolve_enum(&e, f);
    for (pb::FieldDescriptorProto &field : *file->mutable_extension())
        resolve_field(&field, f);
    for (pb::ServiceDescriptorProto &service : *file->mutable_service())
        resolve_service(&service, f);
    file->set_syntax("proto2");
}

features features_of(const pb::FieldDescriptor *field)
{
    return marked(field->options(), in_field);
}

features features_of(const pb::EnumDescriptor *values)
{
    return marked(values->options(), in_enum);
}

} // namespace wr_pb
