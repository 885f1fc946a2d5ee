/* The one place that writes to the terminal, and the way back from any state of it that is safe in a signal handler. */
#ifndef CNCURSES_RESTORE_H
#define CNCURSES_RESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/* What it takes to give the terminal back. */
typedef struct {
  int terminal;          /* where escapes go */
  int input;             /* whose modes are restored; -1 if it is no terminal */
  struct termios modes;  /* as they were before */
  char escapes[1024];    /* idempotent: valid in any state of the screen */
  size_t escapes_length;
} restore_plan;

/* Whether the process may set this terminal's modes: from the background that would stop it, or break what the shell in
   front has set. Async-signal-safe. */
bool restore_is_in_front(int input);

/* From now on emergency restores follow this plan. The calling thread is the one that draws. */
void restore_arm(const restore_plan *plan);
void restore_disarm(void);

/* Restores the terminal if a plan is armed, then writes what was captured. Once, whichever thread asks first; another
   thread that asks meanwhile never returns, for the process is ending. Async-signal-safe. */
void restore_emergency(void);

/* Writes everything, or returns false if the terminal is gone. Never returns once another thread has begun an emergency
   restore: nothing may follow its escapes. */
bool restore_write(int descriptor, const char *bytes, size_t length);

#endif
