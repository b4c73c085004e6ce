/* host.c - calls the module of a package as examples/micropython/main.py does, with
 * blocks of samples from standard input; "short" as argument: with too little memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/dynruntime.h"

#define BLOCK_LEN 64

typedef struct {
    long number;
    float real;
    char *bytes;
    size_t len;
    mp_obj_t items[64];
} object_t;

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args);

static struct {
    const char *name;
    mp_obj_t object;
} globals[32];
static size_t globals_len;

static object_t *made(void) {
    return (object_t *)calloc(1, sizeof(object_t)); /* goes away with the program */
}

void stub_store(const char *name, mp_obj_t object) {
    globals[globals_len].name = name + strlen("MP_QSTR_");
    globals[globals_len++].object = object;
}

static mp_obj_t named(const char *name) {
    size_t i;
    for (i = 0; i < globals_len; i++) {
        if (strcmp(globals[i].name, name) == 0) {
            return globals[i].object;
        }
    }
    printf("no %s\n", name);
    exit(2);
}

void mp_get_buffer_raise(mp_obj_t object, mp_buffer_info_t *found, mp_uint_t flags) {
    object_t *from = (object_t *)object;
    (void)flags;
    found->buf = from->bytes;
    found->len = from->len;
}

void mp_raise_ValueError(const char *text) {
    printf("ValueError: %s\n", text);
    exit(1);
}

mp_obj_t mp_obj_new_int(intptr_t value) {
    object_t *object = made();
    object->number = value;
    return object;
}

mp_obj_t mp_obj_new_int_from_uint(uintptr_t value) {
    return mp_obj_new_int((intptr_t)value);
}

mp_obj_t mp_obj_new_float_from_f(float value) {
    object_t *object = made();
    object->real = value;
    return object;
}

mp_obj_t mp_obj_new_str(const char *text, size_t bytes) {
    object_t *object = made();
    object->bytes = (char *)calloc(1, bytes + 1);
    memcpy(object->bytes, text, bytes);
    object->len = bytes;
    return object;
}

mp_obj_t mp_obj_new_tuple(size_t len, const mp_obj_t *items) {
    object_t *object = made();
    object->len = len;
    memcpy(object->items, items, len * sizeof *items);
    return object;
}

intptr_t mp_obj_get_int(mp_obj_t object) {
    return ((object_t *)object)->number;
}

uintptr_t mp_obj_get_int_truncated(mp_obj_t object) {
    return (uintptr_t)mp_obj_get_int(object);
}

float mp_obj_get_float_to_f(mp_obj_t object) {
    return ((object_t *)object)->real;
}

static object_t *bytes_of(size_t len) {
    object_t *object = made();
    object->bytes = (char *)calloc(1, len);
    object->len = len;
    return object;
}

static object_t *call(const char *name, mp_obj_t a, mp_obj_t b, mp_obj_t c) {
    const stub_fun_t *f = (const stub_fun_t *)named(name);
    return (object_t *)(f->n_args == 1   ? f->call.one(a)
                        : f->n_args == 2 ? f->call.two(a, b)
                                         : f->call.three(a, b, c));
}

static void windows(object_t *memory) {
    long status = mp_obj_get_int(named("MORE"));
    while (status != mp_obj_get_int(named("IDLE"))) {
        status = call("step", memory, NULL, NULL)->number;
        if (status == mp_obj_get_int(named("EVENT"))) {
            object_t *event = call("event", memory, NULL, NULL);
            if (mp_obj_get_int(event->items[3]) != 0) {
                printf("window %ld alarms %ld\n", (long)mp_obj_get_int(event->items[0]),
                       (long)mp_obj_get_int(event->items[3]));
            }
        }
    }
}

static void show(const char *name, const object_t *tuple) {
    size_t i;
    printf("%s", name);
    for (i = 0; i < tuple->len; i++) {
        float value = mp_obj_get_float_to_f(tuple->items[i]);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        printf(" %08x", bits);
    }
    printf("\n");
}

int main(int argc, char **argv) {
    mp_obj_fun_bc_t self = {0};
    object_t *memory, *frame, *block = bytes_of(BLOCK_LEN * sizeof(float));
    long channel = 0;
    (void)mpy_init(&self, 0, 0, NULL);
    memory = bytes_of((size_t)mp_obj_get_int(named("MEMORY_BYTES")));
    frame = bytes_of((size_t)mp_obj_get_int(named("FRAME_MIN_BYTES")));
    if (argc > 1) {
        memory->len -= strcmp(argv[1], "short") == 0 ? 1U : 0U;
        memory->bytes += strcmp(argv[1], "odd") == 0 ? 1 : 0;
        block->len -= strcmp(argv[1], "half") == 0 ? 1U : 0U;
        channel += strcmp(argv[1], "channel") == 0 ? 99 : 0;
    }
    if (argc <= 1 || strcmp(argv[1], "unbegun") != 0) {
        (void)call("begin", memory, NULL, NULL);
    }
    (void)call("set_speed", memory, mp_obj_new_float_from_f(100.0f), NULL);
    while (fread(block->bytes, sizeof(float), BLOCK_LEN, stdin) == BLOCK_LEN) {
        (void)call("push", memory, mp_obj_new_int(channel), block);
        channel = (channel + 1) % mp_obj_get_int(named("CHANNELS"));
        windows(memory);
    }
    printf("frame of %ld bytes\n",
           (long)mp_obj_get_int(call("report", memory, mp_obj_new_int(0), frame)));
    show("features", call("features", memory, NULL, NULL));
    show("outputs", call("outputs", memory, NULL, NULL));
    printf("version %s\n", ((object_t *)named("VERSION"))->bytes);
    return 0;
}
