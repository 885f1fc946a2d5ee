/* The open terminal, shared by the files that draw on it and read from it. Included by those that may see curses.h. */
#ifndef CNCURSES_SCREEN_H
#define CNCURSES_SCREEN_H

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "CNcurses.h"

typedef struct {
  SCREEN *screen;  /* NULL: no terminal is open */
  WINDOW *keys;    /* a pad, because reading from a window also refreshes it */
  int terminal;    /* a private descriptor of the output: 1 and 2 may be captured */
  FILE *input;
  FILE *frame;     /* memory that ncurses believes to be the terminal */
  bool has_modes;  /* the input is a terminal, whose modes are in `modes` while the screen is left */
  struct termios modes;
  bool speaks_ansi;  /* understands, or skips, CSI ? n h */
  bool has_colors;
  bool mouse;
  bool suspended;
  bool gone;  /* a write failed: the terminal has hung up */
} open_terminal;

extern open_terminal terminal;

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_ON "\033[?1002h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1002l"
#define SYNCHRONIZED_ON "\033[?2026h"
#define SYNCHRONIZED_OFF "\033[?2026l"

/* Has an emergency restore bring back the state in which the terminal was found. */
void screen_arm_restore(void);

/* Sends the terminal what ncurses has written into the frame since the last time, between two pieces of text that go
   with it in the same write. Returns the number of bytes, or -1 if the terminal is gone. */
int64_t screen_send_frame(const char *before, const char *after);

/* Forgets what ncurses has written into the frame beyond so many bytes. */
void screen_cut_frame(off_t length);

#endif
