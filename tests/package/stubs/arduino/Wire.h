/* Wire.h - as much of Arduino's I2C as the sketches call. */
#ifndef WIRE_H
#define WIRE_H

#include <stdint.h>

class TwoWire {
  public:
    void begin();
    void setClock(uint32_t hz);
    void beginTransmission(uint8_t address);
    uint8_t write(uint8_t value);
    uint8_t endTransmission(bool stop = true);
    uint8_t requestFrom(uint8_t address, uint8_t n);
    int read();
};
extern TwoWire Wire;

#endif
