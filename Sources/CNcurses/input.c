#include <poll.h>
#include <stdio.h>

#include "screen.h"
#include "signals.h"

static int32_t face_key(int code) {
  if (code > KEY_F0 && code <= KEY_F0 + 63) return TERMINAL_KEY_FUNCTION_0 + (code - KEY_F0);
  switch (code) {
    case KEY_UP: return TERMINAL_KEY_UP;
    case KEY_DOWN: return TERMINAL_KEY_DOWN;
    case KEY_LEFT: return TERMINAL_KEY_LEFT;
    case KEY_RIGHT: return TERMINAL_KEY_RIGHT;
    case KEY_PPAGE: return TERMINAL_KEY_PAGE_UP;
    case KEY_NPAGE: return TERMINAL_KEY_PAGE_DOWN;
    case KEY_HOME: return TERMINAL_KEY_HOME;
    case KEY_END: return TERMINAL_KEY_END;
    case KEY_BACKSPACE: return TERMINAL_KEY_BACKSPACE;
    case KEY_DC: return TERMINAL_KEY_DELETE;
    case KEY_ENTER: return TERMINAL_KEY_ENTER;
    case KEY_BTAB: return TERMINAL_KEY_BACK_TAB;
    case KEY_SLEFT: return TERMINAL_KEY_SHIFT_LEFT;
    case KEY_SRIGHT: return TERMINAL_KEY_SHIFT_RIGHT;
    default: return TERMINAL_KEY_UNKNOWN;
  }
}

int32_t terminal_read(void) {
  if (terminal.screen == NULL || terminal.suspended) return -1;
  for (;;) {
    const int code = wgetch(terminal.keys);
    if (code == ERR) return -1;
    if (code == KEY_RESIZE) continue; /* resizeterm says so to itself */
    return code < 256 ? code : face_key(code);
  }
}

terminal_events terminal_wait(int32_t milliseconds) {
  struct pollfd watched[] = {
      {.fd = signals_descriptor(), .events = POLLIN},
      {.fd = terminal.suspended || terminal.input == NULL ? -1 : fileno(terminal.input), .events = POLLIN},
  };
  terminal_events events = {0};
  if (poll(watched, 2, milliseconds) > 0) {
    events.hangup = (watched[1].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    events.input = (watched[1].revents & POLLIN) != 0;
  }
  events.hangup = events.hangup || terminal.gone;
  events.signals = signals_take();
  events.woken = (events.signals & 1) != 0;
  events.signals &= ~(uint64_t)1;
  return events;
}
