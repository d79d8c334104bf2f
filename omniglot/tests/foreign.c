/* A foreign library for the tests: state, allocations, callbacks, and every class of result. */
#include "foreign.h"

#include <stdlib.h>
#include <string.h>

int foreign_counter = 41;
const char foreign_text[] = "foreign text";
static char *kept;

int foreign_count(void)
{
    return ++foreign_counter;
}

char *foreign_allocate(unsigned long size)
{
    return malloc(size);
}

char *foreign_allocate_zeroed(unsigned long count, unsigned long size)
{
    return calloc(count, size);
}

char *foreign_duplicate(const char *text)
{
    return strdup(text);
}

void foreign_release(void *memory)
{
    free(memory);
}

void *foreign_resize(void *memory, unsigned long size)
{
    return realloc(memory, size);
}

void *foreign_resize_array(void *memory, unsigned long count, unsigned long size)
{
    return reallocarray(memory, count, size);
}

void *foreign_align(unsigned long alignment, unsigned long size)
{
    void *memory = NULL;
    return posix_memalign(&memory, alignment, size) ? NULL : memory;
}

int foreign_keep(const char *text)
{
    free(kept);
    kept = text ? strdup(text) : NULL;
    return kept != NULL;
}

const char *foreign_kept(void)
{
    return kept;
}

int foreign_call(foreign_callback *callback, int number, double fraction)
{
    return callback(number, fraction, foreign_text) + 1;
}

double foreign_call_double(foreign_callback_double *callback, double fraction)
{
    return callback(fraction) * 2;
}

void foreign_spoil(unsigned char *memory, unsigned long size)
{
    memset(memory, 0xFF, size);
}

struct foreign_large foreign_return_large(long first)
{
    struct foreign_large large = {{first, first + 1, first + 2, first + 3, first + 4}};
    return large;
}
