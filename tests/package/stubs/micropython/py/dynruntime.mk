# dynruntime.mk - a stub: the module of a package as a program of this machine.
CFLAGS += -I. -I$(MPY_DIR) -std=c99 -O0 -Wall -Wextra -Werror

$(MOD).mpy: $(SRC) $(MPY_DIR)/host.c
	$(CC) $(CFLAGS) -o $@ $^
