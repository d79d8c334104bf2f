/* The memory of a domain's process: the arena, which is mapped whole, and shared with the host. To
 * map a file is to read it to its place there: the host then has it, too. Nothing of this keeps
 * foreign code inside, which may map what it likes beside the arena; but what is not in the arena
 * the host does not see. */
#include "starter.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { HOLES = 64 };
static uint64_t code_next;            /* of the code, what is beyond has never been used */
static uint64_t heap_break, heap_low; /* the heap between them is free; and so are: */
static struct proc_range holes[HOLES];

static uint64_t up(uint64_t size)
{
    return (size + PROC_PAGE - 1) & ~(uint64_t)(PROC_PAGE - 1);
}

static bool is_in(const struct proc_range *range, uint64_t address, uint64_t size)
{
    return address >= range->start && address <= range->end && size <= range->end - address;
}

void starter_memory_open(void)
{
    code_next = starter_control->code.start;
    heap_break = starter_control->heap.start;
    heap_low = starter_control->heap.end;
}

static void note_rights(uint64_t address, uint64_t size, int rights)
{
    const struct proc_range *code = &starter_control->code;
    if (is_in(code, address, size))
        for (uint64_t page = 0; page < size / PROC_PAGE; page++)
            starter_control->rights[(address - code->start) / PROC_PAGE + page] =
                (unsigned char)rights;
}

/* Pages of zeros, to be read and written. */
static long clear(uint64_t address, uint64_t size)
{
    long error =
        starter_call(SYS_mprotect, (long)address, (long)size, PROT_READ | PROT_WRITE, 0, 0, 0);
    return error ? error
                 : starter_call(SYS_madvise, (long)address, (long)size, MADV_REMOVE, 0, 0, 0);
}

static uint64_t take_code(uint64_t size)
{
    uint64_t place = code_next;
    if (size > starter_control->code.end - place)
        return 0;
    code_next += size;
    return place;
}

static uint64_t take_heap(uint64_t size)
{
    for (int i = 0; i < HOLES; i++)
        if (holes[i].end - holes[i].start >= size) {
            holes[i].end -= size;
            return holes[i].end;
        }
    if (size > heap_low - heap_break)
        return 0;
    heap_low -= size;
    return heap_low;
}

long starter_map(uint64_t address, uint64_t size, int rights, int flags, int file, uint64_t offset)
{
    if (!size || size > starter_control->arena.end || (address | offset) % PROC_PAGE)
        return -EINVAL;
    size = up(size);
    if (!(flags & MAP_FIXED)) {
        address = file >= 0 ? take_code(size) : take_heap(size);
        if (!address)
            return -ENOMEM;
    } else if (!is_in(&starter_control->code, address, size) &&
               !is_in(&starter_control->heap, address, size)) {
        return -ENOMEM;
    }
    if (clear(address, size))
        return -ENOMEM;
    for (uint64_t done = 0; file >= 0 && done < size;) {
        long got = starter_call(SYS_pread64, file, (long)(address + done), (long)(size - done),
                                (long)(offset + done), 0, 0);
        if (got < 0)
            return got;
        if (!got)
            break;
        done += (uint64_t)got;
    }
    long error = starter_protect(address, size, rights);
    return error ? error : (long)address;
}

long starter_unmap(uint64_t address, uint64_t size)
{
    size = up(size);
    if (is_in(&starter_control->code, address, size)) {
        note_rights(address, size, 0);
        return clear(address, size);
    }
    if (address % PROC_PAGE || !is_in(&starter_control->heap, address, size))
        return -EINVAL;
    clear(address, size);
    if (address == heap_low) {
        heap_low += size;
        return 0;
    }
    for (int i = 0; i < HOLES; i++)
        if (holes[i].start == holes[i].end) {
            holes[i] = (struct proc_range){address, address + size};
            return 0;
        }
    return 0; /* of what is in pieces that small no more is known */
}

long starter_protect(uint64_t address, uint64_t size, int rights)
{
    size = up(size);
    if (!is_in(&starter_control->arena, address, size))
        return -ENOMEM;
    note_rights(address, size, rights);
    return starter_call(SYS_mprotect, (long)address, (long)size, rights, 0, 0, 0);
}

long starter_advise(uint64_t address, uint64_t size, int advice)
{
    if (advice != MADV_DONTNEED)
        return 0;
    size = up(size);
    if (address % PROC_PAGE || !is_in(&starter_control->heap, address, size))
        return -EINVAL;
    return starter_call(SYS_madvise, (long)address, (long)size, MADV_REMOVE, 0, 0, 0);
}

long starter_break(uint64_t address)
{
    if (address >= starter_control->heap.start && address <= heap_low) {
        if (address < heap_break && up(address) < up(heap_break))
            clear(up(address), up(heap_break) - up(address));
        heap_break = address;
    }
    return (long)heap_break;
}
