/* Arduino.h - as much of the Arduino core as the example sketch calls. */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stdint.h>

static const uint8_t A0 = 54;

int analogRead(uint8_t pin);
unsigned long micros(void);
void setup(void);
void loop(void);

class SerialPort {
  public:
    void begin(unsigned long baud);
    void println(const char *text);
    void println(unsigned long value);
    void println(double value, int digits);
};
extern SerialPort Serial;

#endif
