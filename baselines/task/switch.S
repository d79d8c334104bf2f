# Switching between the kernel and a task: all 31 registers, since a task is interrupted anywhere.
# mscratch is the running task, and 0 while the host runs.
    .option arch, +zicsr

    .equ    TASK_PC, 124
    .equ    TASK_HOST_STACK, 128
    .equ    MSTATUS_MPP, 0x1800

# uint32_t task_enter(task)
    .text
    .globl  task_enter
task_enter:
    addi    sp, sp, -64
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
    sw      ra, 48(sp)
    sw      sp, TASK_HOST_STACK(a0)
    lw      t0, TASK_PC(a0)
    csrw    mepc, t0
    li      t0, MSTATUS_MPP
    csrc    mstatus, t0
    csrw    mscratch, a0
    mv      t6, a0
    .irp    register, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    lw      x\register, 4*(\register-1)(t6)
    .endr
    mret

    .balign 4
    .globl  task_trap
task_trap:
    csrrw   t6, mscratch, t6
    beqz    t6, host_trapped
    .irp    register, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    sw      x\register, 4*(\register-1)(t6)
    .endr
    csrrw   t0, mscratch, zero      # the task's t6
    sw      t0, 120(t6)
    csrr    t0, mepc
    sw      t0, TASK_PC(t6)
    lw      sp, TASK_HOST_STACK(t6)
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      tp, __tls_base
    csrr    a0, mcause
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
    lw      ra, 48(sp)
    addi    sp, sp, 64
    ret

host_trapped:
    csrrw   t6, mscratch, zero
    j       kernel_trap
