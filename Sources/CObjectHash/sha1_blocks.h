#ifndef SHA1_BLOCKS_H
#define SHA1_BLOCKS_H

#include <stdint.h>

/* Hashes one block into the state and gives its 80 message words. */
typedef void sha1_block(uint32_t state[5], const uint8_t *block, uint32_t words[80]);

sha1_block sha1_block_portable;

/* The same with instructions for SHA-1; NULL where this processor has none. */
sha1_block *sha1_block_accelerated(void);

#endif
