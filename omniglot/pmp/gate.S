# The gate: into a domain by mret, out of it by ecall or by a fault.
#
# mscratch is the address of the running call's frame (struct pmp_frame, on the host's stack) while
# a domain's code runs, and 0 while the host runs. Nothing in U-mode can read or write it. All that
# the way out uses comes from there: it believes no register and no memory of the domain.
#include "board.h"
#include "layout.h"
    .option arch, +zicsr

    .equ    CAUSE_ECALL, 8          # environment call from U-mode
    .equ    MSTATUS_MPP, 0x1800
    .equ    MIE_MTIE, 0x80

# The host's own gp and tp, which are constants of the image.
    .macro  host_pointers
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      tp, __tls_base
    .endm

# Opens the domain's ranges in place of the selected domain's. The fence is due where there is
# virtual memory, used or not: what it cached of the old ranges would still hold (privileged
# architecture 1.12, 3.7.2).
    .macro  select domain, scratch, address
    lw      \scratch, PMP_DOMAIN_ENTRIES+0(\domain)
    csrw    pmpaddr0, \scratch
    lw      \scratch, PMP_DOMAIN_ENTRIES+4(\domain)
    csrw    pmpaddr1, \scratch
    lw      \scratch, PMP_DOMAIN_ENTRIES+8(\domain)
    csrw    pmpaddr2, \scratch
    lw      \scratch, PMP_DOMAIN_ENTRIES+12(\domain)
    csrw    pmpaddr3, \scratch
    sfence.vma
    la      \address, og_pmp_selected
    sw      \domain, 0(\address)
    .endm

# Lets the timer interrupt when the frame's deadline has come. Uses s0 to s2.
    .macro  arm frame
    li      s0, BOARD_ALARM
    li      s1, -1
    sw      s1, 4(s0)               # nothing in the past by accident
    lw      s1, PMP_FRAME_DEADLINE(\frame)
    lw      s2, PMP_FRAME_DEADLINE+4(\frame)
    sw      s1, 0(s0)
    sw      s2, 4(s0)
    li      s0, MIE_MTIE
    csrs    mie, s0
    .endm

# --- thunks: what the host calls; each names its slot of og_pmp_thunks ---

    .text
    .balign 4
    .globl  og_pmp_thunk_code
og_pmp_thunk_code:
    .option push
    .option norvc
    .option norelax
    .set    offset, 0
    .rept   PMP_THUNKS
    la      t0, og_pmp_thunks + offset
    j       og_pmp_gate
    .set    offset, offset + PMP_THUNK_SIZE
    .endr
    .option pop

# uintptr_t og_pmp_call(thunk, a0, a1)
    .globl  og_pmp_call
og_pmp_call:
    mv      t0, a0
    mv      a0, a1
    mv      a1, a2
    # falls through

# --- the way in ---
#
# From the host's call: a0 to a7 and the stack hold arguments, ra the host's return address.
#   t0  thunk, then where the clearing starts
#   t1  domain         t2  target
#   t3  words of arguments on the stack t4  the domain's stack pointer
    .globl  og_pmp_gate
og_pmp_gate:
    addi    sp, sp, -PMP_FRAME_SIZE
    sw      s0, 0(sp)
    sw      s1, 4(sp)
    sw      s2, 8(sp)
    sw      s3, 12(sp)
    sw      s4, 16(sp)
    sw      s5, 20(sp)
    sw      s6, 24(sp)
    sw      s7, 28(sp)
    sw      s8, 32(sp)
    sw      s9, 36(sp)
    sw      s10, 40(sp)
    sw      s11, 44(sp)
    sw      ra, PMP_FRAME_RA(sp)
find_target:
    lw      t1, PMP_THUNK_DOMAIN(t0)
    lw      t2, PMP_THUNK_TARGET(t0)
    lw      t3, PMP_THUNK_WORDS(t0)
    lw      t0, PMP_THUNK_CLEAR(t0)
    sw      t1, PMP_FRAME_DOMAIN(sp)
    lw      t4, PMP_DOMAIN_STACK(t1)
    bnez    t3, copy_arguments
arguments_copied:
    lw      t5, og_pmp_selected
    bne     t5, t1, select_domain
selected:
    lw      t5, PMP_DOMAIN_DEADLINE(t1)
    bnez    t5, set_deadline
armed:
    csrw    mepc, t2
    li      t5, MSTATUS_MPP         # U-mode, interrupts on: no interrupt of the host's is lost,
    csrc    mstatus, t5             # since only the timer is ever enabled
    csrw    mscratch, sp
    lw      ra, PMP_DOMAIN_RETURN(t1)
    lw      tp, PMP_DOMAIN_TLS(t1)
    mv      sp, t4
    jr      t0

    # Nothing of the host's is left in a register that the call does not use. The thunk says where
    # the arguments end; one that does not know leaves all eight.
    .globl  og_pmp_clear_arguments
    .option push
    .option rvc
og_pmp_clear_arguments:
    c.li    a0, 0
    c.li    a1, 0
    c.li    a2, 0
    c.li    a3, 0
    c.li    a4, 0
    c.li    a5, 0
    c.li    a6, 0
    c.li    a7, 0
    .option pop
clear_registers:
    li      gp, 0
    li      t0, 0
    li      t1, 0
    li      t2, 0
    li      t3, 0
    li      t4, 0
    li      t5, 0
    li      t6, 0
    li      s0, 0
    li      s1, 0
    li      s2, 0
    li      s3, 0
    li      s4, 0
    li      s5, 0
    li      s6, 0
    li      s7, 0
    li      s8, 0
    li      s9, 0
    li      s10, 0
    li      s11, 0
enter:
    mret

# Copies the host's stacked arguments to where the called function looks for them.
copy_arguments:
    slli    t3, t3, 2
    sub     t4, t4, t3
    andi    t4, t4, -16
    addi    t5, sp, PMP_FRAME_SIZE  # from
    mv      t6, t4                  # to
    add     t3, t3, t4              # to here
1:  lw      s0, 0(t5)
    sw      s0, 0(t6)
    addi    t5, t5, 4
    addi    t6, t6, 4
    bne     t6, t3, 1b
    j       arguments_copied

select_domain:
    select  t1, t5, t6
    j       selected

# The deadline of the whole call, callbacks included: now and t5 ticks; in a callback of the domain
# that of the call which called back.
set_deadline:
    lw      s0, PMP_DOMAIN_OUTER(t1)
    bnez    s0, inherit_deadline
    li      s0, BOARD_TIME
1:  lw      s1, 4(s0)
    lw      s2, 0(s0)
    lw      s3, 4(s0)
    bne     s1, s3, 1b
    add     s2, s2, t5
    sltu    s3, s2, t5
    add     s1, s1, s3
keep_deadline:
    sw      s2, PMP_FRAME_DEADLINE(sp)
    sw      s1, PMP_FRAME_DEADLINE+4(sp)
    arm     sp
    j       armed

inherit_deadline:
    lw      s2, PMP_FRAME_DEADLINE(s0)
    lw      s1, PMP_FRAME_DEADLINE+4(s0)
    j       keep_deadline

# --- the way out ---
#
# mtvec points here. sp and mscratch change places: sp is the frame, or 0 if the host trapped.
#   t0  the callback's number, if it is one     t2  domain
    .balign 4
    .globl  og_pmp_trap
og_pmp_trap:
    csrrw   sp, mscratch, sp
    beqz    sp, host_trapped
    csrr    t1, mcause
    li      t2, CAUSE_ECALL
    bne     t1, t2, faulted
    csrr    t1, mepc
    lw      t2, PMP_FRAME_DOMAIN(sp)
    lw      t3, PMP_DOMAIN_RETURN(t2)
    bne     t1, t3, called_back

# Back to the host: its registers from the frame, results in a0 and a1.
leave:
    csrw    mscratch, zero
    lw      t3, PMP_DOMAIN_DEADLINE(t2)
    bnez    t3, disarm
disarmed:
    host_pointers
restore_registers:
    lw      ra, PMP_FRAME_RA(sp)
    lw      s0, 0(sp)
    lw      s1, 4(sp)
    lw      s2, 8(sp)
    lw      s3, 12(sp)
    lw      s4, 16(sp)
    lw      s5, 20(sp)
    lw      s6, 24(sp)
    lw      s7, 28(sp)
    lw      s8, 32(sp)
    lw      s9, 36(sp)
    lw      s10, 40(sp)
    lw      s11, 44(sp)
    addi    sp, sp, PMP_FRAME_SIZE
    ret

disarm:
    li      t3, MIE_MTIE
    csrc    mie, t3
    j       disarmed

# A callback, if the ecall is the image's own for that: any other ends the call.
called_back:
    lw      t3, PMP_DOMAIN_CALLBACK(t2)
    bne     t1, t3, faulted
    addi    sp, sp, -PMP_CALLBACK_SIZE
    sw      s0, 0(sp)
    sw      s1, 4(sp)
    sw      s2, 8(sp)
    sw      s3, 12(sp)
    sw      s4, 16(sp)
    sw      s5, 20(sp)
    sw      s6, 24(sp)
    sw      s7, 28(sp)
    sw      s8, 32(sp)
    sw      s9, 36(sp)
    sw      s10, 40(sp)
    sw      s11, 44(sp)
    sw      ra, PMP_CALLBACK_RA(sp)
    sw      gp, PMP_CALLBACK_GP(sp)
    csrrw   t3, mscratch, zero
    sw      t3, PMP_CALLBACK_SP(sp)
    sw      a0, PMP_CALLBACK_ARGUMENTS+0(sp)
    sw      a1, PMP_CALLBACK_ARGUMENTS+4(sp)
    sw      a2, PMP_CALLBACK_ARGUMENTS+8(sp)
    sw      a3, PMP_CALLBACK_ARGUMENTS+12(sp)
    sw      a4, PMP_CALLBACK_ARGUMENTS+16(sp)
    sw      a5, PMP_CALLBACK_ARGUMENTS+20(sp)
    sw      a6, PMP_CALLBACK_ARGUMENTS+24(sp)
    sw      a7, PMP_CALLBACK_ARGUMENTS+28(sp)
    sw      t3, PMP_CALLBACK_ARGUMENTS+32(sp)
    lw      t4, PMP_DOMAIN_DEADLINE(t2)
    bnez    t4, pause_deadline      # it is not the deadline of what the host calls meanwhile
paused:
    host_pointers
    mv      a0, t2
    mv      a1, t0
    mv      a2, sp
    call    og_pmp_called_back
    lw      t2, PMP_CALLBACK_SIZE+PMP_FRAME_DOMAIN(sp)
    beqz    a0, abandon

    # Back into the domain, with its own registers and the result.
    lw      t5, og_pmp_selected
    bne     t5, t2, select_again
selected_again:
    addi    t6, sp, PMP_CALLBACK_SIZE
    lw      t5, PMP_DOMAIN_DEADLINE(t2)
    bnez    t5, arm_again
armed_again:
    csrw    mscratch, t6
    lw      ra, PMP_CALLBACK_RA(sp)
    csrw    mepc, ra
    li      t5, MSTATUS_MPP
    csrc    mstatus, t5
    lw      a0, PMP_CALLBACK_RESULT(sp)
    lw      a1, PMP_CALLBACK_RESULT+4(sp)
    lw      s0, 0(sp)
    lw      s1, 4(sp)
    lw      s2, 8(sp)
    lw      s3, 12(sp)
    lw      s4, 16(sp)
    lw      s5, 20(sp)
    lw      s6, 24(sp)
    lw      s7, 28(sp)
    lw      s8, 32(sp)
    lw      s9, 36(sp)
    lw      s10, 40(sp)
    lw      s11, 44(sp)
    lw      gp, PMP_CALLBACK_GP(sp)
    lw      tp, PMP_DOMAIN_TLS(t2)
    lw      sp, PMP_CALLBACK_SP(sp)
    li      a2, 0
    li      a3, 0
    li      a4, 0
    li      a5, 0
    li      a6, 0
    li      a7, 0
    li      t0, 0
    li      t1, 0
    li      t2, 0
    li      t3, 0
    li      t4, 0
    li      t5, 0
    li      t6, 0
    mret

pause_deadline:
    li      t4, MIE_MTIE
    csrc    mie, t4
    j       paused

select_again:
    select  t2, t5, t6
    j       selected_again

arm_again:
    arm     t6
    j       armed_again

# The call ends here: the callback was none, or the domain is poisoned by now.
abandon:
    addi    sp, sp, PMP_CALLBACK_SIZE
    li      a0, 0
    li      a1, 0
    j       leave

# A fault, the deadline, or an ecall that is not the image's: the call ends, and it says why.
faulted:
    csrr    a1, mcause
    csrr    a2, mepc
    csrr    a3, mtval
    csrrw   a4, mscratch, zero
    host_pointers
    lw      a0, PMP_FRAME_DOMAIN(sp)
    call    og_pmp_faulted
    lw      t2, PMP_FRAME_DOMAIN(sp)
    li      a0, 0
    li      a1, 0
    j       leave

host_trapped:
    csrrw   sp, mscratch, zero
    j       kernel_trap

# --- the callbacks' addresses where nothing isolates: number in t0, then into the runtime ---

    .globl  og_plain_callbacks
og_plain_callbacks:
    .option push
    .option norvc
    .set    number, 0
    .rept   PMP_CALLBACKS
    li      t0, number
    j       plain_callback
    .set    number, number + 1
    .endr
    .option pop

plain_callback:
    addi    sp, sp, -80
    sw      ra, 60(sp)
    sw      a0, 0(sp)               # struct og_arguments
    sw      a1, 4(sp)
    sw      a2, 8(sp)
    sw      a3, 12(sp)
    sw      a4, 16(sp)
    sw      a5, 20(sp)
    sw      a6, 24(sp)
    sw      a7, 28(sp)
    addi    t1, sp, 80
    sw      t1, 32(sp)
    mv      a0, t0
    mv      a1, sp
    call    og_plain_called_back    # returns 64 bits in a0 and a1, as any callback does
    lw      ra, 60(sp)
    addi    sp, sp, 80
    ret

    .bss
    .balign 4
    .globl  og_pmp_selected
og_pmp_selected:
    .space  4
    .globl  og_pmp_thunks
og_pmp_thunks:
    .space  PMP_THUNKS * PMP_THUNK_SIZE
