/* The process sandbox on the embedded target: what a microcontroller's operating system does. The
 * library runs as a task, in U-mode, with memory of its own; the kernel schedules tasks by
 * priority of nothing but their turn, each for a time slice, and copies the messages between them
 * and the host. The messages are those of baselines/process (message.h, wire.h), and so are the
 * functions that the host's stubs and the workers' handlers use (process.h, worker.h).
 *
 * A task has one system call: it gives the message that it sends and the buffer for the next one
 * that it waits for. */
#ifndef BASELINES_TASK_TASK_H
#define BASELINES_TASK_TASK_H

#include "omniglot/pmp/pmp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum task_state {
    TASK_DEAD,    /* it trapped, or was never started */
    TASK_READY,   /* it can run */
    TASK_WAITING, /* for a message */
};

/* No mcause: its system call named memory that is not its own. */
enum { TASK_BAD_EXCHANGE = 0x7fffffff };

enum { TASK_SLICE_TICKS = 10000 /* 1 ms */, TASKS = 4 };

/* switch.S knows the offsets of the first three. */
struct task {
    uint32_t registers[31]; /* x1 to x31 */
    uint32_t pc;
    uint32_t host_stack;

    enum task_state state;
    const struct pmp_library *image;
    uint32_t entries[4]; /* pmpaddr0 to pmpaddr3, as pmp.h has them */
    /* What it sent last, and where it wants the next message: its own word, until checked. */
    uintptr_t message, buffer;
    size_t message_size, capacity;
    uint32_t cause, value; /* why it died: mcause, mtval; or TASK_BAD_EXCHANGE */
};

/* Starts the task of the image: its memory as after load, its first instruction next. */
void task_start(struct task *task, const struct pmp_library *image);

/* Does a task run from this image? It has memory for one. */
bool task_image_is_used(const struct pmp_library *image);

/* Ends it. */
void task_stop(struct task *task);

/* Lets tasks run, each for its slice, until `task` waits for a message or is dead, or the clock
 * says `deadline`; false for the last. */
bool task_run_until_waiting(struct task *task, uint64_t deadline);

/* Is [address, address + size) the task's RAM? */
bool task_owns(const struct task *task, uintptr_t address, size_t size);

/* switch.S: runs the task until it traps; returns mcause. */
uint32_t task_enter(struct task *task);
void task_trap(void);

#endif
