/* What is called of libsensors, and what it calls. */
#include "sensors.h"
#include <omniglot/interface.h>

OG_LIBRARY(sensors, "libsensors.so");

int each_reading(void *data OG_USER, const char *name OG_STRING, bool is_new, enum unit unit,
                 double value) OG_CALLED_BACK;

int sensors_read(bool is_broken, reading_function *hear OG_CALLBACK(each_reading),
                 void *data OG_USER) OG_RETURNS(1, 2);
