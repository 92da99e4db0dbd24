#include "fxsave.h"

#include <cstring>

namespace {

constexpr int kControl = 7, kStack = 8, kVectors = 16, kAll = kControl + kStack + kVectors;
constexpr size_t kStackOffset = 32, kVectorOffset = 160, kSlot = 16;
constexpr uint32_t kMxcsrMask = 0xffff;

// FPSW comes first: it sets the top of the stack that ST0-ST7 are relative to.
const int kRegisters[kAll] = {
    UC_X86_REG_FPSW,  UC_X86_REG_FPCW,  UC_X86_REG_FPTAG, UC_X86_REG_FOP,   UC_X86_REG_FIP,   UC_X86_REG_FDP,   UC_X86_REG_MXCSR,
    UC_X86_REG_ST0,   UC_X86_REG_ST1,   UC_X86_REG_ST2,   UC_X86_REG_ST3,   UC_X86_REG_ST4,   UC_X86_REG_ST5,   UC_X86_REG_ST6,
    UC_X86_REG_ST7,   UC_X86_REG_XMM0,  UC_X86_REG_XMM1,  UC_X86_REG_XMM2,  UC_X86_REG_XMM3,  UC_X86_REG_XMM4,  UC_X86_REG_XMM5,
    UC_X86_REG_XMM6,  UC_X86_REG_XMM7,  UC_X86_REG_XMM8,  UC_X86_REG_XMM9,  UC_X86_REG_XMM10, UC_X86_REG_XMM11, UC_X86_REG_XMM12,
    UC_X86_REG_XMM13, UC_X86_REG_XMM14, UC_X86_REG_XMM15};

struct Control {
  uint16_t status, control, tags, opcode;
  uint64_t instruction, data;
  uint32_t mxcsr;
};

void Point(void** values, Control* control, uint8_t* image) {
  void* controls[kControl] = {&control->status,      &control->control, &control->tags, &control->opcode,
                              &control->instruction, &control->data,    &control->mxcsr};
  memcpy(values, controls, sizeof controls);
  for (int i = 0; i < kStack; i++) values[kControl + i] = image + kStackOffset + kSlot * i;
  for (int i = 0; i < kVectors; i++) values[kControl + kStack + i] = image + kVectorOffset + kSlot * i;
}

// The image keeps one bit per register (1: in use), the engine takes the two bits of the full tag word (3: empty).
uint8_t Abridge(uint16_t tags) {
  uint8_t result = 0;
  for (int i = 0; i < 8; i++) {
    if ((tags >> 2 * i & 3) != 3) result |= 1 << i;
  }
  return result;
}

uint16_t Expand(uint8_t abridged) {
  uint16_t result = 0;
  for (int i = 0; i < 8; i++) {
    if (!(abridged >> i & 1)) result |= 3 << 2 * i;
  }
  return result;
}

template <typename Source>
void Save(Source* from, uint8_t* image, uc_err (*read)(Source*, const int*, void**, int)) {
  Control control{};
  void* values[kAll];
  memset(image, 0, 512);
  Point(values, &control, image);
  read(from, kRegisters, values, kAll);
  memcpy(image, &control.control, 2);
  memcpy(image + 2, &control.status, 2);
  image[4] = Abridge(control.tags);
  memcpy(image + 6, &control.opcode, 2);
  memcpy(image + 8, &control.instruction, 8);
  memcpy(image + 16, &control.data, 8);
  memcpy(image + 24, &control.mxcsr, 4);
  memcpy(image + 28, &kMxcsrMask, 4);
}

}  // namespace

void ResetFxsave(uint8_t* image) {
  const uint16_t control = 0x37f;
  const uint32_t mxcsr = 0x1f80;
  memset(image, 0, 512);
  memcpy(image, &control, 2);
  memcpy(image + 24, &mxcsr, 4);
  memcpy(image + 28, &kMxcsrMask, 4);
}

void SaveFxsave(uc_engine* from, uint8_t* image) { Save<uc_engine>(from, image, uc_reg_read_batch); }
void SaveFxsave(uc_context* from, uint8_t* image) { Save<uc_context>(from, image, uc_context_reg_read_batch); }

void LoadFxsave(uc_engine* into, const uint8_t* image) {
  Control control{};
  memcpy(&control.control, image, 2);
  memcpy(&control.status, image + 2, 2);
  control.tags = Expand(image[4]);
  memcpy(&control.opcode, image + 6, 2);
  memcpy(&control.instruction, image + 8, 8);
  memcpy(&control.data, image + 16, 8);
  memcpy(&control.mxcsr, image + 24, 4);
  void* values[kAll];
  Point(values, &control, const_cast<uint8_t*>(image));
  uc_reg_write_batch(into, kRegisters, values, kAll);
}
