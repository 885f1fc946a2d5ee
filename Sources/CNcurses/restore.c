#define _GNU_SOURCE
#include "restore.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"

static restore_plan plan;
static atomic_bool armed, writing;
static atomic_int restoring_thread; /* 0: nobody */
static pid_t drawing_thread;

void restore_arm(const restore_plan *new_plan) {
  atomic_store(&armed, false);
  plan = *new_plan;
  drawing_thread = gettid();
  atomic_store(&armed, true);
}

void restore_disarm(void) { atomic_store(&armed, false); }

bool restore_is_in_front(int input) {
  const pid_t front = tcgetpgrp(input); /* -1 where the input is not the terminal that controls the process */
  return front == -1 || front == getpgrp();
}

static _Noreturn void wait_for_the_end(void) {
  for (;;) pause();
}

static bool write_all(int descriptor, const char *bytes, size_t length) {
  while (length > 0) {
    const ssize_t written = write(descriptor, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    length -= (size_t)written;
  }
  return true;
}

bool restore_write(int descriptor, const char *bytes, size_t length) {
  atomic_store(&writing, true);
  const int restoring = atomic_load(&restoring_thread);
  if (restoring != 0) {
    atomic_store(&writing, false);
    if (restoring == gettid()) return false;
    wait_for_the_end();
  }
  const bool done = write_all(descriptor, bytes, length);
  atomic_store(&writing, false);
  return done;
}

void restore_emergency(void) {
  if (!atomic_load(&armed)) {
    capture_release(); /* the screen is left for a while, or was never entered */
    return;
  }
  int nobody = 0;
  const pid_t self = gettid();
  if (!atomic_compare_exchange_strong(&restoring_thread, &nobody, self)) {
    if (nobody == self) return;
    wait_for_the_end();
  }
  if (self != drawing_thread) {
    /* Lets a frame that is under way finish; a tenth of a second is enough unless the terminal reads nothing. */
    for (int i = 0; i < 100 && atomic_load(&writing); i++) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  write_all(plan.terminal, plan.escapes, plan.escapes_length);
  if (plan.input >= 0 && restore_is_in_front(plan.input)) {
    /* Mouse reports that are still in the queue would be typed into the shell. */
    tcflush(plan.input, TCIFLUSH);
    tcsetattr(plan.input, TCSANOW, &plan.modes);
  }
  capture_release();
}
