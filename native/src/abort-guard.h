// Runs the engine so that an abort() inside of it does not end the process.
#pragma once
#include <unicorn/unicorn.h>

#include <cstdint>

// uc_emu_start(uc, address). Sets *aborted if the engine failed one of its own assertions: it must be thrown away then, but
// its registers can still be read.
uc_err StartGuarded(uc_engine* uc, uint64_t address, bool* aborted);
