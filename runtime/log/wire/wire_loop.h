/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_loop.h - where a client waits: its sockets and whoever wakes it, in one epoll.
 *
 * Threads: one, but for wake.
 */
#ifndef WR_RUNTIME_LOG_WIRE_WIRE_LOOP_H
#define WR_RUNTIME_LOG_WIRE_WIRE_LOOP_H

#include "common/error.h"

typedef struct wr_wire_loop {
    int epoll_fd, wake_fd; /* -1: not there */
} wr_wire_loop;

/** @return WEIR_ERR_LOG: no file descriptors are left. wr__wire_loop_free also after that. */
weir_status wr__wire_loop_init(wr_wire_loop *l, weir_error *err) WR_MUST_CHECK;
/** After the connections in it. */
void wr__wire_loop_free(wr_wire_loop *l);
/**
 * Wait up to @p wait_ms (< 0: for ever), and let the connections whose sockets are ready go on.
 * *woken becomes true where somebody has woken it. @return whether anything has happened.
 */
bool wr__wire_loop_wait(wr_wire_loop *l, int wait_ms, bool *woken);
/** Any thread. */
void wr__wire_loop_wake(wr_wire_loop *l);
/** For wr__wire_loop_wait: until the earlier of two times of wr__wire_now_ms; INT64_MAX: never. */
int wr__wire_loop_until(int64_t now_ms, int64_t due_ms, int64_t deadline_ms);

#endif
