/* Faults in words: what a signal says of the foreign code that it ended. The words come from what
 * the process has told of itself: they are words and no more. */
#include "proc.h"

#include "omniglot/core/printable.h"
#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Intel SDM volume 3, 6.15: vectors, and the bits of the page fault's error code. */
enum { GENERAL_PROTECTION = 13, PAGE_FAULT = 14 };
enum { IS_WRITE = 2, IS_FETCH = 16 };

static const char *touched(const struct proc_domain *domain, uintptr_t address, char access)
{
    if (og_is_within(address, 1, domain->stack.start - PROC_PAGE, domain->stack.start))
        return "the foreign stack overflowed";
    if (og_is_within(address, 1, domain->arena.start, domain->arena.end))
        return access == 'w'   ? "the foreign code wrote to memory that is not writable"
               : access == 'x' ? "the foreign code executed memory that is no code"
                               : "the foreign code read memory that is not readable";
    return access == 'w'   ? "the foreign code wrote to memory that is not its domain's"
           : access == 'x' ? "the foreign code executed memory that is not its domain's"
                           : "the foreign code read memory that is not its domain's";
}

void proc_fault_tell(struct proc_domain *domain, struct og_fault *fault)
{
    const volatile struct proc_control *control = domain->control;
    const int signal = (int)(control->fault.signal & 0x7f);
    const uint64_t trap = control->fault.trap, error = control->fault.error;
    uintptr_t address = control->fault.address, instruction = control->fault.instruction;
    const char *what = "the foreign code sent itself a signal";
    char access = 0;
    if ((signal == SIGSEGV || signal == SIGBUS) && trap == PAGE_FAULT)
        access = error & IS_FETCH ? 'x' : error & IS_WRITE ? 'w' : 'r';
    if (access)
        what = touched(domain, address, access);
    else if (signal == SIGSEGV && trap == GENERAL_PROTECTION)
        what = "the foreign code executed a privileged instruction, or used an address that is not "
               "canonical or, for a vector, not aligned";
    else if (signal == SIGSEGV || signal == SIGBUS)
        what = "the foreign code used an address that is not canonical";
    else if (signal == SIGILL)
        what = "the foreign code executed an invalid instruction";
    else if (signal == SIGFPE)
        what = "the foreign code divided by zero, or overflowed a division";
    else if (signal == SIGTRAP)
        what = "the foreign code executed a breakpoint";
    else if (signal == SIGABRT)
        what = "the foreign code called abort";
    if (!fault)
        return;
    og_fail(fault, OG_FAULTED, NULL, access ? address : instruction, what);
    fault->signal = signal;
    fault->access = access;
    fault->instruction = instruction;
}

/* --- where --- */

/* Any thread may describe a fault while another resets. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

enum og_error proc_objects_keep(struct proc_domain *domain, struct og_fault *fault)
{
    struct proc_object *objects = malloc((PROC_OBJECTS + 1) * sizeof(*objects));
    if (!objects)
        return og_out_of_memory(fault);
    memcpy(objects, domain->control->objects, PROC_OBJECTS * sizeof(*objects));
    memset(&objects[PROC_OBJECTS], 0, sizeof(*objects));
    for (size_t i = 0; i < PROC_OBJECTS; i++) {
        objects[i].name[PROC_OBJECT_NAME - 1] = '\0';
        og_make_printable(objects[i].name);
    }
    pthread_mutex_lock(&lock);
    struct proc_object *before = domain->objects;
    domain->objects = objects;
    pthread_mutex_unlock(&lock);
    free(before);
    return OG_OK;
}

void proc_objects_fork(int when)
{
    if (when == PROC_BEFORE_FORK)
        pthread_mutex_lock(&lock);
    else
        pthread_mutex_unlock(&lock);
}

/* The word at an address that the process has named; 0: it is none of its memory. */
static uint64_t word_at(const struct proc_domain *domain, uint64_t address)
{
    uint64_t word = 0;
    if (proc_arena_has(domain, address, sizeof(word)))
        memcpy(&word, (const void *)address, sizeof(word));
    return word;
}

/* An entry of the table of what a library needs. */
static uint64_t needed(const struct proc_domain *domain, const struct proc_object *object,
                       int64_t tag)
{
    enum { ENTRIES = 128 };
    for (uint64_t i = 0; i < ENTRIES; i++) {
        int64_t found = (int64_t)word_at(domain, object->dynamic + 16 * i);
        if (found == tag)
            return word_at(domain, object->dynamic + 16 * i + 8);
        if (found == DT_NULL)
            break;
    }
    return 0;
}

/* Which function of it, by its own table in the arena, which may hold anything. */
static void find_symbol(const struct proc_domain *domain, const struct proc_object *object,
                        uint64_t address, char name[64])
{
    enum { SYMBOLS = 1 << 16 };
    const uint64_t symbols = needed(domain, object, DT_SYMTAB);
    const uint64_t strings = needed(domain, object, DT_STRTAB);
    /* Linkers put one behind the other: nothing else says how many there are. */
    for (uint64_t i = 0; i < SYMBOLS && symbols + 24 * (i + 1) <= strings; i++) {
        Elf64_Sym symbol;
        const void *entry = (const void *)(symbols + 24 * i);
        if (!entry || !proc_arena_has(domain, symbols + 24 * i, sizeof(symbol)))
            break;
        memcpy(&symbol, entry, sizeof(symbol));
        const uint64_t start = object->start + symbol.st_value;
        if (symbol.st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol.st_info) != STT_FUNC ||
            address - start >= symbol.st_size)
            continue;
        size_t length = 0;
        while (length < 47 && proc_arena_has(domain, strings + symbol.st_name + length, 1) &&
               (name[length] = *(const char *)(strings + symbol.st_name + length)))
            length++;
        name[length] = '\0';
        og_make_printable(name);
        snprintf(name + length, 64 - length, "+0x%lx in ", address - start);
        return;
    }
}

size_t proc_describe(struct og_domain *handle, const struct og_fault *fault, char *text,
                     size_t size)
{
    const struct proc_domain *domain = (const struct proc_domain *)handle;
    const uintptr_t at = fault->instruction;
    char symbol[64] = "";
    int length = 0;
    if (size)
        *text = '\0';
    if (!at)
        return 0;
    pthread_mutex_lock(&lock);
    const struct proc_object *object = domain->objects;
    while (object->name[0] && !(at >= object->start && at < object->end))
        object++;
    if (object->name[0]) {
        find_symbol(domain, object, at, symbol);
        length = snprintf(text, size, "\nat 0x%lx: %s%s (offset 0x%lx)", at, symbol, object->name,
                          at - object->start);
    } else {
        length = snprintf(text, size, "\nat 0x%lx", at);
    }
    pthread_mutex_unlock(&lock);
    return length > 0 ? (size_t)length : 0;
}
