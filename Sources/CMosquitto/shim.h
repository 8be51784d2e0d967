#ifndef PLANTWRIGHT_CMosquitto_SHIM_H
#define PLANTWRIGHT_CMosquitto_SHIM_H

#include <mosquitto.h>

#endif
