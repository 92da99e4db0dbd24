// An engine that is made on another thread while the process has other things to do: a third of a short run is starting Node.
#pragma once
#include <memory>

#include "engine.h"

// A CPU and its memory. `engine` points into both others.
struct Machine {
  std::shared_ptr<Ram> ram;
  std::unique_ptr<Status> status;
  std::unique_ptr<Engine> engine;
};

// Starts making one, for whoever asks for a machine next. How much RAM that will be need not be known.
void PrepareMachine();

// The one that was prepared, or a new one. What went wrong stands in the engine; without `ram->data()` there is no engine.
Machine MakeMachine(uint64_t ram_bytes);
