/* Counter-cryptanalysis (Stevens, "Counter-cryptanalysis", CRYPTO 2013): a block that ends a collision attack is told by recomputing it
   with the words that its counterpart must have, for each known way to attack; see scripts/sha1-vectors.py. */

#include <stddef.h>
#include <string.h>

#include "CObjectHash.h"
#include "sha1_blocks.h"
#include "sha1_steps.h"
#include "sha1_vectors.h"

_Static_assert(vector_count == strata_sha1_vector_count, "the header tells the number of vectors");

strata_sha1_vector strata_sha1_vector_at(int index) {
    const struct vector *v = &vectors[index];
    return (strata_sha1_vector){v->type, v->k, v->b, v->differences};
}

/* The same bit of the words of 32 steps from the first that has conditions: bit i is that step + i. */
enum { first_gathered = first_step + 5 };

#if defined(__SSE2__)
#include <emmintrin.h>

static inline __m128i sixteen_low_bytes(const __m128i *words) {
    const __m128i byte = _mm_set1_epi32(0xff);
    return _mm_packus_epi16(
        _mm_packs_epi32(_mm_and_si128(_mm_loadu_si128(words), byte), _mm_and_si128(_mm_loadu_si128(words + 1), byte)),
        _mm_packs_epi32(_mm_and_si128(_mm_loadu_si128(words + 2), byte), _mm_and_si128(_mm_loadu_si128(words + 3), byte)));
}

static inline __m128i sixteen_high_bytes(const __m128i *words) {
    return _mm_packus_epi16(
        _mm_packs_epi32(_mm_srli_epi32(_mm_loadu_si128(words), 24), _mm_srli_epi32(_mm_loadu_si128(words + 1), 24)),
        _mm_packs_epi32(_mm_srli_epi32(_mm_loadu_si128(words + 2), 24), _mm_srli_epi32(_mm_loadu_si128(words + 3), 24)));
}

static inline uint64_t bits_of(__m128i early, __m128i late, int place) {
    return (unsigned)_mm_movemask_epi8(_mm_slli_epi16(early, 7 - place))
        | (uint64_t)(unsigned)_mm_movemask_epi8(_mm_slli_epi16(late, 7 - place)) << 16;
}

#define GATHER(words)                                                                                                  \
    const __m128i *from = (const __m128i *)(words + first_gathered);                                                            \
    const __m128i low_early = sixteen_low_bytes(from), low_late = sixteen_low_bytes(from + 4);                     \
    const __m128i high_early = sixteen_high_bytes(from), high_late = sixteen_high_bytes(from + 4)
#define LOW_BITS(place) bits_of(low_early, low_late, place)
#define HIGH_BITS(place) bits_of(high_early, high_late, place - 24)

#else

/* One byte of eight words, turned about like a matrix: byte i holds bit i of each. */
static inline uint64_t eight_bytes(const uint32_t *words, int shift) {
    uint64_t x = 0, swapped;
    for (int i = 0; i < 8; i++) x |= (uint64_t)(words[i] >> shift & 0xff) << (8 * i);
    swapped = (x ^ x >> 7) & 0x00aa00aa00aa00aa, x ^= swapped ^ swapped << 7;
    swapped = (x ^ x >> 14) & 0x0000cccc0000cccc, x ^= swapped ^ swapped << 14;
    swapped = (x ^ x >> 28) & 0x00000000f0f0f0f0, x ^= swapped ^ swapped << 28;
    return x;
}

static inline uint64_t bits_of(const uint64_t bytes[4], int place) {
    return (bytes[0] >> (8 * place) & 0xff) | (bytes[1] >> (8 * place) & 0xff) << 8
        | (bytes[2] >> (8 * place) & 0xff) << 16 | (bytes[3] >> (8 * place) & 0xff) << 24;
}

#define GATHER(words)                                                                                                  \
    uint64_t low[4], high[4];                                                                                          \
    for (int i = 0; i < 4; i++)                                                                                        \
    low[i] = eight_bytes(words + first_gathered + 8 * i, 0), high[i] = eight_bytes(words + first_gathered + 8 * i, 24)
#define LOW_BITS(place) bits_of(low, place)
#define HIGH_BITS(place) bits_of(high, place - 24)

#endif

/* The vectors whose conditions all hold, as bits by index. A condition is looked at for all vectors of a type and b at once, as bits K - 40. */
static inline uint32_t suspects(const uint32_t words[80]) {
    GATHER(words);
    /* Sixteen bits up, so that steps before K are a shift to the right too: a step of K + n to the place of K. */
#define FROM_K(n) (16 + 40 - first_gathered + n)
#define LOW(place) const uint64_t bits_##place = LOW_BITS(place) << 16;
#define HIGH(place) const uint64_t bits_##place = HIGH_BITS(place) << 16;
    LOW_PLACES(LOW)
    HIGH_PLACES(HIGH)
#define HOLDS(place1, step1, place2, step2, sum, unbound)                                                              \
    &((uint32_t)(bits_##place1 >> FROM_K(step1) ^ bits_##place2 >> FROM_K(step2) ^ (sum - 1)) | unbound)
    const uint32_t I_0 = VECTORS_I_0 CONDITIONS_I_0(HOLDS), I_2 = VECTORS_I_2 CONDITIONS_I_2(HOLDS);
    const uint32_t II_0 = VECTORS_II_0 CONDITIONS_II_0(HOLDS), II_2 = VECTORS_II_2 CONDITIONS_II_2(HOLDS);
#define BY_INDEX(name, k, count, index) | (name >> (k - 40) & ((1u << count) - 1)) << index
    return 0 RUNS(BY_INDEX);
}

uint32_t strata_sha1_suspects(const uint32_t words[80]) { return suspects(words); }

struct registers {
    uint32_t a, b, c, d, e;
};

/* Steps on a block's words, or with `differences` on those of its counterpart. */
#define WORD(i) (words[i] ^ (differences ? differences[i] : 0))

static inline void five_back(struct registers *r, const uint32_t words[80], const uint32_t *differences, int before) {
    uint32_t a = r->a, b = r->b, c = r->c, d = r->d, e = r->e;
    if (before > 60)
        SHA1_ROUND_4(SHA1_FIVE_BACK, WORD, before - 5);
    else if (before > 40)
        SHA1_ROUND_3(SHA1_FIVE_BACK, WORD, before - 5);
    else if (before > 20)
        SHA1_ROUND_2(SHA1_FIVE_BACK, WORD, before - 5);
    else
        SHA1_ROUND_1(SHA1_FIVE_BACK, WORD, before - 5);
    *r = (struct registers){a, b, c, d, e};
}

static inline void five_on(struct registers *r, const uint32_t words[80], const uint32_t *differences, int step) {
    uint32_t a = r->a, b = r->b, c = r->c, d = r->d, e = r->e;
    if (step < 60)
        SHA1_ROUND_3(SHA1_FIVE, WORD, step);
    else
        SHA1_ROUND_4(SHA1_FIVE, WORD, step);
    *r = (struct registers){a, b, c, d, e};
}

#undef WORD

/* The lowest step, of those that five divides, whose registers were all made under the vector. */
enum { last_followed = (first_step + 5 + 4) / 5 * 5 };

/* Whether registers differ before step `step` only where the vector disturbs them: that of step - 1, and so on back. */
static inline int follows(const struct registers *r, const struct registers *other, const struct vector *v, int step) {
    uint64_t disturbed = v->disturbed >> (step - 5 - first_step);
    return ((r->a == other->a) | (disturbed >> 4 & 1)) & ((r->b == other->b) | (disturbed >> 3 & 1))
        & ((r->c == other->c) | (disturbed >> 2 & 1)) & ((r->d == other->d) | (disturbed >> 1 & 1))
        & ((r->e == other->e) | (disturbed & 1));
}

int strata_sha1_collides(const uint32_t words[80], const uint32_t before[5], const uint32_t after[5], int index) {
    const struct vector *v = &vectors[index];
    struct registers r = {after[0] - before[0], after[1] - before[1], after[2] - before[2], after[3] - before[3],
                          after[4] - before[4]};
    for (int step = 80; step > v->test_step; step -= 5) five_back(&r, words, NULL, step);
    struct registers start = r, end = r;
    for (int step = v->test_step; step > last_followed; step -= 5) {
        five_back(&r, words, NULL, step);
        five_back(&start, words, v->differences, step);
        if (!follows(&r, &start, v, step - 5)) return 0;
    }
    for (int step = last_followed; step > 0; step -= 5) five_back(&start, words, v->differences, step);
    for (int step = v->test_step; step < 80; step += 5) five_on(&end, words, v->differences, step);
    return start.a + end.a == after[0] && start.b + end.b == after[1] && start.c + end.c == after[2]
        && start.d + end.d == after[3] && start.e + end.e == after[4];
}

static int any_collides(uint32_t suspects, const uint32_t words[80], const uint32_t before[5], const uint32_t after[5]) {
    for (; suspects != 0; suspects &= suspects - 1)
        if (strata_sha1_collides(words, before, after, __builtin_ctz(suspects))) return 1;
    return 0;
}

static inline int blocks_with(sha1_block *hash, uint32_t state[5], const uint8_t *blocks, size_t count) {
    int found = 0;
    uint32_t words[80], before[5];
    for (; count > 0; count--, blocks += 64) {
        memcpy(before, state, sizeof before);
        hash(state, blocks, words);
        uint32_t left = suspects(words);
        if (left != 0) found |= any_collides(left, words, before, state);
    }
    return found;
}

/* Found out before the first block is hashed. */
static sha1_block *accelerated;
__attribute__((constructor)) static void choose(void) { accelerated = sha1_block_accelerated(); }

int strata_sha1_guarded_blocks(uint32_t state[5], const uint8_t *blocks, size_t count, int portable) {
    if (accelerated != NULL && !portable) return blocks_with(accelerated, state, blocks, count);
    return blocks_with(sha1_block_portable, state, blocks, count);
}
