/*
 * CNcurses: one full-screen terminal on ncursesw, behind a face that Swift can import.
 *
 * Swift cannot use curses.h as it stands: its globals are shared mutable state, its attributes and key codes are macros,
 * and its functions have names like clear, filter and timeout. So everything of curses.h stays on this side.
 *
 * ncurses draws into a buffer in memory, and terminal_present hands the terminal one whole frame: that gives the number
 * of bytes of a frame, no torn frames, and a single place that writes, which the crash path relies on. The modes of the
 * line discipline are set here and not by ncurses.
 *
 * One thread opens the terminal, and the same thread makes every other call; terminal_wake may come from any thread.
 * The terminal gets its modes back on every way out of the process but SIGKILL: close, exit from any thread, a fault or
 * abort on any thread (after which the process dies of that signal).
 */
#ifndef CNCURSES_H
#define CNCURSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the terminfo database says about a terminal type. */
typedef enum __attribute__((enum_extensibility(closed))) {
  TERMINAL_ENTRY_USABLE = 0,
  TERMINAL_ENTRY_UNKNOWN = 1,       /* no entry of that name */
  TERMINAL_ENTRY_NO_ADDRESSING = 2, /* an entry without cursor addressing (cup): a printer, or a dumb terminal */
} terminal_entry_status;

typedef struct {
  terminal_entry_status status;
  int32_t colors; /* the entry's own number of colours; 0 where it has none */
} terminal_entry;

/* Looks a terminal type up. */
terminal_entry terminal_entry_look_up(const char *name);

typedef struct {
  const char *type; /* a type for which terminal_entry_look_up says usable */
  int32_t colors;   /* 0: the entry's own; 1: none; 16, 256 or 1 << 24: use such escapes whatever the entry says */
  int input;        /* file descriptors; may be no terminals, then the size is 80x24 and no modes are set */
  int output;
  bool mouse;
  bool capture_output; /* stdout and stderr, where they are terminals, go to memory until terminal_close */
} terminal_options;

typedef enum __attribute__((enum_extensibility(closed))) {
  TERMINAL_OPENED = 0,
  TERMINAL_ALREADY_OPEN = 1,
  TERMINAL_NO_RESOURCES = 2, /* no memory or file descriptors left; errno says which */
  TERMINAL_REFUSED = 3,      /* ncurses cannot drive this type */
} terminal_open_status;

/* Enters the full screen. Changes TERMINFO in the environment for a moment, so open before starting threads. */
terminal_open_status terminal_open(const terminal_options *options);

/* Leaves the full screen, restores modes and signal dispositions, then writes what was captured to stderr. Safe when
   nothing is open. */
void terminal_close(void);

/* Columns and rows as the kernel says, 80x24 where it says 0x0. */
void terminal_size(int32_t *columns, int32_t *rows);

/* Takes over the current size. What was drawn is lost: draw everything again. */
void terminal_resize(void);

/* Sends a control sequence as it is; false where the terminal speaks no ANSI or the screen is left. */
bool terminal_send(const char *sequence);

/* Turns mouse reports on or off; off lets the terminal select text. */
void terminal_set_mouse(bool on);

/* Pairs below this number can be defined; 0 without colour. */
int32_t terminal_pair_limit(void);

/* Defines a colour pair from colour numbers, -1 being the terminal's default colour. 0 < pair < pair limit. */
bool terminal_define_pair(int32_t pair, int32_t foreground, int32_t background);

enum {
  TERMINAL_BOLD = 1 << 0,
  TERMINAL_DIM = 1 << 1,
  TERMINAL_UNDERLINE = 1 << 2,
  TERMINAL_REVERSE = 1 << 3,
};

/* A cell: a Unicode scalar one column wide (anything else is drawn as '?'), TERMINAL_ attributes, a defined pair. */
typedef struct {
  uint32_t character;
  uint32_t attributes;
  int32_t pair;
} terminal_cell;

/* Puts cells of one row; what falls outside the screen is dropped. */
void terminal_put_cells(int32_t row, int32_t column, const terminal_cell *cells, int32_t count);

/* Blanks all cells. */
void terminal_erase(void);

/* Sends what changed since the last call and returns the number of bytes, or -1 if the terminal is gone. */
int64_t terminal_present(void);

/* Makes the next terminal_present send the whole screen, for when somebody else wrote on it. */
void terminal_repaint(void);

/* Input: bytes (0-255) of characters and of sequences that terminfo does not name, and named keys (256 and up). */
enum {
  TERMINAL_KEY_UNKNOWN = 256, /* a key that terminfo names and this face does not */
  TERMINAL_KEY_UP,
  TERMINAL_KEY_DOWN,
  TERMINAL_KEY_LEFT,
  TERMINAL_KEY_RIGHT,
  TERMINAL_KEY_PAGE_UP,
  TERMINAL_KEY_PAGE_DOWN,
  TERMINAL_KEY_HOME,
  TERMINAL_KEY_END,
  TERMINAL_KEY_BACKSPACE,
  TERMINAL_KEY_DELETE,
  TERMINAL_KEY_ENTER,
  TERMINAL_KEY_BACK_TAB,
  TERMINAL_KEY_SHIFT_LEFT,
  TERMINAL_KEY_SHIFT_RIGHT,
  TERMINAL_KEY_FUNCTION_0 = 512, /* F1 is one more, and so on up to F63 */
};

/* The next unit of input; -1 when all that has arrived has been read. */
int32_t terminal_read(void);

typedef struct {
  bool input;       /* terminal_read has something */
  bool hangup;      /* the terminal is gone */
  bool woken;       /* terminal_wake was called */
  uint64_t signals; /* bit n: signal n came (INT TERM HUP QUIT TSTP CONT WINCH), once or more */
} terminal_events;

/* Waits at most so many milliseconds (-1: for ever) for input, a wake or a signal, and takes what came. While
   suspended it leaves the input alone. */
terminal_events terminal_wait(int32_t milliseconds);

/* Makes terminal_wait return. From any thread, and from signal handlers; does nothing when no terminal is open. */
void terminal_wake(void);

/* Leaves the full screen with everything still open, and enters it again. Resume does nothing and returns false while
   the process is in the background of its terminal. */
void terminal_suspend(void);
bool terminal_resume(void);
bool terminal_is_suspended(void);

/* Stops the process group, as Ctrl-Z does in a shell's job; returns when it continues, and at once where the kernel
   stops nobody because no shell could continue it. Suspend first. The SIGCONT is taken here. */
void terminal_stop_process(void);

/* Ends the process by the default action of the signal, so that a shell sees 128 + signal. Close first. */
_Noreturn void terminal_end_by_signal(int32_t signal_number);

/* CPU time of the calling thread in nanoseconds. */
uint64_t terminal_thread_cpu_time(void);

#ifdef __cplusplus
}
#endif
#endif
