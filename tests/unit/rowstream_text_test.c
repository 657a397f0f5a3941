/* The small pieces that decide how a value is written: numbers, types, UTF-8, YAML's plain words,
 * random text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "rowstream/core/number.h"
#include "rowstream/core/random.h"
#include "rowstream/core/type.h"
#include "rowstream/format/yaml/plain.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void reals_are_the_shortest_that_read_back(void **state) {
    (void)state;
    static const struct {
        double number;
        const char *real;
        const char *decimal; /* with two digits after the point */
    } rows[] = {
        {0.0, "0.0", "0.00"},
        {-0.0, "-0.0", "-0.00"},
        {1, "1.0", "1.00"},
        {0.1, "0.1", "0.10"},
        {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
        {3.141592653589793, "3.141592653589793", "3.141592653589793"},
        {1e15, "1000000000000000.0", "1000000000000000.00"},
        {1e16, "1e+16", "10000000000000000.00"},
        {123456789012345680.0, "1.2345678901234568e+17", "123456789012345680.00"},
        {0.0001, "0.0001", "0.0001"},
        {0.00001, "1e-05", "0.00001"},
        {1e-300, "1e-300", "1e-300"},
        {5e-324, "5e-324", "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308", "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308", "2.2250738585072014e-308"},
        {-299861410.82, "-299861410.82", "-299861410.82"},
        {HUGE_VAL, "inf", "inf"},
        {-HUGE_VAL, "-inf", "-inf"},
    };
    char text[NUMBER_TEXT_BYTES];
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(number_format_real(rows[i].number, text), strlen(rows[i].real));
        assert_string_equal(text, rows[i].real);
        assert_int_equal(number_format_decimal(rows[i].number, 2, text), strlen(rows[i].decimal));
        assert_string_equal(text, rows[i].decimal);
    }
    struct random random = {5};
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_next(&random);
        double number;
        memcpy(&number, &bits, sizeof number);
        number_format_real(number, text);
        if (number == number && strtod(text, NULL) != number)
            fail_msg("%a is written as %s", number, text);
    }
    assert_int_equal(number_format_integer(INT64_MIN, text), 20);
    assert_string_equal(text, "-9223372036854775808");
}

static void declared_types_are_read(void **state) {
    (void)state;
    static const struct {
        const char *declared;
        enum column_kind kind;
        const char *field;
        int size, scale;
    } rows[] = {
        {NULL, COLUMN_ANY, "TextField", -1, -1},
        {"", COLUMN_ANY, "TextField", -1, -1},
        {"geometry", COLUMN_ANY, "TextField", -1, -1},
        {"a type with a name that is longer than any", COLUMN_ANY, "TextField", -1, -1},
        {"INTEGER", COLUMN_INTEGER, "IntegerField", -1, -1},
        {"integer unsigned", COLUMN_INTEGER, "PositiveIntegerField", -1, -1},
        {"int(10)  unsigned", COLUMN_INTEGER, "PositiveIntegerField", 10, -1},
        {"bigint", COLUMN_INTEGER, "BigIntegerField", -1, -1},
        {"varchar(255)", COLUMN_TEXT, "CharField", 255, -1},
        {"decimal", COLUMN_DECIMAL, "DecimalField", -1, -1},
        {"decimal(12,2)", COLUMN_DECIMAL, "DecimalField", 12, 2},
        {"DECIMAL ( 12 , 2 )", COLUMN_DECIMAL, "DecimalField", 12, 2},
        {"char(32)", COLUMN_UUID, "UUIDField", 32, -1},
        {"char(31)", COLUMN_TEXT, "CharField", 31, -1},
        {"bool", COLUMN_BOOLEAN, "BooleanField", -1, -1},
        {"datetime", COLUMN_DATETIME, "DateTimeField", -1, -1},
        {"BLOB", COLUMN_BINARY, "BinaryField", -1, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct column_type type = column_type_parse(rows[i].declared);
        if (type.kind != rows[i].kind || strcmp(type.field, rows[i].field) != 0 ||
            type.size != rows[i].size || type.scale != rows[i].scale)
            fail_msg("%s: got kind %d, %s, size %d, scale %d", rows[i].declared, type.kind,
                     type.field, type.size, type.scale);
    }
}

static void utf8_is_checked(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length, good;
    } rows[] = {
        {"", 0, 0},
        {"plain text of more than eight bytes", 35, 35},
        {"12345678\0", 9, 8},
        {"1234\0"
         "567",
         8, 4},
        {"1234567\xC3\xA9", 9, 9},
        {"\xC3\xA9\xE6\x97\xA5\xF0\x9F\x9A\x80", 9, 9},
        {"abc\xFF", 4, 3},
        {"\x80", 1, 0},
        {"\xC0\x80", 2, 0},         /* overlong */
        {"\xE0\x9F\xBF", 3, 0},     /* overlong */
        {"\xED\xA0\x80", 3, 0},     /* a surrogate */
        {"\xF4\x90\x80\x80", 4, 0}, /* beyond U+10FFFF */
        {"\xF0\x8F\xBF\xBF", 4, 0}, /* overlong */
        {"ab\xE6\x97", 4, 2},       /* cut off */
        {"\xF4\x8F\xBF\xBF", 4, 4},
        {"\xEF\xBF\xBF", 3, 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t good = utf8_check(rows[i].text, rows[i].length);
        if (good != rows[i].good)
            fail_msg("row %zu: wanted %zu, got %zu", i, rows[i].good, good);
    }
}

static void yaml_words_are_known(void **state) {
    (void)state;
    static const char *const others[] = {
        "",
        "~",
        "null",
        "yes",
        "No",
        "ON",
        "off",
        "true",
        "FALSE",
        "y",
        "<<",
        "=",
        "1",
        "-1",
        "+1",
        "1_000",
        "012",
        "0x1F",
        "0b101",
        "0o17",
        "1e3",
        "1.5",
        ".5",
        "-.5e+3",
        "1.",
        "1.5E-10",
        ".inf",
        "-.INF",
        "+.Inf",
        ".NaN",
        "190:20:30",
        "1:5",
        "1:30.5",
        "03:00:00.5",
        "2014-09-24",
        "2014-9-4 1:02:03",
        "2014-09-24T10:35:31Z",
        "2014-09-24 10:35:31.5 +02:00",
    };
    static const char *const strings[] = {
        "plain",
        "yes sir",
        "nulls",
        "-",
        "1e",
        "e3",
        "0x",
        "0xG",
        "1.2.3",
        "03:00:00",
        "1:70",
        "1:2:x",
        "..",
        ".5.5",
        "infinity",
        "12 34",
        ".e",
        "_1",
        "1-2",
        "v1.0",
        "5d158a2f-f2ee-4e45-19f9-919c895fd7b3",
        "2014-09-24 at noon",
    };
    for (size_t i = 0; i < COUNT(others); i++)
        if (!yaml_plain_is_other(others[i], strlen(others[i])))
            fail_msg("\"%s\" would be read as something else than a string", others[i]);
    for (size_t i = 0; i < COUNT(strings); i++)
        if (yaml_plain_is_other(strings[i], strlen(strings[i])))
            fail_msg("\"%s\" needs no quotes", strings[i]);
}

static void random_text_is_the_same_everywhere(void **state) {
    (void)state;
    struct random random = {1};
    /* the published first outputs of SplitMix64 for the seed 1 */
    assert_true(random_next(&random) == 0x910A2DEC89025CC1u);
    assert_true(random_next(&random) == 0xBEEB8DA1658EEC67u);
    char text[255 * RANDOM_CHARACTER_BYTES + 1];
    size_t special = 0;
    for (int i = 0; i < 1000; i++) {
        size_t length = random_text(&random, 255, text);
        size_t characters = 0;
        assert_int_equal(utf8_check(text, length), length);
        for (size_t j = 0; j < length; j++) {
            characters += (text[j] & 0xC0) != 0x80;
            special += strchr("\"\\<>&\n", text[j]) != NULL;
        }
        assert_int_equal(characters, 255);
        assert_true(text[0] > ' ' && text[length - 1] > ' ');
    }
    assert_in_range(special, 2000, 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals_are_the_shortest_that_read_back),
        cmocka_unit_test(declared_types_are_read),
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(yaml_words_are_known),
        cmocka_unit_test(random_text_is_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
