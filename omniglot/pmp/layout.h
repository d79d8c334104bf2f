/* Offsets and numbers that gate.S shares with the C files; pmp.h asserts that they fit. */
#ifndef OMNIGLOT_PMP_LAYOUT_H
#define OMNIGLOT_PMP_LAYOUT_H

/* struct pmp_thunk */
#define PMP_THUNK_TARGET 0
#define PMP_THUNK_DOMAIN 4
#define PMP_THUNK_WORDS  8
#define PMP_THUNK_CLEAR  12
#define PMP_THUNK_SIZE   16
#define PMP_THUNKS       64
/* Of a thunk's code, and of an instruction that clears an argument. */
#define PMP_THUNK_CODE_SIZE 12
#define PMP_CLEAR_SIZE      2

/* struct pmp_domain */
#define PMP_DOMAIN_RETURN   12
#define PMP_DOMAIN_CALLBACK 16
#define PMP_DOMAIN_TLS      20
#define PMP_DOMAIN_STACK    24
#define PMP_DOMAIN_DEADLINE 28
#define PMP_DOMAIN_ENTRIES  32
#define PMP_DOMAIN_OUTER    48

/* struct pmp_frame */
#define PMP_FRAME_RA       48
#define PMP_FRAME_DOMAIN   52
#define PMP_FRAME_DEADLINE 56
#define PMP_FRAME_SIZE     64

/* struct pmp_callback_frame */
#define PMP_CALLBACK_RA        48
#define PMP_CALLBACK_GP        52
#define PMP_CALLBACK_SP        56
#define PMP_CALLBACK_ARGUMENTS 64
#define PMP_CALLBACK_RESULT    104
#define PMP_CALLBACK_SIZE      128

/* Callbacks of one domain: as many as an image has ways out (image/veneers.S). */
#define PMP_CALLBACKS     16
#define PMP_CALLBACK_STEP 8

#endif
