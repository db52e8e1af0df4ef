/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.h - which statements of a history still count: what was dropped is gone from it, with
 * everything that was said about it, as far as nothing that is left needs it.
 *
 * Pure functions over lists, for both places where histories are: the data directory, which keeps
 * what counts (kept.c), and the command topic, which has everything, and of which what counts is
 * taken when it is read (wr__history_add).
 */
#ifndef WR_RUNTIME_STATEMENT_HISTORY_H
#define WR_RUNTIME_STATEMENT_HISTORY_H

#include "runtime/instance/command_record.h"

/** Does a statement about something else read the source, or write to it? @p subject: of a source.
 */
bool wr__history_needs(const wr_kept_list *kept, const char *subject);
/** A source that was dropped and is needed no more; NULL: there is none. */
const char *wr__history_left_over(const wr_kept_list *kept);
/**
 * The next statement of the history: @p kept becomes what counts after it. A PAUSE counts until
 * there is a RESUME. Texts are borrowed, or made in @p a.
 */
void wr__history_add(wr_kept_list *kept, wr_arena *a, const wr_kept *k);
/** All statements of a record that has taken effect. */
void wr__history_add_command(wr_kept_list *kept, wr_arena *a, const wr_command *c);

#endif
