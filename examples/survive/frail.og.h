/* What is called of libfrail. */
#include "frail.h"
#include <omniglot/interface.h>

OG_LIBRARY(frail, "libfrail.so");

int frail_count(unsigned long where);
