/* The generated stubs of the raw discipline. */
#define SAMPLE_IS_LINKED
#include "omniglot/bindgen/tests/sample/sample-raw.h"

#include "omniglot/bindgen/tests/sample-calls.h"

int main(void)
{
    return run_sample_tests("bindgen-raw");
}
