/* A library whose constructor has code, and later something else in its place: what a child of a
 * process that is made in between would execute if it shared the memory. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE = 4096 };

__attribute__((constructor)) static void exchange(void)
{
    static const volatile unsigned char other[] = {0xf0, 0xfe, 0x10, 0x3c}; /* it holds no WRPKRU */
    const char *path = getenv("OG_TEST_LIBRARY");
    int file = path ? open(path, O_RDONLY) : -1;
    void *code = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    if (file < 0 || code == MAP_FAILED)
        return;
    usleep(1500000); /* the host forks */
    munmap(code, SIZE);
    void *memory =
        mmap(code, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    for (size_t i = 0; memory != MAP_FAILED && i < sizeof(other); i++)
        ((unsigned char *)memory)[i] = other[i] ^ 0xff;
    usleep(1500000); /* its child looks */
}
