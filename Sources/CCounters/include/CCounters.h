/*
 * CCounters: what the kernel counts of a thread (perf_event_open), for which glibc has no function, and what the
 * allocator counts of the process.
 *
 * Functions give 0 or more, or a negative errno.
 */
#ifndef CCOUNTERS_H
#define CCOUNTERS_H

#include <stdint.h>

/* What is counted, of the calling thread and outside the kernel. */
typedef enum {
  AMP_COUNT_INSTRUCTIONS, /* retired instructions, by the processor's own counter */
  AMP_COUNT_TASK_CLOCK    /* nanoseconds on a processor, by the kernel: on every machine that counts at all */
} amp_counted;

/* Starts a counter of the calling thread at 0: its descriptor, to be closed with close(), or a negative errno. It has a
   counter of the processor to itself, so that a count is never estimated from a part of the time. */
int amp_counter_open(amp_counted counted);

/* What was counted since then; -EBUSY where the processor's counter was given to another program. */
int64_t amp_counter_read(int descriptor);

/* Bytes that malloc has given out and not taken back, in all threads. */
int64_t amp_heap_bytes(void);

#endif
