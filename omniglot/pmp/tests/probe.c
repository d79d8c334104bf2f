/* A library that behaves, for tests of the runtime on the embedded target: arguments and returns
 * of every class, state, memory, callbacks. */
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int probe_data = 42;
static int zeroed;
int probe_constructed;

__attribute__((constructor)) static void construct(void)
{
    probe_constructed++;
}

int probe_nothing(void)
{
    return 0;
}

uint32_t probe_words(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f,
                     uint32_t g, uint32_t h, uint32_t i, uint32_t j)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j;
}

uint64_t probe_cut(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f,
                   uint32_t g, uint64_t cut)
{
    return cut + a + b + c + d + e + f + g;
}

double probe_doubles(double a, float b, double c, double d, double e)
{
    return a + 2 * (double)b + 3 * c + 4 * d + 5 * e;
}

int8_t probe_narrow(int8_t value)
{
    return (int8_t)-value;
}

struct probe_two probe_returns_two(uint32_t a, uint32_t b)
{
    return (struct probe_two){b, a};
}

void probe_fills(struct probe_large *large, uint32_t start)
{
    for (size_t i = 0; i < 8; i++)
        large->values[i] = start + (uint32_t)i;
}

int probe_count(void)
{
    probe_data++;
    return ++zeroed;
}

void *probe_allocate(size_t size)
{
    return malloc(size);
}

int probe_errno(void)
{
    errno = 0;
    return malloc(1 << 30) ? 0 : errno;
}

size_t probe_length(const char *text)
{
    return strlen(text);
}

uint64_t probe_call_back(uint64_t (*function)(uint64_t value, uint32_t tag), uint64_t value)
{
    return function(value, 7) + 1;
}

uint32_t probe_call_back_many(probe_many *function)
{
    return function(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
}

uint32_t probe_work(uint32_t steps)
{
    for (volatile uint32_t i = 0; i < steps; i++)
        ;
    return steps;
}

int probe_keeps_registers(void (*function)(void))
{
    /* More values than fit caller-saved registers, live across the call. */
    volatile uint32_t seed = 3;
    uint32_t a = seed, b = a * 5, c = b * 7, d = c * 11, e = d * 13, f = e * 17, g = f * 19,
             h = g * 23, i = h * 29, j = i * 31, k = j * 37, l = k * 41;
    function();
    return a == 3 && b == a * 5 && c == b * 7 && d == c * 11 && e == d * 13 && f == e * 17 &&
           g == f * 19 && h == g * 23 && i == h * 29 && j == i * 31 && k == j * 37 && l == k * 41;
}
