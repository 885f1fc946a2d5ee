#include "CCounters.h"

#include <errno.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/perf_event.h>
#include <sys/syscall.h>

int amp_counter_open(amp_counted counted) {
  struct perf_event_attr attributes = {
      .size = sizeof attributes,
      .type = counted == AMP_COUNT_INSTRUCTIONS ? PERF_TYPE_HARDWARE : PERF_TYPE_SOFTWARE,
      .config = counted == AMP_COUNT_INSTRUCTIONS ? PERF_COUNT_HW_INSTRUCTIONS : PERF_COUNT_SW_TASK_CLOCK,
      .pinned = 1,
      .exclude_kernel = 1,
      .exclude_hv = 1,
  };
  /* This thread, on any processor, in no group. */
  long descriptor = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  return descriptor < 0 ? -errno : (int)descriptor;
}
#else
int amp_counter_open(amp_counted counted) {
  (void)counted;
  return -ENOSYS;
}
#endif

int64_t amp_counter_read(int descriptor) {
  uint64_t count = 0;
  ssize_t size;
  do {
    size = read(descriptor, &count, sizeof count);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return -errno;
  /* A pinned counter that could not stay on the processor reads as the end of a file. */
  return size == sizeof count ? (int64_t)count : -EBUSY;
}
