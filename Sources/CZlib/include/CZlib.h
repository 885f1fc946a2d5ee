/* zlib for Swift: the library's own header, nothing added. */
#ifndef CZLIB_H
#define CZLIB_H
#include <zlib.h>
#endif
