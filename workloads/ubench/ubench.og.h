/* libogubench: calls by their arguments, a callback, and types to validate. */
#include "workloads/ubench/library.h"
#include <omniglot/interface.h>

OG_LIBRARY(ubench, "libogubench.so");

uint64_t ubench_int_0(void);
uint64_t ubench_int_1(uint64_t a0);
uint64_t ubench_int_3(uint64_t a0, uint64_t a1, uint64_t a2);
uint64_t ubench_int_6(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
uint64_t ubench_int_7(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                      uint64_t a6);
uint64_t ubench_int_10(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6, uint64_t a7, uint64_t a8, uint64_t a9);
uint64_t ubench_int_25(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6, uint64_t a7, uint64_t a8, uint64_t a9, uint64_t a10,
                       uint64_t a11, uint64_t a12, uint64_t a13, uint64_t a14, uint64_t a15,
                       uint64_t a16, uint64_t a17, uint64_t a18, uint64_t a19, uint64_t a20,
                       uint64_t a21, uint64_t a22, uint64_t a23, uint64_t a24);
double ubench_double_8(double a0, double a1, double a2, double a3, double a4, double a5, double a6,
                       double a7);
uint64_t ubench_mixed(int32_t a0, double a1, const void *cookie OG_OPAQUE, uint64_t a3, float a4,
                      int16_t a5, double a6, uint8_t a7, uint64_t a8, double a9, uint32_t a10,
                      uint64_t a11);
struct ubench_pair ubench_struct_registers(uint64_t a0, uint64_t a1);
struct ubench_six ubench_struct_memory(uint64_t a0, uint64_t a1);

/* --- the callback --- */

uint64_t host_function(uint64_t value) OG_CALLED_BACK;
uint64_t ubench_call_back(uint64_t (*call)(uint64_t value) OG_CALLBACK(host_function),
                          uint64_t value);

/* --- in an instance of which nothing else is known --- */

uint64_t ubench_count(void) OG_BY_NAME;

/* --- types --- */

OG_VALIDATE(enum ubench_shape);
OG_VALIDATE(struct ubench_record);
OG_FIELD(struct ubench_record, layer, OG_RANGE(UBENCH_LAYER_LOW, UBENCH_LAYER_HIGH));
OG_FIELD(struct ubench_record, weights, OG_IN(weight_count));
