/* SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
 * generators", OOPSLA 2014). */
#include "bench/harness/random.h"

uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The upper half of a product, by halves: not every target has integers of 128 bits. */
static uint64_t high_product(uint64_t a, uint64_t b)
{
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t first = a_high * b_low + (a_low * b_low >> 32);
    uint64_t second = a_low * b_high + (uint32_t)first;
    return a_high * b_high + (first >> 32) + (second >> 32);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    return high_product(random_next(random), bound);
}

void random_fill(struct random *random, unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)random_next(random);
}
