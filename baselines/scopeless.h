/* The scope of a discipline in which calling the library takes no right to it: raw, process and
 * wasm. <omniglot/stubs/domain.h> says what a scope is where there is one. */
#ifndef BASELINES_SCOPELESS_H
#define BASELINES_SCOPELESS_H

struct instance;

typedef struct {
    char nothing;
} instance_scope;
#define INSTANCE_REQUIRES(scope)

static inline void instance_enter(struct instance *instance, instance_scope *scope)
{
    (void)instance;
    (void)scope;
}

static inline void instance_leave(instance_scope *scope)
{
    (void)scope;
}

#endif
