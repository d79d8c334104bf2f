/* The host's half of attacks on the frame of a signal that has interrupted the host: signals come
 * while the library has called back, and a second thread is inside the library meanwhile. For each
 * attack that includes it its own, so without a guard. */
#include <signal.h>
#include <unistd.h>

static void LOCAL(handle)(int signal)
{
    (void)signal;
}

static volatile bool LOCAL(done);
static pthread_t LOCAL(main);

static void *LOCAL(disturb)(void *unused)
{
    while (!LOCAL(done)) {
        usleep(300);
        pthread_kill(LOCAL(main), SIGUSR1);
    }
    return unused;
}

/* While the library has called back, signals interrupt the host. */
static uint64_t LOCAL(call)(uint64_t value)
{
    host_spin(200);
    return value;
}

/* Before the attack. */
static void LOCAL(arrange)(struct host *host)
{
    struct sigaction action = {.sa_handler = LOCAL(handle), .sa_flags = SA_ONSTACK | SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    host->called_back = LOCAL(call);
    host->deadline_ms = 4000;
}

static enum og_error LOCAL(interrupt)(struct host *host)
{
    struct host_thread second;
    pthread_t disturber;
    enum og_error error = host_prepare(host);
    if (error)
        return error;
    LOCAL(main) = pthread_self();
    host_thread_start(&second, host, 1, &LOCAL(done));
    if (pthread_create(&disturber, NULL, LOCAL(disturb), NULL))
        abort();
    for (int i = 0; i < (host->places[PLACE_gate_start] ? 12 : 1) && !error; i++)
        error = host_call(host, 0);
    LOCAL(done) = true;
    pthread_join(disturber, NULL);
    enum og_error other = host_thread_join(&second);
    return error ? error : other;
}
