/* SPDX-License-Identifier: Apache-2.0 */
/* What ends the process is tried in a child, and seen by its signal and its last words. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Run @p f in a child; its stderr goes to @p text. @return the signal that ended it, or 0. */
static int last_words(void (*f)(void), char *text, size_t size)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        dup2(fds[1], 2);
        close(fds[0]);
        close(fds[1]);
        f();
        _exit(0);
    }
    close(fds[1]);
    size_t n = 0;
    ssize_t got;
    while (n + 1 < size && (got = read(fds[0], text + n, size - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    close(fds[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void break_invariant(void)
{
    WR_ASSERT(1 + 1 == 3);
}

static void keep_invariant(void)
{
    WR_ASSERT(1 + 1 == 2);
}

static void test_assert_ends_the_process(void **state)
{
    (void)state;
    char text[4096];
    assert_int_equal(last_words(break_invariant, text, sizeof text), SIGABRT);
    assert_non_null(strstr(text, "1 + 1 == 3"));
    assert_non_null(strstr(text, "test_base.c:"));
    assert_int_equal(last_words(keep_invariant, text, sizeof text), 0);
    assert_string_equal(text, "");
}

#ifndef WR_SANITIZED /* the sanitizers' own allocators end the process before malloc returns */
static void ask_for_too_much(void)
{
    volatile size_t size = SIZE_MAX / 4;
    wr_free(wr_malloc(size));
}

static void test_out_of_memory_ends_the_process(void **state)
{
    (void)state;
    char text[4096];
    assert_int_equal(last_words(ask_for_too_much, text, sizeof text), SIGABRT);
    assert_non_null(strstr(text, "out of memory"));
}
#endif

static void test_allocation(void **state)
{
    (void)state;
    char *p = wr_calloc(10, 2);
    for (int i = 0; i < 20; i++)
        assert_int_equal(p[i], 0);
    memcpy(p, "kept", 5);
    p = wr_realloc(p, 1000);
    assert_string_equal(p, "kept");
    wr_free(p);
    void *none = wr_malloc(0);
    assert_non_null(none);
    none = wr_realloc(none, 0);
    assert_non_null(none);
    wr_free(none);
    wr_free(NULL);
    char *s = wr_strdup("copy");
    assert_string_equal(s, "copy");
    wr_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assert_ends_the_process),
#ifndef WR_SANITIZED
        cmocka_unit_test(test_out_of_memory_ends_the_process),
#endif
        cmocka_unit_test(test_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
