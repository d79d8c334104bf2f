/* Whose the trap vector is. */
#include "kernel.h"

bool kernel_take_traps(void (*vector)(void))
{
    uintptr_t now;
    __asm__ volatile(KERNEL_CSR("csrr %0, mtvec") : "=r"(now));
    if (now != (uintptr_t)kernel_trap && now != (uintptr_t)vector)
        return false;
    __asm__ volatile(KERNEL_CSR("csrw mtvec, %0") : : "r"(vector));
    return true;
}
