#define _GNU_SOURCE
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "CNcurses.h"
#include "restore.h"

static const int events[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS};
enum { event_count = sizeof events / sizeof *events, fault_count = sizeof faults / sizeof *faults };

static struct sigaction earlier[event_count + fault_count];
static bool installed;
static stack_t earlier_stack;
static void *alternate_stack;

/* The self-pipe lives as long as the process, so that a late wake from another thread never meets a reused descriptor.
   It holds at most a few bytes: only the one who makes `pending` non-empty writes. */
static atomic_int read_end = -1, write_end = -1;
static atomic_uint_least64_t pending;

/* Returns what was pending before. */
static uint64_t post(int bit) {
  const uint64_t before = atomic_fetch_or(&pending, (uint64_t)1 << bit);
  if (before == 0 && atomic_load(&write_end) >= 0) {
    const int saved = errno;
    while (write(write_end, "", 1) < 0 && errno == EINTR) continue;
    errno = saved;
  }
  return before;
}

void terminal_wake(void) { post(signals_wake_bit); }

static void die_of(int number) {
  signal(number, SIG_DFL);
  raise(number); /* delivered when the handler returns, as its signal is blocked until then */
}

static void on_event(int number) {
  const uint64_t before = post(number);
  /* A second SIGQUIT while the first waits unread: the loop that should read it hangs, and the user wants out. */
  if (number == SIGQUIT && (before >> SIGQUIT & 1) != 0) {
    restore_emergency();
    die_of(number);
  }
}

static void on_fault(int number) {
  restore_emergency();
  die_of(number);
}

static void at_exit(void) {
  /* exit flushes stdout later, and what was printed belongs to the rest of the captured text. */
  if (ftrylockfile(stdout) == 0) {
    fflush_unlocked(stdout);
    funlockfile(stdout);
  }
  restore_emergency();
}

static bool open_pipe(void) {
  if (write_end >= 0) return true;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  read_end = ends[0];
  write_end = ends[1];
  return true;
}

/* A stack overflow leaves no room for the handler on the thread's own stack. */
static bool use_alternate_stack(void) {
  const size_t size = 64 * 1024;
  if (alternate_stack == NULL) alternate_stack = malloc(size);
  if (alternate_stack == NULL) return false;
  return sigaltstack(&(stack_t){.ss_sp = alternate_stack, .ss_size = size}, &earlier_stack) == 0;
}

bool signals_begin(void) {
  static bool exit_is_watched;
  if (!exit_is_watched && atexit(at_exit) != 0) return false;
  exit_is_watched = true;
  if (!open_pipe() || !use_alternate_stack()) return false;
  signals_take();

  struct sigaction event = {.sa_handler = on_event, .sa_flags = SA_RESTART | SA_ONSTACK};
  sigfillset(&event.sa_mask);
  for (int i = 0; i < event_count; i++) sigaction(events[i], &event, &earlier[i]);
  /* With everything blocked, a second fault inside the handler kills, and setting the modes cannot stop a process that
     is in the background (SIGTTOU). */
  struct sigaction fault = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
  sigfillset(&fault.sa_mask);
  for (int i = 0; i < fault_count; i++) sigaction(faults[i], &fault, &earlier[event_count + i]);
  installed = true;
  return true;
}

void signals_end(void) {
  if (!installed) return;
  for (int i = 0; i < event_count; i++) sigaction(events[i], &earlier[i], NULL);
  for (int i = 0; i < fault_count; i++) sigaction(faults[i], &earlier[event_count + i], NULL);
  sigaltstack(&earlier_stack, NULL);
  installed = false;
}

int signals_descriptor(void) { return read_end; }

uint64_t signals_take(void) {
  char bytes[16];
  while (read(read_end, bytes, sizeof bytes) > 0) continue;
  return atomic_exchange(&pending, 0);
}

void terminal_stop_process(void) {
  struct sigaction ours;
  sigaction(SIGTSTP, &(struct sigaction){.sa_handler = SIG_DFL}, &ours);
  atomic_fetch_and(&pending, ~((uint64_t)1 << SIGCONT));
  kill(0, SIGTSTP);
  /* Another thread may take the signal, and then kill returns before everything stops. Waiting for the SIGCONT has a
     limit because the kernel does not stop an orphaned group, which nobody could continue. */
  for (int i = 0; i < 100 && (atomic_load(&pending) >> SIGCONT & 1) == 0; i++) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  atomic_fetch_and(&pending, ~((uint64_t)1 << SIGCONT));
  sigaction(SIGTSTP, &ours, NULL);
}

void terminal_end_by_signal(int32_t number) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigaction(number, &standard, NULL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  pthread_sigmask(SIG_UNBLOCK, &only, NULL);
  raise(number);
  /* The first process of a container ignores signals that it does not handle. */
  _exit(128 + number);
}
