#include <string.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "CObjectHash.h"

struct guarded {
    uint32_t state[5];
    uint32_t found;
    uint64_t count;
    uint8_t rest[64];
};

struct hash {
    enum strata_hash_kind kind;
    union {
        SHA_CTX sha1;
        SHA256_CTX sha256;
        struct guarded guarded;
    };
};

_Static_assert(sizeof(struct hash) <= sizeof(strata_hash), "the header's struct has room for every hash");
_Static_assert(_Alignof(struct hash) <= _Alignof(strata_hash), "and is aligned for it");

static void start(struct guarded *g) {
    static const uint32_t initial[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    memcpy(g->state, initial, sizeof initial);
    g->found = 0;
    g->count = 0;
}

static void hash_blocks(struct guarded *g, const uint8_t *blocks, size_t count) {
    g->found |= (uint32_t)strata_sha1_guarded_blocks(g->state, blocks, count, 0);
}

static void add(struct guarded *g, const uint8_t *bytes, size_t count) {
    size_t held = g->count % 64;
    g->count += count;
    if (held > 0) {
        size_t taken = count < 64 - held ? count : 64 - held;
        memcpy(g->rest + held, bytes, taken);
        if (held + taken < 64) return;
        hash_blocks(g, g->rest, 1);
        bytes += taken, count -= taken;
    }
    hash_blocks(g, bytes, count / 64);
    memcpy(g->rest, bytes + count / 64 * 64, count % 64);
}

static void put32(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 24), at[1] = (uint8_t)(value >> 16), at[2] = (uint8_t)(value >> 8), at[3] = (uint8_t)value;
}

static int end(struct guarded *g, uint8_t *digest) {
    uint64_t bits = g->count * 8;
    uint8_t padding[72] = {0x80};
    size_t length = (g->count % 64 < 56 ? 56 : 120) - g->count % 64;
    put32(padding + length, (uint32_t)(bits >> 32));
    put32(padding + length + 4, (uint32_t)bits);
    add(g, padding, length + 8);
    for (int i = 0; i < 5; i++) put32(digest + 4 * i, g->state[i]);
    return g->found != 0;
}

void strata_hash_start(strata_hash *hash, enum strata_hash_kind kind) {
    struct hash *h = (struct hash *)hash;
    h->kind = kind;
    switch (kind) {
    case strata_hash_sha1: SHA1_Init(&h->sha1); break;
    case strata_hash_sha256: SHA256_Init(&h->sha256); break;
    case strata_hash_sha1_guarded: start(&h->guarded); break;
    }
}

void strata_hash_add(strata_hash *hash, const void *bytes, size_t count) {
    struct hash *h = (struct hash *)hash;
    if (count == 0) return;
    switch (h->kind) {
    case strata_hash_sha1: SHA1_Update(&h->sha1, bytes, count); break;
    case strata_hash_sha256: SHA256_Update(&h->sha256, bytes, count); break;
    case strata_hash_sha1_guarded: add(&h->guarded, bytes, count); break;
    }
}

int strata_hash_end(strata_hash *hash, uint8_t *digest) {
    struct hash *h = (struct hash *)hash;
    switch (h->kind) {
    case strata_hash_sha1: SHA1_Final(digest, &h->sha1); return 0;
    case strata_hash_sha256: SHA256_Final(digest, &h->sha256); return 0;
    case strata_hash_sha1_guarded: return end(&h->guarded, digest);
    }
    return 0;
}
