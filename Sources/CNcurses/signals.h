/* Signals as events, and the crash path. */
#ifndef CNCURSES_SIGNALS_H
#define CNCURSES_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/* Bit 0 of the pending set: a wake without a signal. */
enum { signals_wake_bit = 0 };

/* Takes over INT TERM HUP QUIT TSTP CONT WINCH (as events) and SEGV BUS ILL TRAP ABRT FPE SYS (restore, then die of it),
   and has exit restore the terminal. False if there are no resources. */
bool signals_begin(void);

/* Gives every signal its earlier disposition back. */
void signals_end(void);

/* Readable when something is pending. */
int signals_descriptor(void);

/* Takes what is pending: bit n for signal n, bit 0 for a wake. */
uint64_t signals_take(void);

#endif
