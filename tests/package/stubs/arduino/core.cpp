/* core.cpp - a core that samples zeros and says nothing. */
#include "Arduino.h"

SerialPort Serial;
static volatile unsigned long now_us;

void SerialPort::begin(unsigned long) {
}

void SerialPort::println(const char *) {
}

void SerialPort::println(unsigned long) {
}

int analogRead(uint8_t) {
    return 512;
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
