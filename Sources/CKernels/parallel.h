/* Static cutting of work over the calling thread's OpenMP team. */
#ifndef CKERNELS_PARALLEL_H
#define CKERNELS_PARALLEL_H

#include <stddef.h>

#include "CKernels.h"

/* Reductions keep one partial result per chunk on the stack. */
enum { max_chunks = 256 };

typedef struct {
  size_t begin, end;
} range;

/* Part `index` of 0..<total cut into `parts` nearly equal parts; all boundaries but the last are multiples of granule.
 */
static inline range part_of(size_t total, int index, int parts, size_t granule) {
  const size_t granules = (total + granule - 1) / granule;
  const size_t share = granules / (size_t)parts, extra = granules % (size_t)parts, at = (size_t)index;
  const size_t begin = (at * share + (at < extra ? at : extra)) * granule;
  const size_t end = begin + (share + (at < extra)) * granule;
  return (range){begin < total ? begin : total, end < total ? end : total};
}

/* Runs body for index 0..<chunks on the calling thread's team of `threads`; on the calling thread alone where there is
   only one chunk. The team keeps its size whatever the number of chunks: libgomp ends the threads that a smaller team
   does not need, and with them their placement and priority. */
void parallel_chunks(int threads, int chunks, void (*body)(void *context, int index, int count), void *context);

/* How many chunks to cut work of `elements` elements into: waking a team takes as long as moving 2^14 elements, so that
   these are not cut yet. Between 1 and max_chunks. */
static inline int chunk_count(int threads, size_t elements) {
  enum { least_elements_per_chunk = 8200 };
  const size_t most = elements / least_elements_per_chunk;
  int chunks = threads < max_chunks ? threads : max_chunks;
  if ((size_t)(chunks > 0 ? chunks : 0) > most)
    chunks = (int)most;
  return chunks > 1 ? chunks : 1;
}

#endif
