/* A library whose constructor never returns. */
__attribute__((constructor)) static void hang(void)
{
    for (;;)
        __asm__ volatile("");
}
