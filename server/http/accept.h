/* SPDX-License-Identifier: Apache-2.0 */
/* accept.h - which of the media types on offer a client takes (RFC 9110, 12.5.1). */
#ifndef WR_SERVER_HTTP_ACCEPT_H
#define WR_SERVER_HTTP_ACCEPT_H

#include <stddef.h>

/**
 * The best of @p offers by the weights of an Accept header; of equal ones the first that the header
 * names, and by a range (a wildcard) the first that is offered.
 * @param accept  the header; NULL or blank: everything is taken.
 * @return its index, or -1: none is acceptable.
 */
int wr_http_accept(const char *accept, const char *const *offers, size_t n);

#endif
