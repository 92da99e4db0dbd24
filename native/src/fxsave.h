// The x87 and SSE state as a 64-bit FXSAVE image (Intel SDM volume 1, section 10.5.1).
#pragma once
#include <unicorn/unicorn.h>

#include <cstdint>

// What Linux gives a program at exec.
void ResetFxsave(uint8_t* image);
void SaveFxsave(uc_engine* from, uint8_t* image);
void SaveFxsave(uc_context* from, uint8_t* image);
void LoadFxsave(uc_engine* into, const uint8_t* image);
