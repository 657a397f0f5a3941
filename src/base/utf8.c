#include "base/utf8.h"

size_t utf8_character_bytes(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    static const struct {
        unsigned char low, high, second_low, second_high;
        size_t bytes;
    } leads[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        if (at[0] < leads[i].low || at[0] > leads[i].high)
            continue;
        if (leads[i].bytes > 1 && (at[1] < leads[i].second_low || at[1] > leads[i].second_high))
            return 0;
        for (size_t byte = 2; byte < leads[i].bytes; byte++)
            if ((at[byte] & 0xc0) != 0x80)
                return 0;
        return leads[i].bytes;
    }
    return 0;
}
