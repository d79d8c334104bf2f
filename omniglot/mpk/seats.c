/* Seats: where threads run in a domain, each with a foreign stack and thread variables. The first
 * is made while loading, with what the loader has made; others as threads come for whom none is
 * free: the host gives the memory at the thread's first scope, the domain's own C library the
 * variables when the thread is inside (thread_variables.c). A thread keeps its seat until it exits
 * or the domain closes, and then the seat is the next one's. */
#include "mpk.h"

#include <stdlib.h>

/* What the gate puts on the foreign stack, with the host's rights, when the host calls in again
 * from a callback: a kibibyte of arguments, what aligns them, the return address. There has to be
 * room for it. */
enum { CALL_ROOM = 1024 + 2 * 16, ROOM_BELOW = MPK_RED_ZONE + 16 + CALL_ROOM };

static void set_stack(struct mpk_seat *seat, uintptr_t low, size_t size)
{
    seat->stack_low = low;
    seat->stack_end = low + size;
    seat->rsp = seat->stack_end - 64;
}

void mpk_seat_serve_callbacks(struct mpk_context *context, bool serve)
{
    const struct mpk_seat *seat = context->seat;
    uintptr_t low = seat->stack_low + ROOM_BELOW;
    context->frames_low = serve ? low : UINTPTR_MAX; /* where no frame is, being aligned */
    context->frames_size = serve ? seat->stack_end - low - MPK_CALLBACK_SIZE : 0;
}

void mpk_seat_sit(struct mpk_context *context)
{
    const struct mpk_seat *seat = context->seat;
    mpk_seat_serve_callbacks(context, true);
    context->foreign_rsp = seat->rsp;
    context->foreign_fs = seat->fs;
    context->needs_tls = seat->is_used || !seat->fs;
}

/* --- the first --- */

enum og_error mpk_seats_open(struct mpk_domain *domain, struct og_fault *fault)
{
    struct mpk_arena *arena = &domain->arena;
    uintptr_t stack = mpk_arena_make_seat(arena, 0)
                          ? mpk_arena_map_stack(arena, MPK_PAGE + arena->foreign_stack_size)
                          : 0;
    if (!stack)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "no memory for the first foreign stack");
    set_stack(&domain->seats, stack, arena->foreign_stack_size);
    mpk_seat_serve_callbacks(domain->seats.context, true); /* who loads has it already */
    return OG_OK;
}

/* --- the others --- */

static struct mpk_seat *add_seat(struct mpk_domain *domain, struct mpk_seat *last)
{
    struct mpk_arena *arena = &domain->arena;
    struct mpk_seat *seat = mpk_allocate(1, sizeof(*seat));
    if (!seat)
        return NULL;
    seat->number = last->number + 1;
    if (!mpk_arena_make_seat(arena, seat->number)) {
        mpk_release(seat);
        return NULL;
    }
    set_stack(seat, mpk_arena_stack_of(arena, seat->number), arena->foreign_stack_size);
    return last->next = seat;
}

enum mpk_seating mpk_seat_take(struct mpk_context *context)
{
    struct mpk_domain *domain = context->domain;
    struct mpk_seat *seat = &domain->seats;
    while (seat->context && seat->next)
        seat = seat->next;
    if (seat->context && seat->number + 1 >= domain->arena.seat_limit)
        return MPK_NO_SEAT;
    if (seat->context && !(seat = add_seat(domain, seat)))
        return MPK_NO_SEAT_MEMORY;
    seat->context = context;
    context->seat = seat;
    mpk_seat_sit(context);
    return MPK_SEATED;
}

void mpk_seat_give(struct mpk_seat *seat)
{
    seat->context = NULL;
    seat->is_used = true;
}

void mpk_seats_reset(struct mpk_domain *domain)
{
    for (struct mpk_seat *seat = &domain->seats; seat; seat = seat->next) {
        seat->fs = seat->number ? 0 : domain->first_fs;
        seat->is_used = false;
    }
}

void mpk_seats_close(struct mpk_domain *domain)
{
    for (struct mpk_seat *seat = domain->seats.next, *next; seat; seat = next) {
        next = seat->next;
        mpk_release(seat);
    }
    domain->seats.next = NULL;
}
