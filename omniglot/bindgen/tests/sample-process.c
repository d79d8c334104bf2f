/* The generated stubs of the process discipline. */
#include "omniglot/bindgen/tests/sample/sample-process.h"

#define SAMPLE_OPTIONS NULL
#define SAMPLE_FAULTS_ARE_TOLD
#include "omniglot/bindgen/tests/sample-calls.h"

int main(void)
{
    return run_sample_tests("bindgen-process");
}
