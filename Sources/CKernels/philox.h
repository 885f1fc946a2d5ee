/* Philox 4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). */
#ifndef CKERNELS_PHILOX_H
#define CKERNELS_PHILOX_H

#include <stdint.h>

enum { philox_rounds = 10 };

#define PHILOX_MULTIPLIER_0 0xD2511F53u
#define PHILOX_MULTIPLIER_1 0xCD9E8D57u
#define PHILOX_WEYL_0 0x9E3779B9u
#define PHILOX_WEYL_1 0xBB67AE85u

static inline void philox4x32(uint64_t key, const uint32_t counter[4], uint32_t out[4]) {
  uint32_t word0 = counter[0], word1 = counter[1], word2 = counter[2], word3 = counter[3];
  uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
  for (int round = 0; round < philox_rounds; round++) {
    const uint64_t product0 = (uint64_t)PHILOX_MULTIPLIER_0 * word0, product1 = (uint64_t)PHILOX_MULTIPLIER_1 * word2;
    word0 = (uint32_t)(product1 >> 32) ^ word1 ^ key0;
    word1 = (uint32_t)product1;
    word2 = (uint32_t)(product0 >> 32) ^ word3 ^ key1;
    word3 = (uint32_t)product0;
    key0 += PHILOX_WEYL_0;
    key1 += PHILOX_WEYL_1;
  }
  out[0] = word0, out[1] = word1, out[2] = word2, out[3] = word3;
}

#endif
