/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statement before the cursor is cut into words; the last of them decide what may follow.
 *
 * Three layers, the first that knows wins: an open string (settings, topics), a fixed sequence of
 * words (SHOW, GROUP, DROP TABLE ...: a table), and inside of a query its clause. Nothing is
 * parsed: what is being typed is not whole yet, and a wrong guess costs a wrong offer, not a wrong
 * result.
 */
#include "completion.h"

#include "sql_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------- offers */

typedef struct completer {
    weir *w;
    const char *prefix; /* what has been typed of the word */
    size_t prefix_len;
    bool lower;        /* the person types in lower case */
    cli_words words;   /* before the word */
    const char *after; /* the text after the cursor */
    cli_list *out;
} completer;

static void add(completer *c, const char *text, const char *tail, bool fit_case)
{
    cli_text t = {0};
    cli_text_adds(&t, text);
    for (size_t i = 0; fit_case && c->lower && !strchr(text, '`') && i < t.len; i++)
        t.at[i] = (char)tolower((unsigned char)t.at[i]);
    cli_text_adds(&t, tail);
    cli_list_add(c->out, cli_copy(cli_text_string(&t), t.len));
    cli_text_free(&t);
}

/** A keyword or a name, in any case; "name" also begins "`name`". */
static void offer(completer *c, const char *text, const char *tail)
{
    const char *from = *text == '`' && (!c->prefix_len || *c->prefix != '`') ? text + 1 : text;
    if (strncasecmp(from, c->prefix, c->prefix_len) == 0)
        add(c, text, tail, true);
}

/** What is inside of quotes: case matters. */
static void offer_string(completer *c, const char *text)
{
    if (strncmp(text, c->prefix, c->prefix_len) == 0)
        add(c, text, "'", false);
}

/** Words separated by "|", each perhaps of several words. */
static void offer_words(completer *c, const char *list)
{
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, "|");
        char *text = cli_copy(at, len);
        offer(c, text, "");
        free(text);
        at += len + (at[len] == '|');
    }
}

static void offer_names(completer *c, cli_names what, const char *tail)
{
    cli_list names = {0};
    cli_names_list(c->w, what, &names);
    for (size_t i = 0; i < names.n; i++)
        offer(c, names.at[i], tail);
    cli_candidates_free(&names);
}

/** Topics keep their case, and stand in quotes unless they are words. */
static void offer_topics(completer *c)
{
    cli_list names = {0};
    cli_names_list(c->w, CLI_NAMES_TOPICS, &names);
    for (size_t i = 0; i < names.n; i++) {
        size_t len = 0;
        while (cli_in_name(names.at[i][len]))
            len++;
        bool is_plain = !names.at[i][len] && !isdigit((unsigned char)names.at[i][0]);
        if (strncmp(names.at[i], c->prefix, c->prefix_len) != 0)
            continue;
        cli_text quoted = {0};
        cli_text_addf(&quoted, is_plain ? "%s" : "'%s'", names.at[i]);
        add(c, cli_text_string(&quoted), "", false);
        cli_text_free(&quoted);
    }
    cli_candidates_free(&names);
}

static void offer_columns(completer *c, const char *source)
{
    cli_list names = {0};
    cli_names_columns(c->w, source, &names);
    for (size_t i = 0; i < names.n; i++)
        offer(c, names.at[i], "");
    cli_candidates_free(&names);
}

/* ---------------------------------------------------------------- strings */

/** The word at @p back places from the end; a word of no kind where there is none. */
static const cli_word *last(const completer *c, size_t back)
{
    static const cli_word none;
    return back < c->words.n ? &c->words.at[c->words.n - 1 - back] : &none;
}

static void offer_strings_of(completer *c, cli_names what)
{
    cli_list names = {0};
    cli_names_list(c->w, what, &names);
    for (size_t i = 0; i < names.n; i++)
        offer_string(c, names.at[i]);
    cli_candidates_free(&names);
}

static void offer_string_list(completer *c, const char *const *list)
{
    for (; *list; list++)
        offer_string(c, *list);
}

/** After a `'`. */
static void in_string(completer *c)
{
    static const char *const formats[] = {"JSON", "DELIMITED", "KAFKA", "NONE", NULL};
    static const char *const windows[] = {"TUMBLING", "HOPPING", "SESSION", NULL};
    static const char *const resets[] = {"earliest", "latest", NULL};
    const cli_word *name = last(c, 1);
    if (cli_word_is_one_of(last(c, 0), "SET UNSET SYSTEM")) {
        offer_strings_of(c, CLI_NAMES_SETTINGS);
    } else if (cli_word_is(last(c, 0), "PRINT")) {
        offer_strings_of(c, CLI_NAMES_TOPICS);
    } else if (last(c, 0)->kind == '=') {
        if (cli_word_is(name, "KAFKA_TOPIC"))
            offer_strings_of(c, CLI_NAMES_TOPICS);
        else if (cli_word_is_one_of(name, "FORMAT KEY_FORMAT VALUE_FORMAT"))
            offer_string_list(c, formats);
        else if (cli_word_is(name, "WINDOW_TYPE"))
            offer_string_list(c, windows);
        else if (name->kind == 's' && name->len == 17 &&
                 strncmp(name->at, "auto.offset.reset", 17) == 0)
            offer_string_list(c, resets);
    }
}

/* ---------------------------------------------------------------- fixed words */

enum {
    SOURCES = 1,
    STREAMS = 2,
    TABLES = 4,
    TOPICS = 8,
    QUERIES = 16,
    FUNCTIONS = 32,
    TYPES = 64,
    VARIABLES = 128,
    ALL = 256, /* of queries: only where it has been begun, since Tab must not end all there are */
};

/** What follows words at the start of a statement, or (`anywhere`) at any place of it. */
typedef struct follow {
    const char *words; /* separated by blanks; the longest that fits wins, so it comes first */
    bool anywhere;
    const char *then; /* separated by "|" */
    unsigned names;
} follow;

static const follow follows[] = {
    {"CREATE OR REPLACE", false, "STREAM|TABLE", 0},
    {"CREATE OR", false, "REPLACE", 0},
    {"CREATE SOURCE", false, "STREAM|TABLE", 0},
    {"CREATE", false, "STREAM|TABLE|TYPE|OR REPLACE|SOURCE", 0},
    {"INSERT INTO", false, "", SOURCES},
    {"INSERT", false, "INTO", 0},
    {"DROP STREAM IF EXISTS", false, "", STREAMS},
    {"DROP TABLE IF EXISTS", false, "", TABLES},
    {"DROP TYPE IF EXISTS", false, "", TYPES},
    {"DROP STREAM", false, "IF EXISTS", STREAMS},
    {"DROP TABLE", false, "IF EXISTS", TABLES},
    {"DROP TYPE", false, "IF EXISTS", TYPES},
    {"DROP", false, "STREAM|TABLE|TYPE", 0},
    {"ALTER STREAM", false, "", STREAMS},
    {"ALTER TABLE", false, "", TABLES},
    {"ALTER", false, "STREAM|TABLE", 0},
    {"SHOW", false, "STREAMS|TABLES|TOPICS|ALL TOPICS|QUERIES|FUNCTIONS|PROPERTIES|TYPES|VARIABLES",
     0},
    {"LIST", false, "STREAMS|TABLES|TOPICS|ALL TOPICS|QUERIES|FUNCTIONS|PROPERTIES|TYPES|VARIABLES",
     0},
    {"DESCRIBE FUNCTION", false, "", FUNCTIONS},
    {"DESCRIBE", false, "FUNCTION", SOURCES},
    {"EXPLAIN ANALYZE", false, "", QUERIES},
    {"EXPLAIN", false, "ANALYZE|SELECT|CREATE", QUERIES},
    {"TERMINATE", false, "", QUERIES | ALL},
    {"PAUSE", false, "", QUERIES | ALL},
    {"RESUME", false, "", QUERIES | ALL},
    {"PRINT", false, "", TOPICS},
    {"UNDEFINE", false, "", VARIABLES},
    {"RUN", false, "SCRIPT", 0},
    {"ASSERT LAST", false, "VALUES|NULL VALUES", 0},
    {"ASSERT VALUES", false, "", SOURCES},
    {"ASSERT STREAM", false, "", STREAMS},
    {"ASSERT TABLE", false, "", TABLES},
    {"ASSERT", false, "VALUES|NULL VALUES|LAST|STREAM|TABLE|TOPIC", 0},
    {"FROM", true, "", SOURCES},
    {"JOIN", true, "", SOURCES},
    {"LEFT OUTER", true, "JOIN", 0},
    {"RIGHT OUTER", true, "JOIN", 0},
    {"FULL OUTER", true, "JOIN", 0},
    {"LEFT", true, "JOIN|OUTER JOIN", 0},
    {"RIGHT", true, "JOIN|OUTER JOIN", 0},
    {"FULL", true, "JOIN|OUTER JOIN", 0},
    {"INNER", true, "JOIN", 0},
    {"GROUP", true, "BY", 0},
    {"PARTITION", true, "BY", 0},
    {"EMIT", true, "CHANGES|FINAL", 0},
    {"WINDOW", true, "TUMBLING (SIZE|HOPPING (SIZE|SESSION (", 0},
    {"GRACE", true, "PERIOD", 0},
    {"DELETE", true, "TOPIC", 0},
    {"IS NOT", true, "NULL|DISTINCT FROM", 0},
    {"IS", true, "NULL|NOT NULL|DISTINCT FROM|NOT DISTINCT FROM", 0},
};

/** Do the last words of the statement (all of them, unless anywhere) say so? */
static bool follow_fits(const completer *c, const follow *f)
{
    size_t n = 0;
    for (const char *at = f->words; *at; n++) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    WR_ASSERT(n > 0);
    if (c->words.n < n || (!f->anywhere && c->words.n != n))
        return false;
    const cli_word *w = c->words.at + c->words.n - n;
    for (const char *at = f->words; *at; w++) {
        size_t len = strcspn(at, " ");
        if (w->kind != 'w' || w->len != len || strncasecmp(w->at, at, len) != 0)
            return false;
        at += len;
        at += strspn(at, " ");
    }
    return true;
}

static bool after_fixed_words(completer *c)
{
    static const struct {
        unsigned bit;
        cli_names what;
    } names[] = {
        {SOURCES | STREAMS, CLI_NAMES_STREAMS},
        {SOURCES | TABLES, CLI_NAMES_TABLES},
        {QUERIES, CLI_NAMES_QUERIES},
        {FUNCTIONS, CLI_NAMES_FUNCTIONS},
        {TYPES, CLI_NAMES_TYPES},
        {VARIABLES, CLI_NAMES_VARIABLES},
    };
    for (size_t i = 0; i < sizeof follows / sizeof *follows; i++) {
        const follow *f = &follows[i];
        if (!follow_fits(c, f) || cli_word_is(last(c, 1), "DISTINCT"))
            continue; /* IS DISTINCT FROM names no source */
        offer_words(c, f->then);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (f->names & names[k].bit)
                offer_names(c, names[k].what, "");
        if (f->names & TOPICS)
            offer_topics(c);
        if (f->names & ALL && c->prefix_len)
            offer(c, "ALL", "");
        return true;
    }
    return false;
}

/* ---------------------------------------------------------------- lists in parentheses */

/** The word before the innermost open "(", or NULL; *inside: how many words there are in it. */
static const cli_word *open_list(const completer *c, size_t *inside)
{
    int depth = 0;
    for (size_t i = c->words.n; i-- > 0;) {
        char kind = c->words.at[i].kind;
        depth += (kind == ')') - (kind == '(');
        if (depth < 0) {
            *inside = c->words.n - i - 1;
            return i ? &c->words.at[i - 1] : NULL;
        }
    }
    return NULL;
}

static bool at_item(const completer *c)
{
    return last(c, 0)->kind == '(' || last(c, 0)->kind == ',';
}

static const char types[] =
    "BOOLEAN|INT|BIGINT|DOUBLE|DECIMAL(|STRING|BYTES|DATE|TIME|TIMESTAMP|ARRAY<|MAP<|STRUCT<";

/** CREATE STREAM name (column TYPE KEY, ... */
static void in_declaration(completer *c)
{
    WR_ASSERT(c->words.n > 3); /* CREATE, STREAM or TABLE, a name, ( */
    if (at_item(c))
        return; /* a new name */
    if (last(c, 1)->kind == '(' || last(c, 1)->kind == ',') {
        offer_words(c, types);
        offer_names(c, CLI_NAMES_TYPES, "");
    } else {
        bool is_table = cli_word_is(&c->words.at[1], "TABLE") ||
                        cli_word_is(&c->words.at[2], "TABLE") ||
                        cli_word_is(&c->words.at[3], "TABLE");
        offer_words(c, is_table ? "PRIMARY KEY" : "KEY|HEADERS|HEADER(");
    }
}

static const char properties[] =
    "KAFKA_TOPIC|PARTITIONS|PARTITIONER|REPLICAS|RETENTION_MS|FORMAT|KEY_FORMAT|VALUE_FORMAT|"
    "TIMESTAMP|"
    "TIMESTAMP_FORMAT|WRAP_SINGLE_VALUE|KEY_DELIMITER|VALUE_DELIMITER|WINDOW_TYPE|WINDOW_SIZE";

static const char units[] = "MILLISECONDS|SECONDS|MINUTES|HOURS|DAYS";

static void offer_functions(completer *c)
{
    if (!c->prefix_len)
        return; /* three hundred of them */
    offer_names(c, CLI_NAMES_FUNCTIONS, "(");
    offer_words(c, "CASE|CAST(|NOT|NULL|TRUE|FALSE|ARRAY[|MAP(|STRUCT(|ROWTIME");
}

/** In a list whose kind is known from the word before it. */
static bool in_list(completer *c)
{
    size_t inside = 0;
    const cli_word *head = open_list(c, &inside);
    if (!head)
        return false;
    const cli_word *first = c->words.at;
    bool after_number = last(c, 0)->kind == 'n';
    if (cli_word_is(head, "WITH")) {
        if (at_item(c))
            offer_words(c, properties);
        return true;
    }
    if (cli_word_is_one_of(head, "TUMBLING HOPPING SESSION WITHIN")) {
        if (after_number)
            offer_words(c, units);
        else if (inside == 0)
            offer_words(c, cli_word_is_one_of(head, "TUMBLING HOPPING") ? "SIZE" : "");
        else if (cli_word_is_one_of(last(c, 0), "SIZE BY PERIOD RETENTION"))
            return true; /* a number */
        else
            offer_words(c, cli_word_is(head, "HOPPING") ? "ADVANCE BY|GRACE PERIOD|RETENTION"
                                                        : "GRACE PERIOD|RETENTION");
        return true;
    }
    if (cli_word_is(first, "CREATE") && c->words.n > 3 && head - first >= 2 && head - first <= 6) {
        in_declaration(c);
        return true;
    }
    bool names_columns = cli_word_is(first, "INSERT") || cli_word_is(first, "ASSERT");
    if (names_columns && head > first && cli_word_is_one_of(head - 1, "INTO VALUES")) {
        char *source = cli_copy(head->at, head->len);
        if (at_item(c))
            offer_columns(c, source);
        free(source);
        return true;
    }
    return false;
}

/* ---------------------------------------------------------------- queries */

static const char clauses[] = "SELECT FROM JOIN ON WITHIN WINDOW WHERE BY HAVING EMIT LIMIT";
static const char expression_begins[] =
    "SELECT WHERE ON AND OR NOT BY HAVING WHEN THEN ELSE CASE IN BETWEEN LIKE DISTINCT";
/* What follows a source and is no alias of it. */
static const char after_source[] = "JOIN LEFT RIGHT FULL INNER OUTER ON WITHIN WINDOW WHERE GROUP "
                                   "PARTITION HAVING EMIT LIMIT GRACE";

/** Offer the columns of the sources that FROM and JOIN name in @p words: of those called @p alias,
 *  or of all where it is NULL. @return whether there was any. */
static bool offer_columns_of_query(completer *c, const cli_words *ws, const cli_word *alias)
{
    bool found = false;
    for (size_t i = 0; i + 1 < ws->n; i++) {
        const cli_word *source = &ws->at[i + 1];
        bool distinct = i > 0 && cli_word_is(&ws->at[i - 1], "DISTINCT");
        if (!cli_word_is_one_of(&ws->at[i], "FROM JOIN") || source->kind != 'w' || distinct)
            continue;
        size_t k = i + 2 + (i + 2 < ws->n && cli_word_is(&ws->at[i + 2], "AS"));
        bool named =
            k < ws->n && ws->at[k].kind == 'w' && !cli_word_is_one_of(&ws->at[k], after_source);
        const cli_word *name = named ? &ws->at[k] : source;
        found = true;
        bool fits =
            !alias || (alias->len == name->len && strncasecmp(alias->at, name->at, name->len) == 0);
        if (!fits)
            continue;
        char *text = cli_copy(source->at, source->len);
        offer_columns(c, text);
        free(text);
    }
    return found;
}

/** Columns, of @p alias or of all sources, wherever FROM is: before the cursor or after it. */
static void offer_operands(completer *c, const cli_word *alias)
{
    cli_words rest = {.at = cli_realloc(NULL, CLI_WORDS_MAX * sizeof *rest.at)};
    char *end = strchr(c->after, ';');
    char *text = cli_copy(c->after, end ? (size_t)(end - c->after) : strlen(c->after));
    cli_words_read(text, &rest);
    bool known = offer_columns_of_query(c, &c->words, alias);
    known = offer_columns_of_query(c, &rest, alias) || known;
    if (!known && c->prefix_len) { /* SELECT comes before FROM: those of any source */
        cli_list sources = {0};
        cli_names_list(c->w, CLI_NAMES_STREAMS, &sources);
        cli_names_list(c->w, CLI_NAMES_TABLES, &sources);
        for (size_t i = 0; i < sources.n; i++)
            offer_columns(c, sources.at[i]);
        cli_candidates_free(&sources);
    }
    if (!alias)
        offer_functions(c);
    free(text);
    free(rest.at);
}

static bool expects_operand(const completer *c)
{
    const cli_word *w = last(c, 0);
    if (cli_word_is(w, "FROM") && cli_word_is(last(c, 1), "DISTINCT"))
        return true;
    if (w->kind == 'w')
        return cli_word_is_one_of(w, expression_begins);
    if (w->kind == '*') /* all columns, or a product */
        return last(c, 1)->kind != ',' && last(c, 1)->kind != '.' &&
               !cli_word_is(last(c, 1), "SELECT");
    return !strchr("ns)]", w->kind);
}

/** What may go on after a whole operand or source. */
static void offer_next_clause(completer *c, const cli_word *clause)
{
    static const char operators[] = "AND|OR|IS|IN (|BETWEEN|LIKE|NOT";
    static const char rest[] = "WINDOW|WHERE|GROUP BY|PARTITION BY|HAVING|EMIT CHANGES|EMIT FINAL|"
                               "LIMIT";
    if (cli_word_is(clause, "SELECT")) {
        offer_words(c, "FROM|AS");
        if (c->prefix_len)
            offer_words(c, operators);
    } else if (cli_word_is(clause, "FROM")) {
        offer_words(c, rest);
        offer_words(c, "JOIN|LEFT JOIN|RIGHT JOIN|FULL JOIN|INNER JOIN");
    } else if (cli_word_is(clause, "JOIN")) {
        offer_words(c, "ON|WITHIN");
    } else if (cli_word_is(clause, "WITHIN")) {
        offer_words(c, last(c, 0)->kind == 'n' ? units : "ON|GRACE PERIOD");
    } else if (cli_word_is(clause, "EMIT")) {
        offer_words(c, "LIMIT");
    } else if (!cli_word_is(clause, "LIMIT")) {
        offer_words(c, rest);
        if (!cli_word_is_one_of(clause, "WINDOW BY"))
            offer_words(c, operators);
        if (cli_word_is(clause, "ON"))
            offer_words(c, "JOIN|LEFT JOIN|RIGHT JOIN|FULL JOIN|INNER JOIN");
    }
}

static bool in_query(completer *c)
{
    const cli_word *clause = NULL;
    bool query = false;
    for (size_t i = 0; i < c->words.n; i++) {
        query = query || cli_word_is(&c->words.at[i], "SELECT");
        if (query && cli_word_is_one_of(&c->words.at[i], clauses))
            clause = &c->words.at[i];
    }
    if (!query)
        return false;
    if (last(c, 0)->kind == '.' && last(c, 1)->kind == 'w')
        offer_operands(c, last(c, 1));
    else if (expects_operand(c))
        offer_operands(c, NULL);
    else
        offer_next_clause(c, clause);
    return true;
}

/* ---------------------------------------------------------------- statements */

static const char starts[] =
    "ALTER|ASSERT|CREATE|DEFINE|DESCRIBE|DROP|EXPLAIN|INSERT INTO|LIST|PAUSE|PRINT|RESUME|"
    "RUN SCRIPT|SELECT|SET|SHOW|TERMINATE|UNDEFINE|UNSET|"
    "clear|exit|help|history|output|quit|spool|version";

/** After the name that a statement is about. */
static bool after_name(completer *c)
{
    const cli_word *first = c->words.at;
    if (c->words.n == 2 && cli_word_is(first, "DESCRIBE")) {
        offer_words(c, "EXTENDED");
    } else if (c->words.n == 3 && cli_word_is(first, "DROP")) {
        offer_words(c, "DELETE TOPIC");
    } else if (c->words.n == 3 && cli_word_is(first, "ALTER")) {
        offer_words(c, "ADD COLUMN|REFRESH SCHEMA");
    } else if (c->words.n >= 3 && cli_word_is(first, "INSERT") &&
               cli_word_is(&c->words.at[1], "INTO") &&
               (c->words.n == 3 || last(c, 0)->kind == ')') && !cli_word_is(last(c, 1), "SELECT")) {
        offer_words(c, "VALUES (|SELECT");
    } else if (cli_word_is(first, "CREATE") && (c->words.n == 3 || c->words.n == 5)) {
        offer_words(c, "(|WITH (|AS SELECT");
    } else if (cli_word_is(first, "CREATE") && last(c, 0)->kind == ')') {
        offer_words(c, "WITH (|AS SELECT");
    } else if (cli_word_is(last(c, 0), "AS")) {
        offer_words(c, "SELECT");
    } else {
        return false;
    }
    return true;
}

/** PRINT has a FROM of its own. */
static bool in_print(completer *c)
{
    if (c->words.n < 2 || !cli_word_is(c->words.at, "PRINT"))
        return false;
    if (c->words.n == 2)
        offer_words(c, "FROM BEGINNING|INTERVAL|LIMIT");
    else
        offer_words(c, cli_word_is(last(c, 0), "FROM") ? "BEGINNING" : "INTERVAL|LIMIT");
    return true;
}

static void offer_any(completer *c)
{
    if (!c->words.n)
        offer_words(c, starts);
    else if (in_print(c))
        return;
    else if (after_fixed_words(c) || in_list(c) || in_query(c) || after_name(c))
        return;
    else if (c->prefix_len)
        offer_functions(c);
}

/* ---------------------------------------------------------------- the whole */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/** Sorted, each once. */
static void put_in_order(cli_list *l)
{
    size_t n = 0;
    if (l->n)
        qsort((void *)l->at, l->n, sizeof *l->at, by_text);
    for (size_t i = 0; i < l->n; i++) {
        if (n && strcmp(l->at[n - 1], l->at[i]) == 0)
            free((void *)l->at[i]);
        else
            l->at[n++] = l->at[i];
    }
    WR_ASSERT(n <= l->n);
    l->n = n;
}

/** Is it of lower case, as far as it has letters? */
static bool is_lower(const char *at, size_t len)
{
    bool lower = false;
    for (size_t i = 0; i < len; i++) {
        if (isupper((unsigned char)at[i]))
            return false;
        lower = lower || islower((unsigned char)at[i]);
    }
    return lower;
}

size_t cli_complete(weir *w, const char *before, const char *after, cli_list *out)
{
    const char *end = before + strlen(before);
    completer c = {.w = w, .prefix = end, .after = after, .out = out};
    c.words.at = cli_realloc(NULL, CLI_WORDS_MAX * sizeof *c.words.at);
    cli_words_read(before, &c.words);
    const cli_word *typed = last(&c, 0);
    bool touches = typed->kind && typed->at + typed->len == end;
    bool string = typed->kind == 'o';
    if (string || (typed->kind == 'w' && touches)) {
        c.prefix = typed->at;
        c.prefix_len = (size_t)(end - typed->at);
        c.words.n--;
    }
    /* As the person types: the word that is begun, or else how the statement begins. */
    c.lower = c.prefix_len ? is_lower(c.prefix, c.prefix_len)
                           : c.words.n && is_lower(c.words.at[0].at, c.words.at[0].len);
    if (string)
        in_string(&c);
    else if (!(typed->kind == 'n' && touches) && c.words.n < CLI_WORDS_MAX)
        offer_any(&c);
    put_in_order(out);
    WR_ASSERT(c.prefix_len <= strlen(before) && c.prefix + c.prefix_len == end);
    free(c.words.at);
    return c.prefix_len;
}

void cli_candidates_free(cli_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free((void *)list->at[i]);
    cli_list_free(list);
}
