/* qemu_count.c - a plugin for QEMU that counts instructions between two functions.
 *
 *     -plugin libcount.so,begin=0x1234,end=0x5678,out=counts.txt[,arch=arm,
 *         profile=profile.bin]
 *
 * Writes one line with the count for each pass from the function at begin to the one
 * at end, which must each be a single instruction; and if asked, for each instruction
 * that ran in a pass, in the order of PROFILE_DTYPE, number of the pass, address and
 * size in 32 bits, how often it ran, how often a jump led there, and how often it ran,
 * in 64.
 *
 * QEMU is often installed without its plugin header, so the part of the version 1
 * interface that is used here is declared here.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS = 0 };
typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t id,
                                               struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_vcpu_udata_cb_t)(unsigned int vcpu, void *data);
typedef void (*qemu_plugin_udata_cb_t)(qemu_plugin_id_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           qemu_plugin_vcpu_tb_trans_cb_t cb);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            qemu_plugin_vcpu_udata_cb_t cb, int flags,
                                            void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_udata_cb_t cb,
                                    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
                                                 size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                               char **argv);

/* An instruction of a translated block; of one that was translated twice there are two.
 */
typedef struct place {
    struct place *next;
    uint64_t times;
    uint64_t jumps;
    uint32_t address;
    uint32_t size;
} place_t;

static uint64_t begin_at, end_at, count;
static uint32_t passes, after;
static bool active, thumb;
static place_t *places;
static FILE *out, *profile;

static void on_begin(unsigned int vcpu, void *data) {
    (void)vcpu;
    (void)data;
    active = true;
    count = 0;
}

static void on_end(unsigned int vcpu, void *data) {
    place_t *place;
    (void)vcpu;
    (void)data;
    active = false;
    (void)fprintf(out, "%" PRIu64 "\n", count);
    for (place = places; place != NULL && profile != NULL; place = place->next) {
        if (place->times > 0U) {
            uint32_t where[3] = {passes, place->address, place->size};
            uint64_t what[3] = {place->times, place->jumps, place->times};
            (void)fwrite(where, sizeof where, 1, profile);
            (void)fwrite(what, sizeof what, 1, profile);
            place->times = place->jumps = 0;
        }
    }
    passes++;
}

static void on_insn(unsigned int vcpu, void *data) {
    place_t *place = data;
    (void)vcpu;
    if (active) {
        count++;
        place->times++;
        place->jumps += place->address != after ? 1U : 0U;
        after = place->address + place->size;
    }
}

static void on_exit_(qemu_plugin_id_t id, void *data) {
    (void)id;
    (void)data;
    (void)fclose(out);
    if (profile != NULL) {
        (void)fclose(profile);
    }
}

/* Bytes of an instruction; at the end of a page QEMU adds those of the one behind it.
 */
static uint32_t size_of(const struct qemu_plugin_insn *insn) {
    const uint8_t *code = qemu_plugin_insn_data(insn);
    bool wide = thumb ? code[1] >> 3 >= 0x1D : (code[0] & 3U) == 3U;
    return wide ? 4U : 2U;
}

static place_t *place_of(const struct qemu_plugin_insn *insn) {
    place_t *place = calloc(1, sizeof *place);
    if (place == NULL) {
        (void)fprintf(stderr, "qemu_count: out of memory\n");
        exit(1);
    }
    place->next = places;
    place->address = (uint32_t)qemu_plugin_insn_vaddr(insn);
    place->size = size_of(insn);
    places = place;
    return place;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    size_t i, n = qemu_plugin_tb_n_insns(tb);
    (void)id;
    for (i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t at = qemu_plugin_insn_vaddr(insn);
        qemu_plugin_vcpu_udata_cb_t cb = on_insn;
        void *data = NULL;
        if (at == begin_at) {
            cb = on_begin;
        } else if (at == end_at) {
            cb = on_end;
        } else {
            data = place_of(insn);
        }
        qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, QEMU_PLUGIN_CB_NO_REGS, data);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                        char **argv) {
    int i;
    (void)info;
    for (i = 0; i < argc; i++) {
        if (strncmp(argv[i], "begin=", 6) == 0) {
            begin_at = strtoull(argv[i] + 6, NULL, 0);
        } else if (strncmp(argv[i], "end=", 4) == 0) {
            end_at = strtoull(argv[i] + 4, NULL, 0);
        } else if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "w");
        } else if (strncmp(argv[i], "arch=", 5) == 0) {
            thumb = strcmp(argv[i] + 5, "arm") == 0;
        } else if (strncmp(argv[i], "profile=", 8) == 0) {
            profile = fopen(argv[i] + 8, "wb");
        }
    }
    if (begin_at == 0 || end_at == 0 || out == NULL) {
        (void)fprintf(stderr, "qemu_count: give begin=, end= and out=\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_exit_, NULL);
    return 0;
}
