# Every library the project stands on; scripts/deps names the Debian packages.
#
# Each one also enters weir.pc and the CMake package, because a program that links libweir.a needs
# them all. So add a library here with weir_dependency, not with a bare pkg_check_modules.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
set(WEIR_DEPENDENCIES "") # "NAME module;..." as weir.pc and weirConfig.cmake need them

# weir_dependency(NAME module...): imported target PkgConfig::NAME; part of libweir.
macro(weir_dependency name)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${ARGN})
    string(REPLACE ";" " " weir_modules "${ARGN}")
    list(APPEND WEIR_DEPENDENCIES "${name} ${weir_modules}")
endmacro()

weir_dependency(GMP gmp)
weir_dependency(XXHASH libxxhash)
weir_dependency(PCRE2 libpcre2-8)
weir_dependency(ICU icu-uc icu-i18n)
weir_dependency(RDKAFKA rdkafka)
weir_dependency(JANSSON jansson)
weir_dependency(CURL libcurl)
weir_dependency(ROCKSDB rocksdb)
weir_dependency(LZ4 liblz4)
weir_dependency(SNAPPY snappy)
weir_dependency(ZLIB zlib)
weir_dependency(ZSTD libzstd)
weir_dependency(PROTOBUF protobuf)
weir_dependency(UV libuv)
weir_dependency(NGHTTP2 libnghttp2)
weir_dependency(OPENSSL openssl)
# These have no pkg-config file: they are linked by name, here and in weir.pc.
set(WEIR_PLAIN_LIBRARIES wslay http_parser)
foreach(library IN LISTS WEIR_PLAIN_LIBRARIES)
    find_library(${library}_LIBRARY ${library} REQUIRED)
endforeach()

# Of the program and the tests only.
pkg_check_modules(EDIT REQUIRED IMPORTED_TARGET libedit)
if(BUILD_TESTING)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
if(WEIR_MIMALLOC)
    find_library(MIMALLOC_LIBRARY mimalloc REQUIRED)
endif()
