/* Database URLs: no part of a password is shown. */
#include <string.h>

#include "base/secret.h"
#include "fuzz.h"
#include "rowstream/database/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    char *text = malloc(length + 1);
    char shown[URL_TEXT_BYTES];
    struct error error = {0};
    struct url url;
    FUZZ_ASSERT(text != NULL);
    if (length > 0)
        memcpy(text, data, length);
    text[length] = '\0';
    FUZZ_ASSERT(strlen(url_shown(text, shown)) < sizeof shown);
    if (url_parse(&url, text, &error) == ROWSTREAM_OK) {
        struct url hidden;
        if (strlen(shown) < sizeof shown - 1 && url_parse(&hidden, shown, &error) == ROWSTREAM_OK) {
            FUZZ_ASSERT(url.password == NULL || url.password[0] == '\0' ||
                        (hidden.password != NULL && strcmp(hidden.password, "***") == 0));
            url_fini(&hidden);
        }
        url_fini(&url);
    } else {
        FUZZ_ASSERT(error.set);
    }
    secret_erase(text);
    FUZZ_ASSERT(strlen(text) <= length);
    free(text);
    return 0;
}
