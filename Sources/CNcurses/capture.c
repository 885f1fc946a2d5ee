#define _GNU_SOURCE
#include "capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* -1: not open. `real` holds the descriptors that 1 and 2 stood for, -1 where they were left alone. */
static int memory = -1, real[3] = {-1, -1, -1};
static bool released;

bool capture_begin(void) {
  memory = memfd_create("captured output", MFD_CLOEXEC);
  if (memory < 0) return false;
  released = false;
  fflush(stdout);
  for (int descriptor = 1; descriptor <= 2; descriptor++) {
    if (!isatty(descriptor)) continue;
    real[descriptor] = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (real[descriptor] < 0 || dup2(memory, descriptor) < 0) {
      capture_end();
      return false;
    }
  }
  return true;
}

void capture_release(void) {
  const int to = real[2] >= 0 ? real[2] : real[1];
  if (memory < 0 || to < 0 || released) return;
  released = true;
  char piece[4096];
  off_t at = 0;
  for (ssize_t got; (got = pread(memory, piece, sizeof piece, at)) > 0; at += got) {
    if (write(to, piece, (size_t)got) < 0) break;
  }
  for (int descriptor = 1; descriptor <= 2; descriptor++) {
    if (real[descriptor] >= 0) dup2(real[descriptor], descriptor);
  }
}

void capture_end(void) {
  if (memory < 0) return;
  fflush(stdout);
  capture_release();
  for (int descriptor = 1; descriptor <= 2; descriptor++) {
    if (real[descriptor] >= 0) close(real[descriptor]);
    real[descriptor] = -1;
  }
  close(memory);
  memory = -1;
}
