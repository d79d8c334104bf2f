/* A program that hangs, for the test of what runs it. */
#include "omniglot/rv32/kernel.h"

int main(void)
{
    kernel_print("the last words\n");
    for (;;)
        __asm__ volatile("");
}
