/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reservation.h - who works on which object just now.
 *
 * A statement that changes something plans under the engine's lock, gives the lock back while it
 * creates topics or stops queries, and takes it again to enter the result in the catalog. In
 * between nobody else may change what it has planned with. So while it holds the lock it reserves
 * every object that it needs: shared what it only reads (the sources of a SELECT), exclusively what
 * it makes, changes or removes.
 *
 * All or nothing: a statement that finds one object taken takes none, waits until something is
 * given back, and plans again, since what it had planned may be wrong by now. Nobody waits while
 * holding a reservation for a second one, so there are no deadlocks.
 *
 * Statements that only look (SHOW, EXPLAIN, pull queries) reserve nothing and never wait here.
 */
#ifndef WR_RUNTIME_INSTANCE_RESERVATION_H
#define WR_RUNTIME_INSTANCE_RESERVATION_H

#include "runtime/instance/wait.h"

typedef enum wr_object {
    WR_OBJECT_SOURCE,     /* by name */
    WR_OBJECT_TYPE,       /* by name */
    WR_OBJECT_QUERY,      /* by id */
    WR_OBJECT_EVERYTHING, /* a query file, from its check to its end; no name */
} wr_object;

typedef struct wr_claim {
    wr_object kind;
    bool exclusive;
    char *name;        /* upper case does not matter: names are as in the catalog */
    const void *owner; /* claims of one owner never exclude each other */
} wr_claim;

/** What one statement needs; zeroed, it is empty. */
typedef struct wr_reservation {
    wr_engine *engine; /* NULL: nothing is held */
    const void *owner; /* NULL: the reservation itself */
    wr_claim *claims;
    size_t n, cap;
} wr_reservation;

/** Add an object to what will be asked for. @p name is copied. @pre nothing is held */
void wr_reservation_add(wr_reservation *r, wr_object kind, const char *name, bool exclusive);
/** Forget what was to be asked for. @pre nothing is held */
void wr_reservation_clear(wr_reservation *r);
/**
 * Under the lock: take all of it, or nothing.
 * @return NULL, or what is taken ("stream, table S"), in @p busy, for a message.
 */
const char *wr_reservation_take(wr_reservation *r, wr_engine *e, char *busy, size_t busy_size);
/** Give back what is held, and forget it. Takes the lock. */
void wr_reservation_release(wr_reservation *r);

/** What all statements hold together; the engine's. */
typedef struct wr__reserved {
    wr_claim *claims; /* names are their reservations' */
    size_t n, cap;
} wr__reserved;
void wr__reserved_free(wr__reserved *all);

#endif
