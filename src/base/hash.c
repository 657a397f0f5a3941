#include "base/hash.h"

#include <string.h>

static const uint64_t prime1 = 0x9E3779B185EBCA87, prime2 = 0xC2B2AE3D27D4EB4F,
                      prime3 = 0x165667B19E3779F9, prime4 = 0x85EBCA77C2B2AE63,
                      prime5 = 0x27D4EB2F165667C5;

static uint64_t rotate(uint64_t value, unsigned bits) {
    return (value << bits) | (value >> (64 - bits));
}

static uint64_t read64(const unsigned char *bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static uint64_t mix(uint64_t lane, uint64_t input) {
    return rotate(lane + input * prime2, 31) * prime1;
}

static void add_stripe(struct hash *hash, const unsigned char *bytes) {
    for (unsigned lane = 0; lane < 4; lane++)
        hash->lanes[lane] = mix(hash->lanes[lane], read64(bytes + 8 * lane));
}

void hash_begin(struct hash *hash) {
    *hash = (struct hash){.lanes = {prime1 + prime2, prime2, 0, 0 - prime1}};
}

void hash_add(struct hash *hash, const void *bytes, size_t length) {
    const unsigned char *at = bytes;
    hash->total_bytes += length;
    if (hash->rest_bytes > 0) {
        size_t room = sizeof hash->rest - hash->rest_bytes, taken = length < room ? length : room;
        memcpy(hash->rest + hash->rest_bytes, at, taken);
        hash->rest_bytes += taken;
        at += taken;
        length -= taken;
        if (hash->rest_bytes < sizeof hash->rest)
            return;
        add_stripe(hash, hash->rest);
        hash->rest_bytes = 0;
    }
    for (; length >= sizeof hash->rest; length -= sizeof hash->rest, at += sizeof hash->rest)
        add_stripe(hash, at);
    if (length > 0)
        memcpy(hash->rest, at, length);
    hash->rest_bytes = length;
}

static uint64_t join_lanes(const struct hash *hash) {
    if (hash->total_bytes < sizeof hash->rest)
        return prime5;
    uint64_t value = rotate(hash->lanes[0], 1) + rotate(hash->lanes[1], 7) +
                     rotate(hash->lanes[2], 12) + rotate(hash->lanes[3], 18);
    for (unsigned lane = 0; lane < 4; lane++)
        value = (value ^ mix(0, hash->lanes[lane])) * prime1 + prime4;
    return value;
}

uint64_t hash_end(const struct hash *hash) {
    uint64_t value = join_lanes(hash) + hash->total_bytes;
    const unsigned char *at = hash->rest, *end = at + hash->rest_bytes;
    for (; at + 8 <= end; at += 8)
        value = rotate(value ^ mix(0, read64(at)), 27) * prime1 + prime4;
    if (at + 4 <= end) {
        uint64_t input =
            (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24;
        value = rotate(value ^ (input * prime1), 23) * prime2 + prime3;
        at += 4;
    }
    for (; at < end; at++)
        value = rotate(value ^ (*at * prime5), 11) * prime1;
    value = (value ^ (value >> 33)) * prime2;
    value = (value ^ (value >> 29)) * prime3;
    return value ^ (value >> 32);
}
