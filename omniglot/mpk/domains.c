/* Which domains there are. */
#include "mpk.h"

struct mpk_domain *mpk_domains[MPK_DOMAINS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the table, and the arenas' places */

enum og_error mpk_domains_add(struct mpk_domain *domain, struct og_fault *fault)
{
    enum og_error error = OG_NO_MEMORY;
    pthread_mutex_lock(&lock);
    for (unsigned i = MPK_NO_DOMAIN + 1; i < MPK_DOMAINS && error; i++) {
        if (!mpk_domains[i]) {
            mpk_domains[i] = domain;
            domain->index = i;
            error = OG_OK;
        }
    }
    pthread_mutex_unlock(&lock);
    if (error)
        return og_fail(fault, error, NULL, 0, "64 domains are open: close one");
    return OG_OK;
}

bool mpk_domains_remove(struct mpk_domain *domain)
{
    pthread_mutex_lock(&lock);
    bool gone = mpk_arena_close(&domain->arena);
    mpk_domains[domain->index] = NULL;
    pthread_mutex_unlock(&lock);
    return gone;
}

bool mpk_domains_visit(bool (*visit)(struct mpk_domain *domain, void *data), void *data)
{
    bool done = false;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < MPK_DOMAINS && !done; i++)
        done = mpk_domains[i] && visit(mpk_domains[i], data);
    pthread_mutex_unlock(&lock);
    return done;
}

pthread_mutex_t *mpk_domains_lock(void)
{
    return &lock;
}
