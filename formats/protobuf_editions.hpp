/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf_editions.hpp - files with an edition (2023, 2024) for a library that knows proto2 and
 * proto3 only. Used by protobuf_shim.cpp alone.
 *
 * An edition has no semantics of its own: `features` say of each field and enum what the syntax
 * said before (presence, packed or not, open or closed, groups), and they are inherited from the
 * file down. So a file is taken apart in two steps:
 *
 *   its text       keywords that the library's parser does not know are taken out or rewritten
 *                  (as_proto3_text), tokens keep their places, so errors point where they should
 *   its descriptor becomes one of proto2, and each field and enum is marked with the features that
 *                  hold for it (resolve_features), which whoever reads the linked descriptors
 *                  asks for (features_of)
 *
 * A file of proto3 cannot use enums of proto2. So where one file of a schema has an edition, all of
 * them are taken apart so: proto2 and proto3 are sets of features like the others.
 *
 * Not looked at: utf8_validation (texts are repaired whatever the schema says), json_format, naming
 * styles, visibility, features of single languages.
 */
#ifndef WR_FORMATS_PROTOBUF_EDITIONS_HPP
#define WR_FORMATS_PROTOBUF_EDITIONS_HPP

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <string>

namespace wr_pb
{

/* What FeatureSet says, with its numbers; 0: it says nothing. */
struct features {
    enum { EXPLICIT = 1, IMPLICIT = 2, LEGACY_REQUIRED = 3 };
    enum { OPEN = 1, CLOSED = 2 };
    enum { PACKED = 1, EXPANDED = 2 };
    enum { LENGTH_PREFIXED = 1, DELIMITED = 2 };
    int field_presence = 0, enum_type = 0, repeated_field_encoding = 0, message_encoding = 0;
};

/** The edition that the text begins with, comments and blanks aside; "": none. Throws where it is
 *  not one of those that are known. */
std::string edition_of(const char *text, size_t len);
/** The edition that a descriptor has; "": none. Throws likewise. */
std::string edition_of(const google::protobuf::FileDescriptorProto &file);

/** The text with an edition as one that the library parses as proto3. */
std::string as_proto3_text(const char *text, size_t len, const std::string &edition);

/** Make the file, of any syntax or edition, one of proto2 with features marked. */
void resolve_features(google::protobuf::FileDescriptorProto *file, const std::string &edition);

/** What is marked; all 0 where nothing is, so the library's own answers hold. */
features features_of(const google::protobuf::FieldDescriptor *field);
features features_of(const google::protobuf::EnumDescriptor *values);

} // namespace wr_pb

#endif
