/* core.cpp - a core whose sensor trembles a little, then a lot; after SAMPLES of it,
 * the processor sleeps for good. Times pass by being asked for. */
#include "Arduino.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

SerialPort Serial;
static unsigned long now_us;
static uint32_t noise = 1;
static uint16_t taken;

static void put(char letter) {
    while (!(UCSR0A & (1 << UDRE0))) {
    }
    UDR0 = (uint8_t)letter;
}

void SerialPort::begin(unsigned long) {
    UCSR0B = 1 << TXEN0;
}

void SerialPort::println(const char *text) {
    while (*text != 0) {
        put(*text++);
    }
    put('\n');
}

void SerialPort::println(unsigned long value) {
    char text[12];
    uint8_t at = sizeof text - 1;
    text[at] = 0;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    println(&text[at]);
}

/* Tells the bits instead of digits. */
void SerialPort::println(double value, int) {
    union {
        float number;
        uint32_t bits;
    } word;
    word.number = (float)value;
    println((unsigned long)word.bits);
}

int analogRead(uint8_t) {
    const int wide = taken < SAMPLES / 2 ? 31 : 511;
    if (taken == SAMPLES) {
        Serial.println("done");
        cli();
        sleep_enable();
        sleep_cpu();
    }
    taken++;
    noise = noise * 1664525UL + 1013904223UL;
    return 512 + (int)((noise >> 16) & (uint32_t)wide) - (wide + 1) / 2;
}

unsigned long micros(void) {
    return now_us += 100;
}

int main(void) {
    setup();
    for (;;) {
        loop();
    }
}
