# What every library's image begins with: the only two instructions by which its code can leave it
# and be believed. The gate knows them by their addresses (mepc), not by anything in a register.
    .section .og_image, "ax"
    .option norvc                   # each callback takes 8 bytes

# What a called function returns to.
    .globl  og_image_return
og_image_return:
    ecall

# The callbacks' one way out: number in t0, arguments where any function has them.
    .globl  og_image_callback
og_image_callback:
    ecall

# What the library calls as callback number N, for N from 0 on.
    .globl  og_image_callbacks
og_image_callbacks:
    .set    number, 0
    .rept   16
    li      t0, number
    j       og_image_callback
    .set    number, number + 1
    .endr
