/* A library of the host's, innocent: its data begins in the page of the file in which its code
 * ends, as linkers lay out files that are to be small. */
#define EXPORT __attribute__((visibility("default")))

extern const unsigned char attack_neighbour[4];
/* What is to be relocated comes first in the data. WRPKRU, RET: as good as any other number. */
EXPORT __attribute__((section(".data.rel.ro")))
const unsigned char attack_neighbour[4] = {0x0f, 0x01, 0xef, 0xc3};

int attack_neighbour_code(void);
EXPORT int attack_neighbour_code(void)
{
    return attack_neighbour[0];
}
