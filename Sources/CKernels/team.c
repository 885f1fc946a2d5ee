/* What every member of the calling thread's team does to itself: placement, priority, treatment of subnormals. */
#define _GNU_SOURCE /* sched_setaffinity */
#include <errno.h>
#include <stdatomic.h>

#include "CKernels.h"

#if defined(__linux__)
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* The error of the member that failed last; which one does not matter, any failure fails the call. */
typedef struct {
  const void *argument;
  atomic_int error;
} team_request;

static int ask_team(int threads, void (*body)(void *, int, int), const void *argument) {
  team_request request = {.argument = argument, .error = 0};
  amp_parallel(threads, body, &request);
  return atomic_load(&request.error);
}

#if defined(__linux__)
typedef struct {
  const int *processors;
  int count;
} placement;

/* Where there are enough processors each member gets a part of its own. Left to share them all, two members are woken on
   one processor as often as not, and stay there: the team then runs at half its speed. */
static void bind_member(void *context, int index, int count) {
  team_request *request = context;
  const placement *all = request->argument;
  const bool apart = all->count >= count;
  const int begin = apart ? (int)((int64_t)index * all->count / count) : 0;
  const int end = apart ? (int)((int64_t)(index + 1) * all->count / count) : all->count;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = begin; i < end; i++)
    CPU_SET(all->processors[i], &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0)
    atomic_store(&request->error, errno);
}

int amp_bind_team(int threads, const int *processors, int count) {
  for (int i = 0; i < count; i++)
    if (processors[i] < 0 || processors[i] >= CPU_SETSIZE)
      return EINVAL;
  const placement all = {processors, count};
  return ask_team(threads, bind_member, &all);
}

static void nice_member(void *context, int index, int count) {
  (void)index, (void)count;
  team_request *request = context;
  /* On Linux PRIO_PROCESS with a thread id means that thread alone. */
  if (setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), *(const int *)request->argument) != 0)
    atomic_store(&request->error, errno);
}

int amp_nice_team(int threads, int nice_value) { return ask_team(threads, nice_member, &nice_value); }
#else
int amp_bind_team(int threads, const int *processors, int count) {
  (void)threads, (void)processors, (void)count;
  return ENOTSUP;
}

int amp_nice_team(int threads, int nice_value) {
  (void)threads, (void)nice_value;
  return ENOTSUP;
}
#endif

static void flush_member(void *context, int index, int count) {
  (void)index, (void)count;
  const bool enable = *(const bool *)((team_request *)context)->argument;
#if defined(__x86_64__)
  enum { denormals_are_zero = 1 << 6, flush_to_zero = 1 << 15 };
  const unsigned both = denormals_are_zero | flush_to_zero;
  _mm_setcsr(enable ? _mm_getcsr() | both : _mm_getcsr() & ~both);
#elif defined(__aarch64__)
  const uint64_t flush_to_zero = UINT64_C(1) << 24;
  uint64_t control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  control = enable ? control | flush_to_zero : control & ~flush_to_zero;
  __asm__ volatile("msr fpcr, %0" : : "r"(control));
#else
  (void)enable;
#endif
}

void amp_flush_denormals(int threads, bool enable) { ask_team(threads, flush_member, &enable); }
