/* The source of randomness that sodium_init asks for: the board's. */
#include "board.h"

#include <sodium/randombytes.h>

static const char *name(void)
{
    return "none";
}

static uint32_t next(void)
{
    return board_random();
}

static void fill(void *const memory, const size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)memory)[i] = (unsigned char)next();
}

struct randombytes_implementation board_randomness = {
    .implementation_name = name, .random = next, .buf = fill};
