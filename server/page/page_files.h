/* SPDX-License-Identifier: Apache-2.0 */
/* The files of web/ as cmake/EmbedFiles.cmake puts them into the library. */
#ifndef WR_SERVER_PAGE_PAGE_FILES_H
#define WR_SERVER_PAGE_PAGE_FILES_H

#include <stddef.h>

typedef struct wr_page_file {
    const char *name; /* "app.js" */
    const char *type; /* media type */
    const char *etag; /* in its quotes; a hash of the content */
    const unsigned char *bytes;
    size_t n;
} wr_page_file;

extern const wr_page_file wr__page_files[];
extern const size_t wr__page_files_n;

#endif
