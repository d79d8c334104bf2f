/* What a template is about: the interface, and the function, parameter, ... that a loop has arrived
 * at. Of these, holes have names that every template knows:
 *
 *   $library    the library's name          $path       the interface file
 *   $baselines  what --baselines said
 *   $function   the function, or callback   $result     its result's type
 *   $handle     the kind of what it returns
 *   $name       the parameter, in stubs     $type       its type
 *   $declared   and in the interface file
 *   $pointee    what it points to           $element    of what it counts: never void
 *   $qualified  $element with its const     $count      how many, as the host says it
 *   $counted    how many, as declared       $length     the parameter that counts, or is counted
 *   $kind       of a handle or object       $shape      of a callback
 *   $keeper     the object that goes on reading
 *   $pointer    a window's field            $left       the field that counts it
 *   $cursor     a parameter for the one     $rest       and for the other
 *   $item       what it points to           $counter    the type of the count
 *   $object     what a kind of handle or object is of
 *
 * Outside a loop the loop's holes are empty, and a template that has one ends the program. Loops
 * that ask something in the middle of another go by their own index. */
#ifndef BINDGEN_SUBJECT_H
#define BINDGEN_SUBJECT_H

#include "omniglot/bindgen/interface.h"

void subject_begin(const struct interface *interface);

/* They return what they are given, or NULL at the end, and it is the subject from then on. */
const struct function *subject_function(const struct function *function);
const struct callback *subject_callback(const struct callback *callback);
const struct kind *subject_kind(const struct kind *kind);
const struct parameter *subject_parameter(const struct function *function, size_t index);
const struct window *subject_window(const struct parameter *parameter, size_t index);

/* The function, or the shape of the callback, that it is about; NULL: none. */
const struct function *subject_of(void);

/* What fills the hole: see template.h. */
const char *subject_hole(const char *name, size_t length);

#define each_function(function, interface)                                                         \
    for (const struct function *function = subject_function((interface)->functions); function;     \
         function = subject_function(function->next))

#define each_callback(callback, interface)                                                         \
    for (const struct callback *callback = subject_callback((interface)->callbacks); callback;     \
         callback = subject_callback(callback->next))

#define each_kind(kind, interface)                                                                 \
    for (const struct kind *kind = subject_kind((interface)->kinds); kind;                         \
         kind = subject_kind(kind->next))

#define each_parameter(parameter, function)                                                        \
    for (const struct parameter *parameter = subject_parameter(function, 0); parameter;            \
         parameter =                                                                               \
             subject_parameter(function, (size_t)(parameter - (function)->parameters) + 1))

#define each_window(window, parameter)                                                             \
    for (const struct window *window = subject_window(parameter, 0); window;                       \
         window = subject_window(parameter, (size_t)(window - (parameter)->windows) + 1))

#endif
