/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sasl.h - the client's side of SASL PLAIN (RFC 4616) and SCRAM-SHA-256 and -512 (RFC 5802, 7677):
 * bytes in, bytes out. Threads: an exchange belongs to one.
 */
#ifndef WR_RUNTIME_LOG_WIRE_SASL_H
#define WR_RUNTIME_LOG_WIRE_SASL_H

#include "common/buf.h"
#include "common/error.h"

typedef struct wr_wire_sasl wr_wire_sasl;

bool wr__wire_sasl_knows(const char *mechanism);
/** @pre the mechanism is known. Texts are borrowed. */
wr_wire_sasl *wr__wire_sasl_new(const char *mechanism, const char *user, const char *password);
void wr__wire_sasl_free(wr_wire_sasl *s);
/**
 * What to send next, appended to @p out; @p said is what the server sent last, empty at first.
 * *done: nothing is to be sent any more, and the server has shown that it knows the password where
 * the mechanism has it show that. @return WEIR_ERR_LOG: it has not, or makes no sense.
 */
weir_status wr__wire_sasl_step(wr_wire_sasl *s, wr_str said, wr_buf *out, bool *done,
                               weir_error *err) WR_MUST_CHECK;
/** The client's nonce, for tests. @pre before the first step */
void wr__wire_sasl_set_nonce(wr_wire_sasl *s, const char *nonce);

#endif
