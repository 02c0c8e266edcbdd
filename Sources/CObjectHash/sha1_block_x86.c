#include "sha1_blocks.h"

#include <stddef.h>

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

/* Four steps at a time. An SHA instruction takes the words of four steps with the earliest in the highest lane, so that is how they are held; they
   are stored with the earliest first. */
__attribute__((target("sha,ssse3,sse4.1"))) static void block(uint32_t state[5], const uint8_t *bytes, uint32_t words[80]) {
    const __m128i big_endian = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0x1b);
    __m128i e = _mm_set_epi32((int)state[4], 0, 0, 0);
    const __m128i abcd_before = abcd, e_before = e;
    __m128i w[4], earlier = abcd;

    /* The words of steps 4i to 4i + 3: those of the block, then made of the sixteen before them. */
#define WORDS(i)                                                                                                       \
    if (i < 4)                                                                                                         \
        w[i & 3] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes + i), big_endian);                          \
    else                                                                                                               \
        w[i & 3] = _mm_sha1msg2_epu32(                                                                                 \
            _mm_xor_si128(_mm_sha1msg1_epu32(w[i & 3], w[(i + 1) & 3]), w[(i + 2) & 3]), w[(i + 3) & 3]);              \
    _mm_storeu_si128((__m128i *)words + i, _mm_shuffle_epi32(w[i & 3], 0x1b))

    /* E is what A was four steps ago, turned; only before the first step it is a register of its own. */
#define STEPS(i, round)                                                                                                \
    WORDS(i);                                                                                                          \
    e = i == 0 ? _mm_add_epi32(e, w[0]) : _mm_sha1nexte_epu32(earlier, w[i & 3]);                                      \
    earlier = abcd;                                                                                                    \
    abcd = _mm_sha1rnds4_epu32(abcd, e, round)
#define ROUND(i, round) STEPS(i, round); STEPS(i + 1, round); STEPS(i + 2, round); STEPS(i + 3, round); STEPS(i + 4, round)

    ROUND(0, 0);
    ROUND(5, 1);
    ROUND(10, 2);
    ROUND(15, 3);
#undef ROUND
#undef STEPS
#undef WORDS

    e = _mm_sha1nexte_epu32(earlier, e_before);
    abcd = _mm_add_epi32(abcd, abcd_before);
    _mm_storeu_si128((__m128i *)state, _mm_shuffle_epi32(abcd, 0x1b));
    state[4] = (uint32_t)_mm_extract_epi32(e, 3);
}

sha1_block *sha1_block_accelerated(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return NULL;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_SHA)) return NULL;
    return block;
}

#else

sha1_block *sha1_block_accelerated(void) { return NULL; }

#endif
