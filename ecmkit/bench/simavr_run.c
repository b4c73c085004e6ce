/* simavr_run.c - runs firmware in simavr and counts cycles between two functions.
 *
 *     simavr_run mcu=atmega2560 flash=flash.bin data=mail.bin data_at=0x2300
 *         data_end=0xff00 begin=0x40000 end=0x40002 done=0x40004 counts=counts.txt
 *         profile=profile.bin out=out.bin
 *
 * flash.bin may be longer than the flash of the chip, and data_end beyond its RAM: the
 * bench lives there. Ends when the function at done is reached; then counts.txt has a
 * line with the cycles of each pass from the function at begin, a single instruction
 * which does not count, to the one at end. profile.bin has for each instruction that
 * ran in a pass, in the order of PROFILE_DTYPE, number of the pass, address and size in
 * 32 bits, how often it ran, 0, and its cycles in 64. out.bin has the data from data_at
 * on.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <simavr/sim_avr.h>

static const char *option(int argc, char **argv, const char *name) {
    size_t n = strlen(name);
    int i;
    for (i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=') {
            return argv[i] + n + 1;
        }
    }
    (void)fprintf(stderr, "simavr_run: %s= is missing\n", name);
    exit(2);
}

static uint32_t number(int argc, char **argv, const char *name) {
    return (uint32_t)strtoul(option(argc, argv, name), NULL, 0);
}

static FILE *stream(int argc, char **argv, const char *name, const char *mode) {
    const char *path = option(argc, argv, name);
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        (void)fprintf(stderr, "simavr_run: cannot open %s\n", path);
        exit(2);
    }
    return file;
}

/* Read a file to its end into memory that may be longer. */
static uint32_t load(FILE *file, uint8_t *to, uint32_t room) {
    size_t n = fread(to, 1, room, file);
    if (fgetc(file) != EOF) {
        (void)fprintf(stderr, "simavr_run: a file is too long\n");
        exit(2);
    }
    (void)fclose(file);
    return (uint32_t)n;
}

/* What ran at each address of the flash, in units of an instruction's two bytes. */
typedef struct {
    uint32_t times;
    uint32_t cycles;
} place_t;

/* Write down and forget what ran in a pass. */
static void flush(place_t *places, uint32_t n, uint32_t pass, FILE *to) {
    uint32_t i;
    for (i = 0; i < n; i++) {
        if (places[i].times > 0U) {
            uint32_t where[3] = {pass, 2U * i, 2U};
            uint64_t what[3] = {places[i].times, 0U, places[i].cycles};
            (void)fwrite(where, sizeof where, 1, to);
            (void)fwrite(what, sizeof what, 1, to);
            places[i].times = places[i].cycles = 0U;
        }
    }
}

/* Run to the end; the state in which the core then is. */
static int run(avr_t *avr, int argc, char **argv) {
    uint32_t begin = number(argc, argv, "begin"), end = number(argc, argv, "end");
    uint32_t done = number(argc, argv, "done"), pass = 0, n = (avr->flashend + 1U) / 2U;
    FILE *counts = stream(argc, argv, "counts", "w");
    FILE *profile = stream(argc, argv, "profile", "wb");
    place_t *places = calloc(n, sizeof *places);
    uint64_t from = 0;
    int state = places == NULL ? cpu_Crashed : cpu_Running, active = 0;
    while (avr->pc != done && state != cpu_Done && state != cpu_Crashed) {
        uint32_t at = avr->pc;
        uint64_t before = avr->cycle;
        if (at == end) {
            (void)fprintf(counts, "%" PRIu64 "\n", (uint64_t)avr->cycle - from);
            flush(places, n, pass++, profile);
            active = 0;
        }
        state = avr_run(avr);
        if (active && at / 2U < n) {
            places[at / 2U].times++;
            places[at / 2U].cycles += (uint32_t)(avr->cycle - before);
        }
        if (at == begin) {
            from = avr->cycle;
            active = 1;
        }
    }
    (void)fclose(counts);
    (void)fclose(profile);
    free(places);
    return state;
}

int main(int argc, char **argv) {
    uint32_t data_at = number(argc, argv, "data_at");
    uint32_t data_end = number(argc, argv, "data_end"), flash_bytes;
    FILE *flash = stream(argc, argv, "flash", "rb"), *out;
    avr_t *avr = avr_make_mcu_by_name(option(argc, argv, "mcu"));
    int state;
    if (avr == NULL) {
        return 2;
    }
    (void)fseek(flash, 0, SEEK_END);
    flash_bytes = (uint32_t)ftell(flash);
    rewind(flash);
    if (flash_bytes > avr->flashend + 1U) {
        avr->flashend = flash_bytes - 1U;
    }
    avr->ramend = (uint16_t)(data_end - 1U);
    (void)avr_init(avr);
    avr->log = LOG_ERROR;
    avr->frequency = 16000000;
    avr->run_cycle_limit = 1; /* one instruction at a time */
    avr->run_cycle_count = 1;
    (void)load(flash, avr->flash, flash_bytes);
    avr->codeend = flash_bytes;
    (void)load(stream(argc, argv, "data", "rb"), avr->data + data_at,
               data_end - data_at);
    state = run(avr, argc, argv);
    if (state == cpu_Crashed || state == cpu_Done) {
        (void)fprintf(stderr, "crashed at %#" PRIx32 "\n", (uint32_t)avr->pc);
        return 1;
    }
    out = stream(argc, argv, "out", "wb");
    (void)fwrite(avr->data + data_at, 1, data_end - data_at, out);
    return fclose(out) == 0 ? 0 : 2;
}
