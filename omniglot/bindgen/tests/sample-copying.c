/* The generated stubs of the copying discipline. */
#include "omniglot/bindgen/tests/sample/sample-copying.h"

#define SAMPLE_OPTIONS (&(const struct og_options){.isolation = OG_NONE})
#include "omniglot/bindgen/tests/sample-calls.h"

int main(void)
{
    return run_sample_tests("bindgen-copying");
}
