/* Which domains there are. */
#include "mpk.h"

struct mpk_domain *mpk_domains[MPK_DOMAINS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the table, and the arenas' places */

_Static_assert(MPK_DOMAINS > 16, "whoever has a key, of a process's 16 (keys.c), finds a place");

void mpk_domains_add(struct mpk_domain *domain)
{
    unsigned place = MPK_NO_DOMAIN + 1;
    pthread_mutex_lock(&lock);
    while (mpk_domains[place])
        place++;
    mpk_domains[place] = domain;
    domain->index = place;
    pthread_mutex_unlock(&lock);
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

void mpk_domains_forked(void)
{
    for (unsigned i = 0; i < MPK_DOMAINS; i++)
        if (mpk_domains[i])
            mpk_arena_forked(&mpk_domains[i]->arena);
}

pthread_mutex_t *mpk_domains_lock(void)
{
    return &lock;
}
