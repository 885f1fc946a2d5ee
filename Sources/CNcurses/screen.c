#define _GNU_SOURCE
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"
#include "color_pairs.h"
#include "entry.h"
#include "restore.h"
#include "signals.h"
#include "utf8_locale.h"

open_terminal terminal = {.terminal = -1};

static const char *modes_on(void) {
  if (!terminal.speaks_ansi) return "";
  return terminal.mouse ? PASTE_ON MOUSE_ON : PASTE_ON;
}

static const char *modes_off(void) { return terminal.speaks_ansi ? MOUSE_OFF PASTE_OFF : ""; }

/* The terminal's own modes but: keys as they come (Enter is CR, Ctrl-S and Ctrl-Q are keys and freeze nothing), no echo,
   no newline translation. Ctrl-C and Ctrl-Z are keys, so that they can be answered with a question; Ctrl-\ still is a
   signal, for the day when nobody reads keys. */
static struct termios screen_modes(void) {
  struct termios modes = terminal.modes;
  modes.c_iflag &= (tcflag_t) ~(IXON | ICRNL | INLCR | IGNCR | ISTRIP);
  modes.c_lflag &= (tcflag_t) ~(ICANON | ECHO | IEXTEN);
  modes.c_oflag &= (tcflag_t) ~(ONLCR | OCRNL | ONLRET | XTABS);
  modes.c_cc[VINTR] = modes.c_cc[VSUSP] = _POSIX_VDISABLE;
  modes.c_cc[VMIN] = 1;
  modes.c_cc[VTIME] = 0;
  return modes;
}

static void set_modes(const struct termios *modes, int when) {
  if (!terminal.has_modes) return;
  while (tcsetattr(fileno(terminal.input), when, modes) < 0 && errno == EINTR) continue;
}

/* The screen of the type's derived entry, or of the type itself where ncurses cannot take that one. */
static SCREEN *new_screen(const terminal_options *options) {
  char *name = terminal_entry_derived_name(options->type);
  char *entry = terminal_entry_derive(options->type, options->colors);
  const char *const current = getenv("TERMINFO");
  char *const earlier = current == NULL ? NULL : strdup(current);
  SCREEN *screen = NULL;
  if (name != NULL && entry != NULL && setenv("TERMINFO", entry, 1) == 0) {
    screen = newterm(name, terminal.frame, terminal.input);
  }
  if (earlier != NULL) setenv("TERMINFO", earlier, 1);
  if (current == NULL) unsetenv("TERMINFO");
  free(earlier);
  free(entry);
  free(name);
  return screen != NULL ? screen : newterm(options->type, terminal.frame, terminal.input);
}

static bool open_files(const terminal_options *options) {
  terminal.terminal = fcntl(options->output, F_DUPFD_CLOEXEC, 3);
  const int input = fcntl(options->input, F_DUPFD_CLOEXEC, 3);
  if (input >= 0 && (terminal.input = fdopen(input, "r")) == NULL) close(input);
  const int frame = memfd_create("frame", MFD_CLOEXEC);
  if (frame >= 0 && (terminal.frame = fdopen(frame, "w")) == NULL) close(frame);
  return terminal.terminal >= 0 && terminal.input != NULL && terminal.frame != NULL;
}

static void close_everything(void) {
  const int saved = errno;
  restore_disarm();
  if (terminal.keys != NULL) delwin(terminal.keys);
  if (terminal.screen != NULL) delscreen(terminal.screen);
  if (terminal.frame != NULL) fclose(terminal.frame);
  if (terminal.input != NULL) fclose(terminal.input);
  if (terminal.terminal >= 0) close(terminal.terminal);
  signals_end();
  capture_end();
  color_pairs_end();
  terminal = (open_terminal){.terminal = -1};
  errno = saved;
}

static bool configure(void) {
  noecho();
  nonl();
  cbreak();
  typeahead(-1);
  curs_set(0);
  /* Of a bare ESC, ncurses waits so many milliseconds for the rest of a sequence; its own figure is a second. */
  set_escdelay(25);
  leaveok(stdscr, TRUE);
  terminal.keys = newpad(1, 1);
  if (terminal.keys == NULL) return false;
  nodelay(terminal.keys, TRUE);
  /* Eight bits. Of a terminal it would see that itself, but it sees a file. The switch that it sends along is for
     terminals of old that send seven, and is taken out again. */
  const off_t written = lseek(fileno(terminal.frame), 0, SEEK_CUR);
  meta(terminal.keys, TRUE);
  screen_cut_frame(written);
  keypad(terminal.keys, TRUE);
  /* Mouse reports come as bytes: ncurses parses only the protocol that the entry names, and tmux names an older one. */
  define_key(NULL, KEY_MOUSE);
  terminal.has_colors = has_colors() && start_color() == OK;
  if (terminal.has_colors) use_default_colors();
  const char *addressing = tigetstr("cup");
  terminal.speaks_ansi = addressing != NULL && addressing != (const char *)-1 && strncmp(addressing, "\033[", 2) == 0;
  return true;
}

terminal_open_status terminal_open(const terminal_options *options) {
  if (terminal.screen != NULL) return TERMINAL_ALREADY_OPEN;
  locale_use_utf8();
  terminal = (open_terminal){.terminal = -1, .mouse = options->mouse};
  if (!open_files(options) || !signals_begin() || (options->capture_output && !capture_begin())) {
    close_everything();
    return TERMINAL_NO_RESOURCES;
  }
  terminal.has_modes = tcgetattr(fileno(terminal.input), &terminal.modes) == 0;
  color_pairs_begin(options->colors);
  terminal.screen = new_screen(options);
  if (terminal.screen == NULL || !configure()) {
    close_everything();
    return TERMINAL_REFUSED;
  }
  screen_arm_restore();
  const struct termios modes = screen_modes();
  set_modes(&modes, TCSADRAIN);
  terminal_resize();
  wnoutrefresh(stdscr);
  doupdate();
  screen_send_frame("", modes_on());
  return TERMINAL_OPENED;
}

/* Leaves the full screen; everything stays open. */
static void leave(void) {
  endwin();
  screen_send_frame(modes_off(), "");
  /* Flushing drops mouse reports on their way, which would be typed into the shell. */
  if (restore_is_in_front(fileno(terminal.input))) set_modes(&terminal.modes, TCSAFLUSH);
}

void terminal_close(void) {
  if (terminal.screen == NULL) return;
  if (!terminal.suspended) leave();
  close_everything();
}

void terminal_suspend(void) {
  if (terminal.screen == NULL || terminal.suspended) return;
  leave();
  restore_disarm();
  terminal.suspended = true;
}

bool terminal_resume(void) {
  if (terminal.screen == NULL || !terminal.suspended) return terminal.screen != NULL;
  const int input = fileno(terminal.input);
  if (!restore_is_in_front(input)) return false;
  /* The shell, or the user with stty, may have changed them meanwhile. */
  tcgetattr(input, &terminal.modes);
  terminal.suspended = false;
  screen_arm_restore();
  const struct termios modes = screen_modes();
  set_modes(&modes, TCSADRAIN);
  terminal_resize();
  terminal_repaint();
  doupdate();
  screen_send_frame("", modes_on());
  return true;
}

bool terminal_is_suspended(void) { return terminal.suspended; }

bool terminal_send(const char *sequence) {
  if (terminal.screen == NULL || terminal.suspended || !terminal.speaks_ansi) return false;
  return screen_send_frame("", sequence) >= 0;
}

void terminal_set_mouse(bool on) {
  if (terminal.screen == NULL || terminal.mouse == on) return;
  terminal.mouse = on;
  if (terminal.speaks_ansi && !terminal.suspended) screen_send_frame("", on ? MOUSE_ON : MOUSE_OFF);
}

void terminal_size(int32_t *columns, int32_t *rows) {
  struct winsize size = {0};
  const bool known = terminal.terminal >= 0 && ioctl(terminal.terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
                     size.ws_row > 0;
  *columns = known ? size.ws_col : 80;
  *rows = known ? size.ws_row : 24;
}

void terminal_resize(void) {
  if (terminal.screen == NULL) return;
  int32_t columns, rows;
  terminal_size(&columns, &rows);
  resizeterm(rows, columns);
  werase(stdscr);
  clearok(curscr, TRUE);
}
