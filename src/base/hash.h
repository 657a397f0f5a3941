/* XXH64, the well-known fast hash of 64 bits: tells files apart that differ by accident, as fast as
 * they can be read (`xxhsum -H1 FILE` prints the same). It is no protection from somebody who makes
 * two files with one hash on purpose. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash {
    uint64_t lanes[4];
    uint64_t total_bytes;
    unsigned char rest[32]; /* what does not fill a stripe yet */
    size_t rest_bytes;
};

void hash_begin(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t length);
uint64_t hash_end(const struct hash *hash);

#endif
