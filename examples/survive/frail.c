#include "frail.h"

static int calls;

int frail_count(unsigned long where)
{
    calls++;
    if (where)
        *(volatile int *)where = calls;
    return calls;
}
