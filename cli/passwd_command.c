/* SPDX-License-Identifier: Apache-2.0 */
/* `weir passwd`: users and salted hashes of their passwords, for `weir server`. */
#include "program.h"

#include "open.h"
#include "secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/** A line of standard input, not shown on a terminal. @return false, with a message. */
static bool read_password(const char *user, cli_text *out)
{
    struct termios before, silent;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        fprintf(stderr, "Password of %s: ", user);
    }
    int c;
    while ((c = getchar()) != EOF && c != '\n')
        cli_text_addc(out, (char)c, 1);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    if (out->len > 0)
        return true;
    fprintf(stderr, "weir: no password was given\n");
    return false;
}

/** The file's lines but the user's, who keeps his roles, and the new one. */
static void replace_line(const char *before, const char *user, const char *line, cli_text *out)
{
    size_t n = strlen(user);
    const char *roles = "";
    size_t roles_n = 0;
    for (const char *at = before; *at;) {
        size_t len = strcspn(at, "\n");
        if (strncmp(at, user, n) != 0 || at[n] != ':') {
            cli_text_add(out, at, len);
            cli_text_addc(out, '\n', 1);
        } else if (memchr(at, ',', len)) {
            roles = memchr(at, ',', len);
            roles_n = len - (size_t)(roles - at);
        }
        at += len + (at[len] == '\n');
    }
    cli_text_adds(out, line);
    cli_text_add(out, roles, roles_n);
    cli_text_addc(out, '\n', 1);
}

/** In one step, so that a server that reads it meanwhile sees all of it. */
static bool write_file(const char *path, const cli_text *text)
{
    cli_text temporary = {0};
    cli_text_addf(&temporary, "%s.XXXXXX", path);
    char *name = temporary.at;
    cli_text_string(&temporary);
    int fd = mkstemp(name);
    bool ok = fd >= 0 && write(fd, text->at, text->len) == (ssize_t)text->len && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    ok = ok && rename(name, path) == 0;
    if (!ok)
        fprintf(stderr, "weir: cannot write %s: %s\n", path, strerror(errno));
    if (!ok && fd >= 0)
        unlink(name);
    cli_text_free(&temporary);
    return ok;
}

static int run_passwd(void *settings, const cli_list *operands)
{
    (void)settings;
    const char *path = operands->at[0], *user = operands->at[1];
    cli_text password = {0}, before = {0}, after = {0};
    char line[512];
    weir_error err = {0};
    int status = CLI_FAILED;
    cli_no_core_dump();
    if ((access(path, F_OK) != 0 || cli_read_file(path, &before)) &&
        read_password(user, &password)) {
        if (weir_password_line(user, cli_text_string(&password), line, sizeof line, &err) !=
            WEIR_OK) {
            cli_show_error(&err);
        } else {
            replace_line(cli_text_string(&before), user, line, &after);
            status = write_file(path, &after) ? CLI_OK : CLI_FAILED;
        }
    }
    cli_text_free(&password);
    cli_text_free(&before);
    cli_text_free(&after);
    return status;
}

const cli_command cli_passwd_command = {
    .name = "passwd",
    .operands = "FILE USER",
    .operands_min = 2,
    .operands_max = 2,
    .summary = "Set a user's password for the server",
    .about = "The password is a line of standard input. FILE holds salted hashes (scrypt); it is\n"
             "made where it does not exist. weir.authentication.file names it to the server.",
    .settings_size = 1,
    .run = run_passwd,
};
