/* A library that holds an instruction which could undo the isolation. */
__attribute__((visibility("default"))) void take_all_rights(void)
{
    __asm__ volatile("wrpkru" : : "a"(0), "c"(0), "d"(0));
}
