/* The clock and the timer. */
#include "board.h"
#include "kernel.h"

static volatile uint32_t *const compare = (volatile uint32_t *)BOARD_ALARM;
static volatile uint32_t *const now = (volatile uint32_t *)BOARD_TIME;

uint64_t kernel_time(void)
{
    uint32_t high, low;
    do {
        high = now[1];
        low = now[0];
    } while (high != now[1]);
    return (uint64_t)high << 32 | low;
}

void kernel_alarm(uint64_t time)
{
    /* Never a moment at which the two halves together are in the past by accident. */
    compare[1] = UINT32_MAX;
    compare[0] = (uint32_t)time;
    compare[1] = (uint32_t)(time >> 32);
}
