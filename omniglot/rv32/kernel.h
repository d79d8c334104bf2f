/* The host kernel of the embedded target: a board (board.h) with RV32 and PMP, without firmware.
 *
 * It runs in M-mode with the program linked to it, and gives it a console, a clock, a timer and a
 * heap. What puts code into U-mode (omniglot/pmp, baselines/task) brings the trap vector for it;
 * traps of the host itself end here. Nothing is interrupted while the host runs. */
#ifndef OMNIGLOT_RV32_KERNEL_H
#define OMNIGLOT_RV32_KERNEL_H

#include "board.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instructions on control registers. (They are an extension of their own to the assembler, which
 * the compiler's libraries are not built for.) */
#define KERNEL_CSR(text) ".option push\n\t.option arch, +zicsr\n\t" text "\n\t.option pop"

/* Ticks of kernel_time in a millisecond. */
enum { KERNEL_TICKS_PER_MS = BOARD_TICKS_PER_MS };

/* Writes `size` bytes to the console. (stdout and stderr go there too.) */
void kernel_write(const char *text, size_t size);

/* Writes text, or a number in hexadecimal, without any buffer or library. */
void kernel_print(const char *text);
void kernel_print_hex(uint32_t number);

/* Powers the board off; the emulator ends with `status`. */
_Noreturn void kernel_stop(int status);

/* Instructions retired since the machine started (minstret). */
static inline uint64_t kernel_instructions(void)
{
    uint32_t low, high, again;
    do /* NOLINT(bugprone-infinite-loop): the assembly writes them */
        __asm__ volatile(KERNEL_CSR("csrr %0, minstreth\n\tcsrr %1, minstret\n\tcsrr %2, minstreth")
                         : "=r"(high), "=r"(low), "=r"(again));
    while (high != again);
    return (uint64_t)high << 32 | low;
}

/* The clock, in ticks. */
uint64_t kernel_time(void);

/* The timer interrupts (code in U-mode always, the host where it lets itself be interrupted) once
 * kernel_time is `time`; UINT64_MAX: never. */
void kernel_alarm(uint64_t time);

/* Called on a trap of the host itself, on a stack of its own, instead of the report and the end
 * of the program. It may longjmp; if it returns, the report follows. NULL takes it back. */
typedef void kernel_trap_handler(uint32_t cause, uint32_t pc, uint32_t value);
void kernel_on_trap(kernel_trap_handler *handler);

/* Makes `vector` the trap vector, for good: what it keeps in mscratch no other one understands, so
 * that a program has one kind of code in U-mode, domains or tasks. False: another has it. */
bool kernel_take_traps(void (*vector)(void));

/* Where a trap vector sends the traps that came from the host, with all registers as they were. */
void kernel_trap(void);

#endif
