/* The character set of the process. */
#ifndef CNCURSES_UTF8_LOCALE_H
#define CNCURSES_UTF8_LOCALE_H

/* Makes it UTF-8, and touches nothing else of the locale: LC_NUMERIC would change how C reads numbers. Without a UTF-8
   locale ncurses draws every cell beyond ASCII blank, and programs run in LANG=C inside terminals that understand UTF-8
   all the time (containers, ssh, cron). */
void locale_use_utf8(void);

#endif
