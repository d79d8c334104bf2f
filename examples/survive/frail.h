/* A library with a fault. */
#ifndef FRAIL_H
#define FRAIL_H

/* Counts its calls, and returns how many there were. With `where` it writes there before that. */
int frail_count(unsigned long where);

#endif
