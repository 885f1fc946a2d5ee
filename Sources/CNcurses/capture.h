/* Keeps what the process prints out of the screen while it is open. */
#ifndef CNCURSES_CAPTURE_H
#define CNCURSES_CAPTURE_H

#include <stdbool.h>

/* Sends stdout and stderr, each where it is a terminal, to memory. False if there are no resources. */
bool capture_begin(void);

/* Gives stdout and stderr back, then writes what was captured to stderr. */
void capture_end(void);

/* The same without letting go of memory and descriptors. Async-signal-safe. */
void capture_release(void);

#endif
