/* Hostile texts and names: a stream, which writes them by what the format's library has said of
 * each character, gives the same bytes as a tree, which the library writes by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buffer.h"
#include "base/file.h"
#include "rowstream/core/random.h"
#include "rowstream/core/rowstream.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char *const formats[] = {"json", "xml", "yaml"};

static int enter_folder(void **state) {
    char *folder = strdup("/tmp/rowstream_test.XXXXXX");
    *state = folder;
    return folder == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state) {
    int failed = chdir("/") != 0 || !file_remove_tree(*state, NULL);
    free(*state);
    return failed;
}

/* A table in which every text is a key and a value. */
struct texts {
    sqlite3 *database;
    sqlite3_stmt *insert;
};

static struct texts texts_begin(void) {
    struct texts texts;
    unlink("test.sqlite3");
    assert_int_equal(sqlite3_open("test.sqlite3", &texts.database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(texts.database,
                                  "CREATE TABLE a_b (k text PRIMARY KEY, v text); "
                                  "BEGIN",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(texts.database, "INSERT OR IGNORE INTO a_b VALUES (?1, ?1)",
                                        -1, &texts.insert, NULL),
                     SQLITE_OK);
    return texts;
}

static void texts_add(struct texts *texts, const char *text, size_t length) {
    assert_int_equal(sqlite3_bind_text(texts->insert, 1, text, (int)length, SQLITE_STATIC),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(texts->insert), SQLITE_DONE);
    sqlite3_reset(texts->insert);
}

static void texts_end(struct texts *texts) {
    sqlite3_finalize(texts->insert);
    assert_int_equal(sqlite3_exec(texts->database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(texts->database);
}

static bool append(void *context, const void *bytes, size_t length, struct error *error) {
    (void)error;
    return buffer_append(context, bytes, length);
}

static size_t first_difference(const struct buffer *a, const struct buffer *b) {
    size_t at = 0;
    while (at < a->length && at < b->length && a->bytes[at] == b->bytes[at])
        at++;
    return at;
}

/* Both succeed with the same bytes, or fail with the same message. */
static void assert_same(struct rowstream_dump_options options) {
    struct buffer text[2] = {BUFFER_INIT(1 << 28), BUFFER_INIT(1 << 28)};
    static const char *const documents[] = {"stream", "tree"};
    struct error errors[2] = {{.set = false}, {.set = false}};
    enum rowstream_status status[2];
    options.url = "sqlite:test.sqlite3";
    for (size_t i = 0; i < 2; i++) {
        options.document = documents[i];
        status[i] = rowstream_dump(&options, &(struct rowstream_output){append, &text[i]}, NULL,
                                   &errors[i]);
    }
    assert_string_equal(errors[0].text, errors[1].text);
    assert_int_equal(status[0], status[1]);
    size_t at = first_difference(&text[0], &text[1]);
    if (status[0] == ROWSTREAM_OK && (at < text[0].length || at < text[1].length)) {
        size_t from = at < 200 ? 0 : at - 200;
        fail_msg("%s, indent %u: differ at byte %zu: as a tree\n%.300s\nas a stream\n%.300s",
                 options.format, options.indent, at, text[1].bytes + from, text[0].bytes + from);
    }
    if (options.query == NULL)
        assert_int_equal(status[0], ROWSTREAM_OK);
    buffer_fini(&text[0]);
    buffer_fini(&text[1]);
}

static bool in_xml(unsigned code) {
    return code == '\t' || code == '\n' || code == '\r' ||
           (code >= 0x20 && code != 0xFFFE && code != 0xFFFF);
}

static bool is_character(unsigned code, bool xml) {
    return code > 0 && (code < 0xD800 || code > 0xDFFF) && (!xml || in_xml(code));
}

static size_t encode(unsigned code, char *text) {
    size_t bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = bytes; i-- > 1; code >>= 6)
        text[i] = (char)(0x80 | (code & 0x3F));
    text[0] = (char)(leads[bytes] | code);
    return bytes;
}

/* Where a character may stand, for which % is put: at an end or not, next to a space or not. */
static const char *const places[] = {"%",     "%x",   "x%x",  "x%",  "% x",
                                     "x % x", "x% x", "x %x", "x %", " %",
                                     "% ",    "%%%",  "x%%x", "%'",  "0123456789abcdef%"};

static void add_places(struct texts *texts, unsigned code) {
    char character[4], text[64];
    size_t bytes = encode(code, character);
    for (size_t i = 0; i < COUNT(places); i++) {
        size_t length = 0;
        for (const char *at = places[i]; *at != '\0'; at++) {
            memcpy(text + length, *at == '%' ? character : at, *at == '%' ? bytes : 1);
            length += *at == '%' ? bytes : 1;
        }
        texts_add(texts, text, length);
    }
}

static void every_character_in_every_place(void **state) {
    (void)state;
    static const struct {
        unsigned from, to;
    } ranges[] = {{1, 0x100},       {0x2000, 0x2070},  {0xD7F0, 0xE010},
                  {0xFEF0, 0xFF10}, {0xFFF0, 0x10010}, {0x10FFF0, 0x110000}};
    for (size_t i = 0; i < COUNT(formats); i++) {
        bool xml = strcmp(formats[i], "xml") == 0;
        struct texts texts = texts_begin();
        for (size_t j = 0; j < COUNT(ranges); j++)
            for (unsigned code = ranges[j].from; code < ranges[j].to; code++)
                if (is_character(code, xml))
                    add_places(&texts, code);
        texts_end(&texts);
        assert_same((struct rowstream_dump_options){.format = formats[i]});
        assert_same((struct rowstream_dump_options){.format = formats[i], .indent = 5});
    }
}

static void all_of_unicode(void **state) {
    (void)state;
    enum { TOGETHER = 96 };
    for (size_t i = 0; i < COUNT(formats); i++) {
        bool xml = strcmp(formats[i], "xml") == 0;
        struct texts texts = texts_begin();
        char text[4 * TOGETHER];
        size_t length = 0;
        for (unsigned code = 1; code < 0x110000; code++) {
            if (is_character(code, xml))
                length += encode(code, text + length);
            if (code % TOGETHER == 0 || code == 0x10FFFF) {
                texts_add(&texts, text, length);
                length = 0;
            }
        }
        texts_end(&texts);
        assert_same((struct rowstream_dump_options){.format = formats[i]});
    }
}

/* The last few XML cannot hold. */
enum { NOT_IN_XML = 4 };
static const char *const pieces[] = {
    "a",
    "Z9",
    "x",
    " ",
    " ",
    "  ",
    "\n",
    "\n",
    "\n\n",
    "\t",
    "\r",
    "\r\n",
    ": ",
    ":",
    " #",
    "#",
    "- ",
    "-",
    "---",
    "...",
    "'",
    "''",
    "\"",
    "\\",
    "[",
    "]",
    "{",
    "}",
    "&",
    "*",
    "!",
    "|",
    ">",
    "%",
    "@",
    "`",
    ",",
    "? ",
    "?",
    "~",
    "<",
    "]]>",
    "&amp;",
    "=",
    "+",
    ".",
    "0",
    "12",
    "1.5",
    "1_0",
    "0x",
    "1:30",
    "2014-09-24",
    "null",
    "true",
    "yes",
    ".inf",
    "\x7F",
    "\xC2\x80",
    "\xC2\x85",
    "\xC2\xA0",
    "\xC3\xA9",
    "\xE2\x80\xA8",
    "\xE2\x80\xA9",
    "\xE2\x82\xAC",
    "\xE6\x97\xA5",
    "\xEF\xBB\xBF",
    "\xEF\xBC\x81",
    "\xEF\xBF\xBD",
    "\xEE\x80\x80",
    "\xF0\x9F\x9A\x80",
    "\xF4\x8F\xBF\xBF",
    "the quick brown fox jumps over the lazy dog",
    "0123456789abcde",
    "\x01",
    "\x1B",
    "\xEF\xBF\xBE",
    "\xEF\xBF\xBF",
};

static void random_pieces(struct random *random, size_t most, bool xml, struct buffer *text) {
    buffer_clear(text);
    size_t count = random_below(random, most + 1);
    for (size_t i = 0; i < count; i++) {
        size_t piece = random_below(random, COUNT(pieces) - (xml ? NOT_IN_XML : 0));
        assert_true(buffer_append_text(text, pieces[piece]));
    }
}

static void random_texts(void **state) {
    (void)state;
    struct random random = {20260101};
    struct buffer text = BUFFER_INIT(1 << 26);
    for (size_t i = 0; i < COUNT(formats); i++) {
        bool xml = strcmp(formats[i], "xml") == 0;
        struct texts texts = texts_begin();
        for (size_t j = 0; j < 12000; j++) {
            random_pieces(&random, j < 10000 ? 8 : 40, xml, &text);
            texts_add(&texts, text.length > 0 ? text.bytes : "", text.length);
        }
        for (size_t j = 0; j < 4; j++) { /* longer than every buffer on the way */
            random_pieces(&random, 100000, xml, &text);
            texts_add(&texts, text.bytes, text.length);
        }
        texts_end(&texts);
        for (unsigned indent = 0; indent <= 9; indent += 3)
            assert_same((struct rowstream_dump_options){.format = formats[i], .indent = indent});
    }
    buffer_fini(&text);
}

static void random_names(void **state) {
    (void)state;
    struct random random = {20260102};
    struct buffer name = BUFFER_INIT(1 << 20), model = BUFFER_INIT(1 << 20);
    struct texts texts = texts_begin();
    texts_end(&texts);
    for (size_t i = 0; i < 900; i++) {
        struct rowstream_dump_options options = {.format = formats[i % COUNT(formats)],
                                                 .indent = (unsigned)(i % 10)};
        random_pieces(&random, 6, i % 4 != 0 && i % 3 == 1, &name);
        assert_true(buffer_append_text(&name, "n"));
        random_pieces(&random, 3, true, &model);
        assert_true(buffer_append_text(&model, "a.b"));
        char *query = sqlite3_mprintf("SELECT 1 AS id, 'x' AS \"%w\", '' AS v, 'a' || char(10) || "
                                      "'b' AS \"%w2\"",
                                      name.bytes, name.bytes);
        options.query = query;
        options.model = model.bytes;
        assert_same(options);
        sqlite3_free(query);
    }
    buffer_fini(&name);
    buffer_fini(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_in_every_place),
        cmocka_unit_test(all_of_unicode),
        cmocka_unit_test(random_texts),
        cmocka_unit_test(random_names),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
