/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One epoll for the sockets of a client, each with its connection as data, and an eventfd without.
 */
#include "runtime/log/wire/wire_loop.h"
#include "runtime/log/wire/wire_connection.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EVENTS = 16 };

weir_status wr__wire_loop_init(wr_wire_loop *l, weir_error *err)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->epoll_fd >= 0 && l->wake_fd >= 0 &&
        epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->wake_fd, &e) == 0)
        return WEIR_OK;
    return wr_error(err, WEIR_ERR_LOG, "A client of Kafka: %s", strerror(errno));
}

void wr__wire_loop_free(wr_wire_loop *l)
{
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    if (l->epoll_fd >= 0)
        close(l->epoll_fd);
    *l = (wr_wire_loop){-1, -1};
}

bool wr__wire_loop_wait(wr_wire_loop *l, int wait_ms, bool *woken)
{
    struct epoll_event events[EVENTS];
    WR_ASSERT(l->epoll_fd >= 0 && l->wake_fd >= 0);
    int n = epoll_wait(l->epoll_fd, events, EVENTS, wait_ms);
    WR_ASSERT(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr) {
            wr__wire_connection_progress(events[i].data.ptr);
            continue;
        }
        uint64_t count;
        *woken = read(l->wake_fd, &count, sizeof count) > 0 || *woken;
    }
    return n > 0;
}

void wr__wire_loop_wake(wr_wire_loop *l)
{
    uint64_t one = 1;
    WR_ASSERT(l->wake_fd >= 0);
    ssize_t n = write(l->wake_fd, &one, sizeof one);
    (void)n; /* where it is full, it wakes anyway */
}

int wr__wire_loop_until(int64_t now_ms, int64_t due_ms, int64_t deadline_ms)
{
    int64_t until = WR_MIN(due_ms, deadline_ms);
    return until == INT64_MAX ? -1 : (int)WR_MIN(WR_MAX(until - now_ms, 0), (int64_t)INT32_MAX);
}
