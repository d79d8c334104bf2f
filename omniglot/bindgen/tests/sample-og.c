/* The generated stubs of the og discipline. */
#include "omniglot/bindgen/tests/sample/sample-og.h"

#define SAMPLE_OPTIONS (&(const struct og_options){.isolation = OG_NONE})
#include "omniglot/bindgen/tests/sample-calls.h"

int main(void)
{
    return run_sample_tests("bindgen-og");
}
