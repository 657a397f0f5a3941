#include "rowstream/core/random.h"

#include <stdbool.h>
#include <string.h>

uint64_t random_next(struct random *random) {
    uint64_t mixed = random->state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

/* The remainder favours small numbers by less than bound / 2^64, which no fixture will notice. */
uint64_t random_below(struct random *random, uint64_t bound) {
    return random_next(random) % bound;
}

/* Characters that XML, JSON or YAML must escape, and of two, three and four bytes. */
static const char *const special[16] = {"\"",
                                        "\\",
                                        "'",
                                        "<",
                                        ">",
                                        "&",
                                        "\t",
                                        "\n",
                                        "#",
                                        ":",
                                        "\xC3\xA9",
                                        "\xC3\xBC",
                                        "\xCE\xA9",
                                        "\xE6\x97\xA5",
                                        "\xE2\x82\xAC",
                                        "\xF0\x9F\x9A\x80"};
static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  ";

size_t random_text(struct random *random, size_t characters, char *text) {
    size_t length = 0;
    uint64_t bits = 0;
    for (size_t i = 0; i < characters; i++) {
        if (i % 6 == 0) /* ten bits a character */
            bits = random_next(random);
        unsigned drawn = (unsigned)(bits & 1023);
        bits >>= 10;
        bool edge = i == 0 || i == characters - 1;
        if (drawn >= 64 || edge) {
            text[length++] = plain[edge ? drawn % 62 : drawn % 64];
        } else {
            const char *one = special[drawn % 16];
            size_t bytes = strlen(one);
            memcpy(text + length, one, bytes);
            length += bytes;
        }
    }
    text[length] = '\0';
    return length;
}
