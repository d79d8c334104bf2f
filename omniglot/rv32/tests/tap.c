#include "tap.h"

bool tap_failed;

int tap_run(const struct tap_test *tests, unsigned count)
{
    unsigned failures = 0;
    printf("1..%u\n", count);
    for (unsigned i = 0; i < count; i++) {
        tap_failed = false;
        tests[i].run();
        failures += tap_failed;
        printf("%sok %u - %s\n", tap_failed ? "not " : "", i + 1, tests[i].name);
    }
    return failures ? 1 : 0;
}
