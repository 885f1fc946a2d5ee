#include "CCounters.h"

#include <errno.h>
#include <malloc.h>

int64_t amp_heap_bytes(void) {
#if defined(__GLIBC__)
  struct mallinfo2 counts = mallinfo2();
  return (int64_t)(counts.uordblks + counts.hblkhd);
#else
  return -ENOSYS;
#endif
}
