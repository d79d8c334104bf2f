# What the compilers are told of the board's processor.

BOARD_ARCHITECTURE := -march=rv32imac -mabi=ilp32
