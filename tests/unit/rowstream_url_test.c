/* URLs: what is shown of one, and what it is taken apart to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "rowstream/database/url.h"

static void a_password_is_never_shown(void **state) {
    (void)state;
    static const struct {
        const char *url, *shown, *masked;
    } rows[] = {
        {"sqlite:a:b@c", "sqlite:a:b@c", "sqlite:a:b@c"},
        {"mysql://h/d", "mysql://h/d", "mysql://h/d"},
        {"mysql://u@h:3306/d", "mysql://u@h:3306/d", "mysql://u@h:3306/d"},
        {"mysql://u:pw@h:3306/d", "mysql://u:***@h:3306/d", "mysql://u:**@h:3306/d"},
        {"mysql://u:@h/d", "mysql://u:@h/d", "mysql://u:@h/d"},
        {"postgres://u:p@w/x?y@h/d", "postgres://u:***@h/d", "postgres://u:*******@h/d"},
        {"postgres:///d?password=pw&user=u", "postgres:///d?password=***&user=u",
         "postgres:///d?password=**&user=u"},
        {"postgres://u:a@h/d?sslpassword=b&Password=c",
         "postgres://u:***@h/d?sslpassword=***&"
         "Password=***",
         "postgres://u:*@h/d?sslpassword=*&Password=*"},
        {"postgres:///d?pass%77ord=pw", "postgres:///d?pass%77ord=***",
         "postgres:///d?pass%77ord=**"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[URL_TEXT_BYTES];
        assert_string_equal(url_shown(rows[i].url, text), rows[i].shown);
        snprintf(text, sizeof text, "%s", rows[i].url);
        secret_erase(text);
        assert_string_equal(text, rows[i].masked);
    }
}

/* "user|password|host|port|database|name=value,..." with - for what is not there; "" for an
 * error. */
static void a_url_is_taken_apart(void **state) {
    (void)state;
    static const struct {
        const char *url, *parts;
    } rows[] = {
        {"mysql://u:p@h:1/d?socket=/s", "u|p|h|1|d|socket=/s,"},
        {"mysql:///d", "-|-|-|-|d|"},
        {"mysql://", "-|-|-|-|-|"},
        {"mysql://u@/d?a=1&b=", "u|-|-|-|d|a=1,b=,"},
        {"mysql://u%40x:p%3A%2F%25@[::1]:9/d%20e", "u@x|p:/%|::1|9|d e|"},
        {"mysql://u:@h/d", "u||h|-|d|"},
        {"mysql://u:p@x@h/d", ""},
        {"mysql://u:%zz@h/d", ""},
        {"mysql://u:%00@h/d", ""},
        {"mysql://h/d?socket", ""},
        {"mysql://[::1/d", ""},
        {"mysql:h", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct url url;
        struct error error = {0};
        char parts[512] = "";
        if (url_parse(&url, rows[i].url, &error) == ROWSTREAM_OK) {
            const char *const each[] = {url.user, url.password, url.host, url.port, url.database};
            size_t length = 0;
            for (size_t j = 0; j < 5; j++)
                length += (size_t)snprintf(parts + length, sizeof parts - length, "%s|",
                                           each[j] != NULL ? each[j] : "-");
            for (size_t j = 0; j < url.parameter_count; j++)
                length += (size_t)snprintf(parts + length, sizeof parts - length, "%s=%s,",
                                           url.parameters[j].name, url.parameters[j].value);
        }
        if (strcmp(parts, rows[i].parts) != 0)
            fail_msg("%s: wanted %s, got %s", rows[i].url, rows[i].parts, parts);
        url_fini(&url);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_never_shown),
        cmocka_unit_test(a_url_is_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
