/* A library that has sensors, and calls somebody for each. */
#ifndef SENSORS_H
#define SENSORS_H

#include <stdbool.h>

enum unit { UNIT_CELSIUS = 1, UNIT_PASCAL = 2 };

/* Hears what a sensor says; the library stops if it returns anything but 0. */
typedef int reading_function(void *data, const char *name, bool is_new, enum unit unit,
                             double value);

/* Calls `hear` for each sensor, and returns how many it was called for. A broken one says a unit
 * that there is not. */
int sensors_read(bool is_broken, reading_function *hear, void *data);

#endif
