/* The tasks' scheduler: each ready one in turn, for a slice or until it waits. */
#include "task.h"

#include "omniglot/rv32/kernel.h"

_Static_assert(offsetof(struct task, pc) == 124 && offsetof(struct task, host_stack) == 128,
               "switch.S knows where they are");

enum { ECALL = 8, TIMER_INTERRUPT = INT32_MIN + 7 /* mcause */, MIE_MTIE = 0x80, ECALL_SIZE = 4 };
enum { REGISTER_SP = 2, REGISTER_TP = 4, REGISTER_A0 = 10 };

static struct task *tasks[TASKS];
static unsigned turn;
static const struct task *selected;

/* Opens the task's memory, and nothing else (pmp.h has the table of entries). */
static void select(const struct task *task)
{
    const uint32_t configuration = (uint32_t)0x0d << 8 | (uint32_t)0x0b << 24;
    if (task == selected)
        return;
    __asm__ volatile(KERNEL_CSR("csrw pmpaddr0, %0\n\tcsrw pmpaddr1, %1\n\tcsrw pmpaddr2, %2\n\t"
                                "csrw pmpaddr3, %3\n\tcsrw pmpcfg0, %4\n\tsfence.vma")
                     :
                     : "r"(task->entries[0]), "r"(task->entries[1]), "r"(task->entries[2]),
                       "r"(task->entries[3]), "r"(configuration)
                     : "memory");
    selected = task;
}

void task_start(struct task *task, const struct pmp_library *image)
{
    __asm__ volatile(KERNEL_CSR("csrw pmpcfg1, zero\n\tcsrw pmpcfg2, zero\n\t"
                                "csrw pmpcfg3, zero\n\tcsrs mie, %0")
                     :
                     : "r"(MIE_MTIE));
    kernel_alarm(UINT64_MAX);
    task_stop(task);
    *task = (struct task){
        .pc = pmp_library_symbol(image, "task_main"),
        .image = image,
        .entries = {image->flash >> 2, image->flash_end >> 2, image->ram >> 2, image->ram_end >> 2},
    };
    task->registers[REGISTER_SP - 1] = image->stack_top;
    task->registers[REGISTER_TP - 1] = image->tls;
    pmp_library_load(image);
    selected = NULL;
    for (unsigned i = 0; i < TASKS && task->state == TASK_DEAD; i++) {
        if (tasks[i])
            continue;
        tasks[i] = task;
        task->state = TASK_READY;
    }
}

bool task_image_is_used(const struct pmp_library *image)
{
    for (unsigned i = 0; i < TASKS; i++)
        if (tasks[i] && tasks[i]->image == image)
            return true;
    return false;
}

void task_stop(struct task *task)
{
    for (unsigned i = 0; i < TASKS; i++)
        if (tasks[i] == task)
            tasks[i] = NULL;
    task->state = TASK_DEAD;
}

bool task_owns(const struct task *task, uintptr_t address, size_t size)
{
    return og_is_within(address, size, task->image->ram, task->image->ram_end);
}

/* The one system call: a0 and a1 say what it sends, a2 and a3 where the next message goes. */
static void exchange(struct task *task)
{
    task->message = task->registers[REGISTER_A0 - 1];
    task->message_size = task->registers[REGISTER_A0];
    task->buffer = task->registers[REGISTER_A0 + 1];
    task->capacity = task->registers[REGISTER_A0 + 2];
    task->pc += ECALL_SIZE;
    if (task_owns(task, task->message, task->message_size) &&
        task_owns(task, task->buffer, task->capacity)) {
        task->state = TASK_WAITING;
    } else {
        task->cause = TASK_BAD_EXCHANGE;
        task->state = TASK_DEAD;
    }
}

static void run_slice(struct task *task)
{
    select(task);
    kernel_alarm(kernel_time() + TASK_SLICE_TICKS);
    uint32_t cause = task_enter(task);
    if (cause == ECALL) {
        exchange(task);
    } else if (cause != (uint32_t)TIMER_INTERRUPT) {
        task->cause = cause;
        __asm__ volatile(KERNEL_CSR("csrr %0, mtval") : "=r"(task->value));
        task->state = TASK_DEAD;
    }
}

bool task_run_until_waiting(struct task *task, uint64_t deadline)
{
    while (task->state == TASK_READY) {
        turn = (turn + 1) % TASKS;
        if (!tasks[turn] || tasks[turn]->state != TASK_READY)
            continue;
        run_slice(tasks[turn]);
        if (task->state == TASK_READY && kernel_time() >= deadline)
            return false;
    }
    return true;
}
