/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Line editing with libedit.
 *
 * Characters are read by a function of our own, because libedit's reader blocks in read(): that
 * misses a signal which came just before, or which another thread of the library took. Ours waits
 * for the terminal and for the signals' pipe together.
 *
 * History: $WEIR_HISTORY, else ~/.weir_history, in libedit's format; every entry is written when
 * it is made, so a kill loses none. A statement of several lines is one entry on one line, so that
 * it can be edited as a whole; one with a `--` comment keeps its line breaks, which end the
 * comment.
 */
#include "editor.h"

#include "secrets.h"
#include "signals.h"
#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define HISTORY_ENTRIES 1000
#define LISTED_MAX      200 /* candidates shown; more are counted */
#define TYPED_AHEAD     16  /* bytes; what is more was pasted */

struct cli_editor {
    EditLine *line;
    History *history;
    char *history_path; /* NULL: not kept */
    const char *prompt;
    cli_complete_fn complete;
    void *context;
    bool interrupted; /* the current line */
};

static cli_editor *of(EditLine *line)
{
    void *e = NULL;
    el_get(line, EL_CLIENTDATA, &e);
    return e;
}

static char *show_prompt(EditLine *line)
{
    return (char *)of(line)->prompt;
}

/* ---------------------------------------------------------------- characters */

/** Wait for a byte. @return 1; 0 at the end; -1 when a signal asks to stop. */
static int read_byte(EditLine *line, char *byte)
{
    for (;;) {
        if (cli_signals_resized())
            el_resize(line);
        if (cli_signals_resumed()) { /* Ctrl-Z and fg: the shell has changed the terminal's modes */
            el_set(line, EL_PREP_TERM, 0);
            el_set(line, EL_PREP_TERM, 1);
            el_set(line, EL_REFRESH);
        }
        if (cli_signals_stop())
            return -1;
        struct pollfd wait[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                 {.fd = cli_signals_fd(), .events = POLLIN}};
        if (poll(wait, 2, -1) < 0 && errno != EINTR)
            return 0;
        if (wait[1].revents)
            cli_signals_drain();
        if (!wait[0].revents)
            continue;
        ssize_t n = read(STDIN_FILENO, byte, 1);
        if (n >= 0 || (errno != EINTR && errno != EAGAIN))
            return n > 0;
    }
}

/** libedit's el_rfunc_t: one character. Bytes that are none in the locale are left out. */
static int read_char(EditLine *line, wchar_t *out)
{
    char bytes[8];
    size_t n = 0;
    for (;;) {
        int got = read_byte(line, &bytes[n]);
        if (got <= 0) {
            if (got < 0)
                of(line)->interrupted = true;
            return got;
        }
        n++;
        mbstate_t state = {0};
        size_t len = mbrtowc(out, bytes, n, &state);
        if (len == 0 || len == n)
            return 1;
        if (len == (size_t)-1 || n == sizeof bytes)
            n = 0;
    }
}

/* ---------------------------------------------------------------- completion */

static size_t common_prefix(const cli_list *candidates)
{
    WR_ASSERT(candidates->n > 0);
    const char *first = candidates->at[0];
    size_t len = strlen(first);
    for (size_t i = 1; i < candidates->n; i++) {
        size_t same = 0;
        while (same < len && candidates->at[i][same] == first[same])
            same++;
        len = same;
    }
    while (len && ((unsigned char)first[len] & 0xc0) == 0x80) /* whole characters */
        len--;
    return len;
}

static void list_candidates(const cli_list *candidates)
{
    size_t widest = 0;
    for (size_t i = 0; i < candidates->n; i++) {
        size_t columns = cli_columns(candidates->at[i], strlen(candidates->at[i]));
        widest = columns > widest ? columns : widest;
    }
    size_t on_a_line = (size_t)cli_view_width() / (widest + 2);
    on_a_line = on_a_line ? on_a_line : 1;
    fputc('\n', stdout);
    size_t shown = candidates->n < LISTED_MAX ? candidates->n : LISTED_MAX;
    for (size_t i = 0; i < shown; i++) {
        size_t columns = cli_columns(candidates->at[i], strlen(candidates->at[i]));
        bool last = (i + 1) % on_a_line == 0 || i + 1 == shown;
        printf("%s%*s", candidates->at[i], last ? 0 : (int)(widest + 2 - columns), "");
        if (last)
            fputc('\n', stdout);
    }
    if (shown < candidates->n)
        printf("... and %zu more\n", candidates->n - shown);
    fflush(stdout);
}

/** Does a blank come after a word that is whole? */
static bool ends_word(const char *word)
{
    size_t len = strlen(word);
    return len && !strchr("([<.", word[len - 1]);
}

/**
 * Is the Tab part of a text that is being pasted? Then more than a person types ahead is waiting,
 * or anything at all where the Tab indents the line.
 */
static bool is_pasted(const LineInfo *info)
{
    int waiting = 0;
    bool indents = true;
    for (const char *at = info->buffer; at < info->cursor; at++)
        indents = indents && *at == ' ';
    if (ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0)
        return false;
    return waiting > TYPED_AHEAD || (waiting > 0 && indents);
}

/** Tab: put in what all candidates have in common, or list them. */
static unsigned char complete_word(EditLine *line, int key)
{
    (void)key;
    cli_editor *e = of(line);
    const LineInfo *info = el_line(line);
    if (is_pasted(info)) {
        el_insertstr(line, " ");
        return CC_REFRESH;
    }
    char *before = cli_copy(info->buffer, (size_t)(info->cursor - info->buffer));
    char *after = cli_copy(info->cursor, (size_t)(info->lastchar - info->cursor));
    cli_list found = {0};
    size_t typed = e->complete(e->context, before, after, &found);
    WR_ASSERT(typed <= strlen(before));
    const char *prefix = before + strlen(before) - typed;
    unsigned char result = CC_ERROR; /* a beep */
    if (found.n) {
        size_t len = common_prefix(&found);
        char *insert = cli_copy(found.at[0], len);
        result = CC_REFRESH;
        if (found.n > 1 && len <= typed) {
            list_candidates(&found);
            result = CC_REDISPLAY;
        } else {
            el_deletestr(line, (int)mbstowcs(NULL, prefix, 0));
            el_insertstr(line, insert);
            if (found.n == 1 && ends_word(insert))
                el_insertstr(line, " ");
        }
        free(insert);
    }
    for (size_t i = 0; i < found.n; i++)
        free((void *)found.at[i]);
    cli_list_free(&found);
    free(before);
    free(after);
    return result;
}

/* ---------------------------------------------------------------- history */

static char *find_history_path(void)
{
    const char *path = getenv("WEIR_HISTORY");
    if (path)
        return *path ? cli_copy(path, strlen(path)) : NULL;
    const char *home = getenv("HOME");
    if (!home || !*home)
        return NULL;
    cli_text t = {0};
    cli_text_addf(&t, "%s/.weir_history", home);
    char *copy = cli_copy(cli_text_string(&t), t.len);
    cli_text_free(&t);
    return copy;
}

static void load_history(cli_editor *e)
{
    HistEvent event;
    e->history = history_init();
    history(e->history, &event, H_SETSIZE, HISTORY_ENTRIES);
    history(e->history, &event, H_SETUNIQUE, 1);
    e->history_path = find_history_path();
    if (e->history_path)
        history(e->history, &event, H_LOAD, e->history_path);
}

/** Written anew from time to time, so that the file does not grow for ever. */
static void save_history(cli_editor *e)
{
    if (!e->history_path)
        return;
    int fd = open(e->history_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        if (fd >= 0)
            close(fd);
        fprintf(stderr, "weir: history is not kept: cannot write %s: %s\n", e->history_path,
                strerror(errno));
        free(e->history_path);
        e->history_path = NULL;
        return;
    }
    HistEvent event;
    history(e->history, &event, H_SAVE_FP, file);
    fclose(file);
}

/* SET of what nobody should find in a file, wherever in the line it stands. */
static bool sets_secret(const char *line)
{
    bool sets = strcasestr(line, "ALTER SYSTEM") != NULL;
    for (const char *at = line; !sets && (at = strcasestr(at, "SET")); at += 3) {
        const char *name = at + 3 + strspn(at + 3, " \t\n");
        sets = *name == '\'' || *name == '`' || *name == '"';
    }
    return sets && cli_names_secret(line);
}

/* For recalling it as one line; those of a quoted text are part of its value. @pre no comments,
 * whose apostrophes are no quotes. */
static void join_lines(char *line)
{
    char quote = 0;
    for (char *at = line; *at; at++) {
        if (*at == '\n' && !quote)
            *at = ' ';
        else if (quote ? *at == quote : (*at == '\'' || *at == '"' || *at == '`'))
            quote = quote ? 0 : *at;
    }
}

void cli_editor_remember(cli_editor *e, const char *entry)
{
    char *line = cli_copy(entry, strlen(entry));
    for (size_t len = strlen(line); len && line[len - 1] == '\n'; len--)
        line[len - 1] = 0;
    if (!strstr(line, "--") && !strstr(line, "/*"))
        join_lines(line);
    HistEvent event;
    if (*line && !sets_secret(line) && history(e->history, &event, H_ENTER, line) >= 0)
        save_history(e);
    free(line);
}

const char *cli_editor_history(cli_editor *e, int index)
{
    HistEvent event;
    int found = history(e->history, &event, H_LAST);
    while (found >= 0 && index-- > 0)
        found = history(e->history, &event, H_PREV);
    return found >= 0 ? event.str : NULL;
}

/* ---------------------------------------------------------------- life */

cli_editor *cli_editor_new(cli_complete_fn complete, void *context)
{
    EditLine *line = el_init("weir", stdin, stdout, stderr);
    if (!line)
        return NULL;
    cli_editor *e = cli_realloc(NULL, sizeof *e);
    *e = (cli_editor){.line = line, .prompt = "", .complete = complete, .context = context};
    load_history(e);
    el_set(line, EL_CLIENTDATA, e);
    el_set(line, EL_PROMPT, show_prompt);
    el_set(line, EL_EDITOR, "emacs");
    el_set(line, EL_HIST, history, e->history);
    el_wset(line, EL_GETCFN, read_char);
    el_wset(line, EL_ADDFN, L"weir-complete", L"complete the word", complete_word);
    el_set(line, EL_BIND, "^I", "weir-complete", NULL);
    el_set(line, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(line, NULL); /* ~/.editrc has the last word */
    return e;
}

void cli_editor_free(cli_editor *e)
{
    if (!e)
        return;
    history_end(e->history);
    el_end(e->line);
    free(e->history_path);
    free(e);
}

cli_editor_result cli_editor_read(cli_editor *e, const char *prompt, cli_text *line)
{
    int n = 0;
    e->prompt = prompt;
    e->interrupted = false;
    cli_text_clear(line);
    /* libedit prints the prompt first and sets the terminal up then, and sets it back after each
     * line. What is typed or pasted in between would be echoed by the kernel, and Ctrl-D lost. So
     * the terminal stays set up, also while statements run: what is typed then waits unseen. */
    el_set(e->line, EL_PREP_TERM, 1);
    const char *got = el_gets(e->line, &n);
    el_set(e->line, EL_PREP_TERM, 1);
    if (e->interrupted) {
        const LineInfo *info = el_line(e->line);
        cli_text_add(line, info->buffer, (size_t)(info->lastchar - info->buffer));
        el_reset(e->line);
        el_set(e->line, EL_PREP_TERM, 1);
        return CLI_EDITOR_INTERRUPT;
    }
    if (!got || n <= 0)
        return CLI_EDITOR_END;
    cli_text_add(line, got, strlen(got));
    while (line->len && (line->at[line->len - 1] == '\n' || line->at[line->len - 1] == '\r'))
        line->len--;
    return CLI_EDITOR_LINE;
}
