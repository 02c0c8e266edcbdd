#ifndef SHA1_STEPS_H
#define SHA1_STEPS_H

#include <stdint.h>

/* SHA-1's steps (FIPS 180-4), forwards and backwards, on five registers that change roles instead of places. */

static inline uint32_t sha1_left(uint32_t x, int n) { return x << n | x >> (32 - n); }

#define SHA1_CHOOSE(b, c, d) (((c ^ d) & b) ^ d)
#define SHA1_PARITY(b, c, d) (b ^ c ^ d)
#define SHA1_MAJORITY(b, c, d) ((b & c) + ((b ^ c) & d))

/* Summed in the order in which the parts are known: the previous step's result comes last. */
#define SHA1_STEP(f, k, a, b, c, d, e, w)                                                                              \
    (e += k + (w), e += f(b, c, d), e += sha1_left(a, 5), b = sha1_left(b, 30))
#define SHA1_BACK(f, k, a, b, c, d, e, w)                                                                              \
    (e -= k + (w), e -= sha1_left(a, 5), b = sha1_left(b, 2), e -= f(b, c, d))

/* Five steps: then each register has its old role. W(i) is the word of step i. */
#define SHA1_FIVE(f, k, W, i)                                                                                          \
    SHA1_STEP(f, k, a, b, c, d, e, W(i)), SHA1_STEP(f, k, e, a, b, c, d, W(i + 1)),                                    \
        SHA1_STEP(f, k, d, e, a, b, c, W(i + 2)), SHA1_STEP(f, k, c, d, e, a, b, W(i + 3)),                            \
        SHA1_STEP(f, k, b, c, d, e, a, W(i + 4))
#define SHA1_FIVE_BACK(f, k, W, i)                                                                                     \
    SHA1_BACK(f, k, b, c, d, e, a, W(i + 4)), SHA1_BACK(f, k, c, d, e, a, b, W(i + 3)),                                \
        SHA1_BACK(f, k, d, e, a, b, c, W(i + 2)), SHA1_BACK(f, k, e, a, b, c, d, W(i + 1)),                            \
        SHA1_BACK(f, k, a, b, c, d, e, W(i))

/* The four rounds, each with its function and constant. */
#define SHA1_ROUND_1(do, W, i) do(SHA1_CHOOSE, 0x5a827999u, W, i)
#define SHA1_ROUND_2(do, W, i) do(SHA1_PARITY, 0x6ed9eba1u, W, i)
#define SHA1_ROUND_3(do, W, i) do(SHA1_MAJORITY, 0x8f1bbcdcu, W, i)
#define SHA1_ROUND_4(do, W, i) do(SHA1_PARITY, 0xca62c1d6u, W, i)

#endif
