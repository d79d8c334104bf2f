/* The board: QEMU's `virt` machine with RV32IMAC, as much of its memory as an embedded part has.
 *
 * All that differs from board to board is in this folder (docs/embedded.md, "Another board"). This
 * header is read by C, by assembly, and by the linker scripts, which see numbers only. */
#ifndef OMNIGLOT_RV32_BOARD_H
#define OMNIGLOT_RV32_BOARD_H

/* What is executed from reset on lies at the start of the flash. */
#define BOARD_FLASH      0x80000000
#define BOARD_FLASH_SIZE (512 * 1024)
#define BOARD_RAM        0x80100000
#define BOARD_RAM_SIZE   (256 * 1024)

/* The clock and the timer's moment, 64 bits each, as RISC-V's privileged architecture has them
 * (mtime, mtimecmp), and the register that raises a software interrupt (msip). */
#define BOARD_TIME               0x0200bff8
#define BOARD_ALARM              0x02004000
#define BOARD_SOFTWARE_INTERRUPT 0x02000000
/* The clock counts at 10 MHz. */
#define BOARD_TICKS_PER_MS 10000

/* The console (a 16550 UART), and what ends the machine (QEMU's test device). */
#define BOARD_CONSOLE 0x10000000
#define BOARD_POWER   0x00100000
/* For tests: a byte of a device that keeps what is written to it (the UART's scratch register). */
#define BOARD_DEVICE_BYTE 0x10000007

#ifndef __ASSEMBLER__
#include <stdint.h>

/* QEMU's UART takes a byte whenever it is written: there is nothing to wait for. */
static inline void board_put(uint8_t byte)
{
    *(volatile uint8_t *)BOARD_CONSOLE = byte;
}

/* Powers off; the status is the emulator's. */
static inline void board_stop(int status)
{
    enum { PASS = 0x5555, FAIL = 0x3333 };
    *(volatile uint32_t *)BOARD_POWER = status ? (uint32_t)status << 16 | FAIL : PASS;
}

/* A random number. `virt` has no source of randomness, so this one counts: nothing that runs here
 * computes anything from it. */
static inline uint32_t board_random(void)
{
    static uint32_t count;
    return count++;
}
#endif

#endif
