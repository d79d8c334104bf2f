/* What is not as sample.h says, without the prototypes that say it: a compiler that knows makes a
 * bool of whatever is returned, and lets nothing return from what does not. sample_low_byte returns
 * a whole register. */
#include "omniglot/bindgen/tests/sample/misbehaving.h"

#include <stddef.h>
#include <stdlib.h>

unsigned char sample_is_odd(unsigned number);

unsigned char sample_is_odd(unsigned number)
{
    return (unsigned char)(misbehaving ? 2 : number & 1);
}

unsigned sample_low_byte(unsigned number);

unsigned sample_low_byte(unsigned number)
{
    return misbehaving ? number | 0xabcd00 : number & 255;
}

void sample_stop(int code);

void sample_stop(int code)
{
    if (!misbehaving)
        exit(code);
}

int sample_grade(int (*grade)(int shade), int number);

int sample_grade(int (*grade)(int shade), int number)
{
    return grade ? grade(misbehaving ? 2 : 1) + number : number;
}

int sample_fail(void (*handler)(int code), int code);

int sample_fail(void (*handler)(int code), int code)
{
    handler(code);
    return code + 1;
}

int sample_square(int number);

int sample_square(int number)
{
    if (misbehaving)
        abort();
    return number * number;
}

void *sample_counter_copy(const int *counter, const char *name);

void *sample_counter_copy(const int *counter, const char *name)
{
    if (misbehaving || !name)
        return NULL;
    int *copy = malloc(sizeof(*copy));
    if (copy)
        *copy = *counter;
    return copy;
}
