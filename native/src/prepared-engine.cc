#include "prepared-engine.h"

#include <future>
#include <mutex>

#include "layout.h"

namespace {
std::mutex mutex;
std::future<Machine> prepared;

Machine Make(uint64_t ram_bytes) {
  Machine machine{std::make_shared<Ram>(ram_bytes), std::make_unique<Status>(), nullptr};
  if (machine.ram->data()) machine.engine = std::make_unique<Engine>(machine.ram, machine.status.get());
  return machine;
}
}  // namespace

void PrepareMachine() {
  const std::lock_guard lock(mutex);
  if (!prepared.valid()) prepared = std::async(std::launch::async, Make, kMostRam);
}

Machine MakeMachine(uint64_t ram_bytes) {
  std::future<Machine> taken;
  {
    const std::lock_guard lock(mutex);
    taken = std::move(prepared);
  }
  if (taken.valid()) {
    Machine machine = taken.get();
    // There may be address space for less.
    if (machine.engine && machine.engine->error().empty()) {
      machine.ram->Shrink(ram_bytes);
      return machine;
    }
  }
  return Make(ram_bytes);
}
