#include "sha1_blocks.h"

#include "sha1_steps.h"

static inline uint32_t word_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void sha1_block_portable(uint32_t state[5], const uint8_t *block, uint32_t words[80]) {
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
#define WORD(i)                                                                                                        \
    (words[i] = i < 16 ? word_at(block + 4 * (i))                                                                      \
                       : sha1_left(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1))
#define TWENTY(round, i)                                                                                               \
    round(SHA1_FIVE, WORD, i), round(SHA1_FIVE, WORD, i + 5), round(SHA1_FIVE, WORD, i + 10), round(SHA1_FIVE, WORD, i + 15)
    TWENTY(SHA1_ROUND_1, 0);
    TWENTY(SHA1_ROUND_2, 20);
    TWENTY(SHA1_ROUND_3, 40);
    TWENTY(SHA1_ROUND_4, 60);
#undef TWENTY
#undef WORD
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}
