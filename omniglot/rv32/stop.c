/* The end of a program: on purpose, by exit and abort, or by a trap of the host. */
#include "board.h"
#include "kernel.h"

#include <stdlib.h>
#include <unistd.h>

static kernel_trap_handler *trap_handler;

void kernel_stop(int status)
{
    for (;;)
        board_stop(status);
}

void _exit(int status)
{
    kernel_stop(status);
}

void abort(void)
{
    kernel_print("\nkernel: the program aborted\n");
    kernel_stop(126);
}

void kernel_on_trap(kernel_trap_handler *handler)
{
    trap_handler = handler;
}

void kernel_trapped(uint32_t cause, uint32_t pc, uint32_t value);
void kernel_trapped(uint32_t cause, uint32_t pc, uint32_t value)
{
    kernel_trap_handler *handler = trap_handler;
    if (handler)
        handler(cause, pc, value);
    kernel_print("\nkernel: the host trapped: mcause ");
    kernel_print_hex(cause);
    kernel_print(" mepc ");
    kernel_print_hex(pc);
    kernel_print(" mtval ");
    kernel_print_hex(value);
    kernel_print("\n");
    kernel_stop(125);
}
