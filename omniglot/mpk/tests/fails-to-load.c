/* A library that cannot be loaded: its constructor faults. */
static int *volatile nowhere = (int *)8;

__attribute__((constructor)) static void fail_at_once(void)
{
    *nowhere = 1;
}
