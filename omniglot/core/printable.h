/* Text that others have chosen, made fit for a terminal. For isolations and tools. */
#ifndef OMNIGLOT_CORE_PRINTABLE_H
#define OMNIGLOT_CORE_PRINTABLE_H

/* Changes to '?', byte by byte, what is no UTF-8 and what a terminal could obey: control
 * characters, of 7 and of 8 bits, and those that turn the direction of writing or end a line. */
void og_make_printable(char *text);

#endif
