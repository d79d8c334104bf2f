# size_t task_exchange(message, size, buffer, capacity): sends the message, waits for the next, and
# returns its size. All arguments are where the kernel looks for them.
    .text
    .globl  task_exchange
    .option norvc
task_exchange:
    ecall
    ret
