#include "base/buffer.h"
#include "base/utf8.h"
#include "result/result_file.h"

/* Arguments and symbols are bytes, JSON is UTF-8: what isn't becomes U+FFFD. */
json_t *result_json_text(const char *text) {
    struct buffer clean = BUFFER_INIT(RESULT_FILE_BYTES_MAX);
    bool copied = buffer_reserve(&clean, 0);
    while (copied && *text != '\0') {
        size_t bytes = utf8_character_bytes(text);
        copied = bytes > 0 ? buffer_append(&clean, text, bytes)
                           : buffer_append_text(&clean, UTF8_REPLACEMENT);
        text += bytes > 0 ? bytes : 1;
    }
    json_t *value = copied ? json_stringn(clean.bytes, clean.length) : NULL;
    buffer_fini(&clean);
    return value;
}
