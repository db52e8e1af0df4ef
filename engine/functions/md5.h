/* SPDX-License-Identifier: Apache-2.0 */
/* md5.h - the MD5 digest (RFC 1321), for the function of that name; not for anything secret. */
#ifndef WR_ENGINE_FUNCTIONS_MD5_H
#define WR_ENGINE_FUNCTIONS_MD5_H

#include "common/str.h"

/* The digest of @p bytes. Not for anything that must be safe against an attacker. */
void wr__md5(wr_str bytes, uint8_t digest[16]);

#endif
