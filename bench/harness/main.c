/* The program: signals, and the run. */
#include <signal.h>
#include <stddef.h>

#include "bench/harness/measure.h"
#include "bench/harness/run.h"

static void stop(int signal)
{
    (void)signal;
    measure_stop = 1;
}

int main(int argc, char **argv)
{
    /* SA_RESTART: a call into a system under test is not torn by the signal. */
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* Writing past a limit is then an error like a full disk, a gone worker an EPIPE. */
    action.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &action, NULL);
    sigaction(SIGPIPE, &action, NULL);
    return (int)run_main(argc, argv, &workload_tables);
}
