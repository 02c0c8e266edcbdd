#ifndef COBJECTHASH_H
#define COBJECTHASH_H

#include <stddef.h>
#include <stdint.h>

/* Hashes of bytes that come piece by piece. For one thread at a time; a copy of the struct goes its own way. */

enum strata_hash_kind {
    strata_hash_sha1 = 1,
    strata_hash_sha256 = 2,
    /* SHA-1 that also tells whether the bytes are part of a collision attack. */
    strata_hash_sha1_guarded = 3,
};

typedef struct {
    uint64_t words[16];
} strata_hash;

void strata_hash_start(strata_hash *hash, enum strata_hash_kind kind);
void strata_hash_add(strata_hash *hash, const void *bytes, size_t count);
/* Writes 20 or 32 bytes. 1 when the bytes are part of a collision attack, which only the guarded hash finds out. */
int strata_hash_end(strata_hash *hash, uint8_t *digest);

/* What the guarded hash is made of; for tests. */

/* Hashes whole blocks into the state, with this processor's instructions where `portable` is 0. 1 when one of them collides. */
int strata_sha1_guarded_blocks(uint32_t state[5], const uint8_t *blocks, size_t count, int portable);

/* The known attacks' disturbance vectors. */
enum { strata_sha1_vector_count = 32 };
typedef struct {
    /* Type I or II, K and b in Manuel's notation. */
    int type, k, b;
    /* What the 80 message words of two messages differ by. */
    const uint32_t *differences;
} strata_sha1_vector;
strata_sha1_vector strata_sha1_vector_at(int index);

/* The vectors, as bits by index, that 80 message words may be part of a pair of: the words meet their conditions. */
uint32_t strata_sha1_suspects(const uint32_t words[80]);

/* Whether the words, and these changed by the vector's differences, lead from some states each to the same: `after` is the block's result. */
int strata_sha1_collides(const uint32_t words[80], const uint32_t before[5], const uint32_t after[5], int index);

#endif
