#ifndef OMNIGLOT_PMP_TESTS_PROBE_H
#define OMNIGLOT_PMP_TESTS_PROBE_H

#include <stddef.h>
#include <stdint.h>

struct probe_two {
    uint32_t first, second;
};

struct probe_large {
    uint32_t values[8];
};

typedef uint32_t probe_many(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f,
                            uint32_t g, uint32_t h, uint32_t i, uint32_t j);

extern int probe_data;
extern int probe_constructed;

int probe_nothing(void);
probe_many probe_words;
/* The last argument is half in a7 and half on the stack. */
uint64_t probe_cut(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f,
                   uint32_t g, uint64_t cut);
double probe_doubles(double a, float b, double c, double d, double e);
int8_t probe_narrow(int8_t value);
struct probe_two probe_returns_two(uint32_t a, uint32_t b);
void probe_fills(struct probe_large *large, uint32_t start);
int probe_count(void); /* how often it was called; adds to probe_data, too */
void *probe_allocate(size_t size);
int probe_errno(void); /* errno after an allocation that is too large */
size_t probe_length(const char *text);
uint64_t probe_call_back(uint64_t (*function)(uint64_t value, uint32_t tag), uint64_t value);
uint32_t probe_call_back_many(probe_many *function);
uint32_t probe_work(uint32_t steps); /* takes as many steps as it is told */
int probe_keeps_registers(void (*function)(void));

#endif
