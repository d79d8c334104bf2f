# Reset, and traps of the host itself.
    .option arch, +zicsr

    .equ    MSTATUS_TW, 0x200000    # U-mode cannot wait for interrupts

# Registers are undefined here; the machine has one processor, in M-mode, with the PMP off.
    .section .boot, "ax"
    .globl  _start
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, __stack_top
    la      tp, __tls_base
    la      t0, kernel_trap
    csrw    mtvec, t0
    csrw    mscratch, zero
    csrw    mie, zero
    csrw    mcounteren, zero        # U-mode reads no clock and no counter
    li      t0, MSTATUS_TW
    csrs    mstatus, t0

    # Initial data from flash, everything else zero.
    la      t0, __data_image
    la      t1, __data_start
    la      t2, __data_end
1:  bgeu    t1, t2, 2f
    lw      t3, 0(t0)
    sw      t3, 0(t1)
    addi    t0, t0, 4
    addi    t1, t1, 4
    j       1b
2:  la      t1, __zero_start
    la      t2, __zero_end
3:  bgeu    t1, t2, 4f
    sw      zero, 0(t1)
    addi    t1, t1, 4
    j       3b
4:  call    main
    call    kernel_stop

# The host trapped: a report on a stack that is surely there. The host's stack may be what is wrong.
    .text
    .balign 4
    .globl  kernel_trap
kernel_trap:
    la      sp, trap_stack_top
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      tp, __tls_base
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    call    kernel_trapped
1:  j       1b

    .bss
    .balign 16
    .space  512
trap_stack_top:
