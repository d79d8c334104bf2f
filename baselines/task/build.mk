# The process sandbox of the embedded target: U-mode tasks, and what in them serves a library.

# What a host links that calls through it, and what a task is made of besides the generated worker.
RV32_TASK := $(addprefix baselines/task/,sandbox.c schedule.c switch.S) \
    $(addprefix baselines/process/,wire.c answer.c)
RV32_TASK_WORKER := $(addprefix baselines/task/worker/,worker.c exchange.S) \
    $(addprefix baselines/process/,wire.c handle.c)
RV32_TASK_EXPORTS := baselines/task/worker/worker.exports

# --- tests: a task that behaves, and one that breaks every rule of the messages ---

RV32_TASK_TESTS := baselines/task/tests
RV32_TASK_LIAR := $(RV32_TASK_TESTS)/liar-task.c baselines/task/worker/exchange.S
$(call rv32_compile,task,$(RV32_TASK_LIAR),$(RV32_WARNINGS))
$(call rv32_library,liar,$(call rv32_objects,task,$(RV32_TASK_LIAR)),soname=og-worker-liar \
    exports=$(RV32_TASK_EXPORTS) flash=32K@384K ram=32K@192K stack=4K scopes=0)
$(call rv32_compile,test,$(RV32_TASK_TESTS)/task-sandbox.c,$(RV32_WARNINGS))
$(call rv32_image,test/task-sandbox,$(call rv32_objects,test,$(RV32_TASK_TESTS)/task-sandbox.c) \
    $(RV32_TAP) $(call rv32_objects,system,$(RV32_TASK)),liar,flash=384K ram=192K stack=8K)
RV32_TAP_IMAGES += task-sandbox

RV32_LINTED += $(shell git ls-files 'baselines/task/*.c' ':!baselines/task/tests')
