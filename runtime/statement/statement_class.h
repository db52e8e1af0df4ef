/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement_class.h - what each family of statements provides, and the table of them all
 * (statement.c). Adding a statement: README.md.
 */
#ifndef WR_RUNTIME_STATEMENT_STATEMENT_CLASS_H
#define WR_RUNTIME_STATEMENT_STATEMENT_CLASS_H

#include "runtime/instance/reservation.h"
#include "runtime/statement/program_change.h"
#include "runtime/statement/statement.h"

typedef struct wr__statement_class {
    wr_exec_kind kind;
    /**
     * All of the statement, or the opening of its rows. Without the lock, which it takes for what
     * it looks up; not while it waits. On failure nothing has changed, and it may be called again.
     */
    weir_status (*execute)(wr_exec *x, weir_error *err);
    /** NULL: rows are those of sections[0]. */
    weir_status (*step)(wr_exec *x, int timeout_ms, weir_error *err);
    /** NULL: nothing but memory of x->arena. Also after a failed execute. */
    void (*close)(wr_exec *x);
} wr__statement_class;

extern const wr__statement_class wr__push_class, wr__pull_class; /* query_rows.c */
extern const wr__statement_class wr__print_class;                /* print.c */
extern const wr__statement_class wr__analyze_class;              /* profile_rows.c */

weir_status wr__execute_definition(wr_exec *x, weir_error *err);    /* define.c */
weir_status wr__execute_drop(wr_exec *x, weir_error *err);          /* drop.c */
weir_status wr__execute_type(wr_exec *x, weir_error *err);          /* custom_type.c */
weir_status wr__execute_control(wr_exec *x, weir_error *err);       /* control.c */
weir_status wr__execute_set(wr_exec *x, weir_error *err);           /* session_vars.c */
weir_status wr__execute_define(wr_exec *x, weir_error *err);        /* session_vars.c */
weir_status wr__execute_insert_values(wr_exec *x, weir_error *err); /* insert.c */
weir_status wr__execute_assert_schema(wr_exec *x, weir_error *err); /* assert_schema.c */
weir_status wr__execute_assert_topic(wr_exec *x, weir_error *err);  /* assert_topic.c */
weir_status wr__execute_show(wr_exec *x, weir_error *err);          /* show.c */
weir_status wr__execute_describe(wr_exec *x, weir_error *err);      /* describe.c */
weir_status wr__execute_explain(wr_exec *x, weir_error *err);       /* explain.c */

/** Plan only, against @p catalog, and add there what it would define. Of a query file. */
weir_status wr__validate_definition(wr_exec *x, wr_catalog *catalog, wr__defined *out,
                                    weir_error *err); /* define.c */

/** Under the lock. An error where the source belongs to a service (offered.h). define.c */
weir_status wr__check_not_offered(const wr_exec *x, const char *kind, const char *name,
                                  weir_error *err) WR_MUST_CHECK;
/** Nobody else's statement comes until @p all is released. Waits as a statement does. script.c */
weir_status wr__reserve_everything(wr_engine *e, wr_reservation *all,
                                   weir_error *err) WR_MUST_CHECK;
/** Durable on return, or nothing of it is ever written. Waits as a statement does. insert.c */
weir_status wr__write_sync(wr_exec *x, const char *topic, const wr_out_records *records,
                           weir_error *err) WR_MUST_CHECK;
/** x->settings as the session's are now. Takes the lock. */
void wr__take_settings(wr_exec *x);
/** What the statement has to say, in its arena. */
void wr__say(wr_exec *x, const char *fmt, ...) WR_PRINTF(2, 3);

#endif
