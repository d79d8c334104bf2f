/* The gate as it is (omniglot/mpk/gate.S) but for its PKRU writes, which are left out, so that it
 * runs, and can be timed, on a processor without protection keys. It isolates nothing. */
    .macro wrpkru
    .endm
#include "omniglot/mpk/gate.S"
#include "bench/mpk-model/gate_cost.h"
#include "bench/mpk-model/gate_thunk.inc"

/* What gate_cost.c calls through it, and without it. */
    .text
    .balign 64
    .globl  gate_cost_empty
    .type   gate_cost_empty, @function
gate_cost_empty:
    ret
    .size   gate_cost_empty, . - gate_cost_empty

/* Calls the function that its first argument points to. */
    .balign 64
    .globl  gate_cost_call_back
    .type   gate_cost_call_back, @function
gate_cost_call_back:
    sub     $8, %rsp
    call    *%rdi
    add     $8, %rsp
    ret
    .size   gate_cost_call_back, . - gate_cost_call_back

/* (What the stacked arguments cost is taken a little too low, by the registers not cleared.) */
    THUNK gate_cost_thunk_empty gate_cost_empty 0 0 gate_thread_plain
    THUNK gate_cost_thunk_stacked gate_cost_empty 6 GATE_COST_WORDS gate_thread_shaped
    THUNK gate_cost_thunk_call_back gate_cost_call_back 1 0 gate_thread_plain

/* og_mpk_callback_serve(slot, frame, arguments), which returns the frame and the FS base: the C part of a callback, which
 * og-none has too, does nothing here. */
    .balign 64
    .weak   og_mpk_callback_serve   /* gate-registers has its own */
    .type   og_mpk_callback_serve, @function
og_mpk_callback_serve:
    mov     %rsi, %rax
    rdfsbase %rdx
    ret
    .size   og_mpk_callback_serve, . - og_mpk_callback_serve
