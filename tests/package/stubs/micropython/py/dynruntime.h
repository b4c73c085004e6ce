/* dynruntime.h - a stub of what native modules of MicroPython are given: objects on
 * this machine, as far as the module of a package uses them.
 */
#ifndef STUB_DYNRUNTIME_H
#define STUB_DYNRUNTIME_H

#include <stddef.h>
#include <stdint.h>

typedef void *mp_obj_t;
typedef uintptr_t mp_uint_t;
typedef struct {
    int unused;
} mp_obj_fun_bc_t;
typedef struct {
    void *buf;
    size_t len;
    int typecode;
} mp_buffer_info_t;

typedef struct {
    int n_args;
    union {
        mp_obj_t (*one)(mp_obj_t);
        mp_obj_t (*two)(mp_obj_t, mp_obj_t);
        mp_obj_t (*three)(mp_obj_t, mp_obj_t, mp_obj_t);
    } call;
} stub_fun_t;

#define MP_BUFFER_READ 1
#define MP_BUFFER_RW 3
#define MP_ERROR_TEXT(text) (text)
#define MP_OBJ_FROM_PTR(p) ((mp_obj_t)(uintptr_t)(p))
#define MP_DEFINE_CONST_FUN_OBJ_1(name, f) const stub_fun_t name = {1, {.one = (f)}}
#define MP_DEFINE_CONST_FUN_OBJ_2(name, f) const stub_fun_t name = {2, {.two = (f)}}
#define MP_DEFINE_CONST_FUN_OBJ_3(name, f) const stub_fun_t name = {3, {.three = (f)}}
#define MP_DYNRUNTIME_INIT_ENTRY (void)self;
#define MP_DYNRUNTIME_INIT_EXIT return mp_const_none;
#define mp_store_global(name, object) stub_store(#name, (object))
#define mp_const_none NULL

void stub_store(const char *name, mp_obj_t object);
void mp_get_buffer_raise(mp_obj_t object, mp_buffer_info_t *found, mp_uint_t flags);
void mp_raise_ValueError(const char *text) __attribute__((noreturn));
mp_obj_t mp_obj_new_int(intptr_t value);
mp_obj_t mp_obj_new_int_from_uint(uintptr_t value);
mp_obj_t mp_obj_new_float_from_f(float value);
mp_obj_t mp_obj_new_str(const char *text, size_t bytes);
mp_obj_t mp_obj_new_tuple(size_t len, const mp_obj_t *items);
intptr_t mp_obj_get_int(mp_obj_t object);
uintptr_t mp_obj_get_int_truncated(mp_obj_t object);
float mp_obj_get_float_to_f(mp_obj_t object);

#endif
