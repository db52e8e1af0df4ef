# SPDX-License-Identifier: Apache-2.0
# Files as arrays of C, for a program that carries them. A script, run at build time:
#
#   cmake -DOUT=page_files.c -DHEADER=server/page/page_files.h "-DFILES=a;b" -P EmbedFiles.cmake
#
# HEADER declares wr_page_file and wr__page_files. A file's ETag is a hash of its content.
set(types_html "text/html; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_svg "image/svg+xml")

set(arrays "")
set(rows "")
set(count 0)
foreach(file IN LISTS FILES)
    get_filename_component(name "${file}" NAME)
    string(REGEX REPLACE "^.*\\." "" suffix "${name}")
    if(NOT DEFINED types_${suffix})
        message(FATAL_ERROR "${name}: no media type is known for .${suffix}")
    endif()
    file(READ "${file}" hex HEX)
    file(SHA256 "${file}" hash)
    string(SUBSTRING "${hash}" 0 16 hash)
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    string(APPEND arrays "static const unsigned char file_${count}[] = {\n${hex}};\n")
    string(APPEND rows "    {\"${name}\", \"${types_${suffix}}\", \"\\\"${hash}\\\"\", file_${count},\n"
                       "     sizeof file_${count}},\n")
    math(EXPR count "${count} + 1")
endforeach()
file(WRITE "${OUT}" "/* Made by cmake/EmbedFiles.cmake. */\n#include \"${HEADER}\"\n\n${arrays}\n"
    "const wr_page_file wr__page_files[] = {\n${rows}};\n"
    "const size_t wr__page_files_n = ${count};\n")
