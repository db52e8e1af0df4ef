/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passwords.h - a file of users and salted hashes of their passwords.
 *
 *     # a comment
 *     ada:$scrypt$16384$8$1$<salt>$<hash>      what `weir passwd` writes; salt and hash in base 64
 *     bob:$scrypt$...,admin,dev                roles after it, as in Jetty's form
 *
 * A file is loaded as a whole and not changed; verifying costs tens of milliseconds and 16 MB on
 * purpose, so it is done off the loop and remembered (gate.h).
 */
#ifndef WR_SERVER_PASSWORDS_H
#define WR_SERVER_PASSWORDS_H

#include "common/error.h"

typedef struct wr_passwords wr_passwords;

/** @return WEIR_ERR_IO; WEIR_ERR_CONFIG with the line. Passwords in plain text are refused. */
weir_status wr_passwords_load(const char *path, wr_passwords **out, weir_error *err) WR_MUST_CHECK;
void wr_passwords_free(wr_passwords *p);
/** Any thread. Takes as long for a user who does not exist. */
bool wr_passwords_verify(const wr_passwords *p, const char *user, const char *password);
/** Is one of the roles @p wanted (with commas between them; *, ** or "": any or none) in @p has? */
bool wr_roles_suffice(const char *has, const char *wanted);
/** Has @p user one of @p roles, as above? Any thread. */
bool wr_passwords_has_role(const wr_passwords *p, const char *user, const char *roles);

#endif
