// The JavaScript class Engine. Everything about one engine hangs on its object: many can live in a process and in workers.
#include <napi.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <v8.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "decoder.h"
#include "engine.h"
#include "host-files.h"
#include "layout.h"
#include "prepared-engine.h"
#include "program-file.h"

namespace {

constexpr unsigned kOldestUnicorn = 0x02010400;

class EngineObject : public Napi::ObjectWrap<EngineObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit EngineObject(const Napi::CallbackInfo& info);

 private:
  // A file's memory stays where it is as long as its reference does.
  using File = Napi::Reference<Napi::ArrayBuffer>;

  Napi::Value Attach(const Napi::CallbackInfo& info);
  void Detach(const Napi::CallbackInfo& info);
  void SaveFpu(const Napi::CallbackInfo& info);
  void LoadFpu(const Napi::CallbackInfo& info);
  static napi_value Run(napi_env env, napi_callback_info info);
  void FlushTlb(const Napi::CallbackInfo& info);
  void InvalidateVirtual(const Napi::CallbackInfo& info);
  void InvalidatePhysical(const Napi::CallbackInfo& info);
  void InvalidateAll(const Napi::CallbackInfo& info);
  void MapFile(const Napi::CallbackInfo& info);
  void Zero(const Napi::CallbackInfo& info);
  Napi::Value WritePageEntries(const Napi::CallbackInfo& info);
  Napi::Value PrivatePages(const Napi::CallbackInfo& info);
  void Discard(const Napi::CallbackInfo& info);
  Napi::Value ScreeningMismatches(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  // Throw in JavaScript and return false if the engine is closed, broken or inside a run, or an argument is out of range.
  bool Usable(Napi::Env env);
  bool CaughtUp(Napi::Env env);
  bool FileArgument(const Napi::CallbackInfo& info, int* id);
  bool PagesArgument(const Napi::CallbackInfo& info, int index, uint64_t* offset, uint64_t* bytes);
  void ReportFailure(Napi::Env env);

  std::shared_ptr<Ram> ram_;
  Status* status_ = nullptr;
  Napi::Reference<Napi::ArrayBuffer> status_buffer_;
  std::vector<File> files_;
  std::unique_ptr<Engine> engine_;
};

void Throw(Napi::Env env, const std::string& message) { Napi::Error::New(env, message).ThrowAsJavaScriptException(); }

uint64_t Unsigned(const Napi::Value& value) {
  const double number = value.As<Napi::Number>().DoubleValue();
  return number >= 0 && number < 0x1p63 ? static_cast<uint64_t>(number) : UINT64_MAX;
}

Napi::Function EngineObject::Define(Napi::Env env) {
  return DefineClass(env, "Engine",
                     {
                         InstanceMethod<&EngineObject::Attach>("attach"),
                         InstanceMethod<&EngineObject::Detach>("detach"),
                         InstanceMethod<&EngineObject::SaveFpu>("saveFpu"),
                         InstanceMethod<&EngineObject::LoadFpu>("loadFpu"),
                         InstanceMethod<&EngineObject::FlushTlb>("flushTlb"),
                         InstanceMethod<&EngineObject::InvalidateVirtual>("invalidateVirtual"),
                         InstanceMethod<&EngineObject::InvalidatePhysical>("invalidatePhysical"),
                         InstanceMethod<&EngineObject::InvalidateAll>("invalidateAll"),
                         InstanceMethod<&EngineObject::MapFile>("mapFile"),
                         InstanceMethod<&EngineObject::Zero>("zero"),
                         InstanceMethod<&EngineObject::WritePageEntries>("writePageEntries"),
                         InstanceMethod<&EngineObject::PrivatePages>("privatePages"),
                         InstanceMethod<&EngineObject::Discard>("discard"),
                         InstanceMethod<&EngineObject::ScreeningMismatches>("screeningMismatches"),
                         InstanceMethod<&EngineObject::Close>("close"),
                         StaticValue("reservedFrames", Napi::Number::New(env, static_cast<double>(kReservedFrames))),
                     });
}

// RAM as an ArrayBuffer, which keeps it. RAM is address space that is mostly untouched, but V8 would take all of it for memory of its own
// heap, and collect garbage at once: a third of what a short run costs. It does not count what it need not free, which only its
// own interface can say; a napi_value is a v8::Local (js_native_api_v8.h of Node).
Napi::ArrayBuffer RamBuffer(Napi::Env env, const std::shared_ptr<Ram>& ram) {
  auto bytes = v8::ArrayBuffer::NewBackingStore(ram->data(), ram->bytes(), v8::BackingStore::EmptyDeleter, nullptr);
  v8::Local<v8::ArrayBuffer> local = v8::ArrayBuffer::New(v8::Isolate::GetCurrent(), std::move(bytes));
  static_assert(sizeof local == sizeof(napi_value), "a napi_value is something else in this Node");
  napi_value value;
  memcpy(&value, &local, sizeof value);
  Napi::ArrayBuffer buffer(env, value);
  buffer.AddFinalizer([](Napi::Env, std::shared_ptr<Ram>* held) { delete held; }, new std::shared_ptr<Ram>(ram));
  return buffer;
}

// new Engine(ramBytes): its properties `ram` and `status` are ArrayBuffers.
EngineObject::EngineObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EngineObject>(info) {
  Napi::Env env = info.Env();
  const uint64_t bytes = info[0].IsNumber() ? Unsigned(info[0]) : 0;
  if (bytes % kPage != 0 || bytes < 16 * kPage || bytes > kMostRam) {
    Throw(env, "RAM must be a whole number of 4 KiB pages, at least 64 KiB and less than 4 GiB");
    return;
  }
  Machine machine = MakeMachine(bytes);
  ram_ = machine.ram;
  if (!ram_->data()) {
    Throw(env, "the host has no address space for " + std::to_string(bytes) + " bytes of guest RAM");
    return;
  }
  status_ = machine.status.release();
  Napi::ArrayBuffer status = Napi::ArrayBuffer::New(env, status_, sizeof(Status),
                                                    [](Napi::Env, void* held) { delete static_cast<Status*>(held); });
  status_buffer_ = Napi::Persistent(status);
  engine_ = std::move(machine.engine);
  if (!engine_->error().empty()) {
    Throw(env, "the CPU cannot start: " + engine_->error());
    return;
  }
  Napi::ArrayBuffer ram = RamBuffer(env, ram_);
  Napi::Object self = info.This().As<Napi::Object>();
  self.Set("ram", ram);
  self.Set("status", status);
  napi_value run;
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, Run, this, &run);
  // The function keeps its engine.
  Napi::Function(env, run).DefineProperty(Napi::PropertyDescriptor::Value("engine", self, napi_default));
  self.Set("run", run);
}

bool EngineObject::Usable(Napi::Env env) {
  if (!engine_) {
    Throw(env, "the CPU is closed");
    return false;
  }
  if (!engine_->error().empty()) {
    ReportFailure(env);
    return false;
  }
  return true;
}

// Usable, and the engine holds the register file and the page table that it is to have.
bool EngineObject::CaughtUp(Napi::Env env) {
  if (!Usable(env)) return false;
  const char* problem = engine_->CatchUp();
  if (problem) Throw(env, problem);
  return !problem;
}

void EngineObject::ReportFailure(Napi::Env env) { Throw(env, "the CPU failed: " + engine_->error()); }

bool EngineObject::FileArgument(const Napi::CallbackInfo& info, int* id) {
  if (!CaughtUp(info.Env())) return false;
  *id = info[0].As<Napi::Number>().Int32Value();
  if (engine_->IsAttached(*id)) return true;
  Throw(info.Env(), "no such register file");
  return false;
}

bool EngineObject::PagesArgument(const Napi::CallbackInfo& info, int index, uint64_t* offset, uint64_t* bytes) {
  if (!Usable(info.Env())) return false;
  *offset = Unsigned(info[index]);
  *bytes = Unsigned(info[index + 1]);
  const bool whole = *offset % kPage == 0 && *bytes % kPage == 0;
  if (whole && *bytes > 0 && *offset >= kReservedFrames * kPage && ram_->Contains(*offset, *bytes)) return true;
  Throw(info.Env(), "not a range of whole pages of guest RAM");
  return false;
}

Napi::Value EngineObject::Attach(const Napi::CallbackInfo& info) {
  if (!Usable(info.Env())) return info.Env().Undefined();
  Napi::ArrayBuffer buffer = info[0].As<Napi::ArrayBuffer>();
  if (!info[0].IsArrayBuffer() || buffer.ByteLength() != kRegisterFileBytes) {
    Throw(info.Env(), "not a register file");
    return info.Env().Undefined();
  }
  const size_t id = engine_->Attach(static_cast<uint8_t*>(buffer.Data()));
  if (files_.size() <= id) files_.resize(id + 1);
  files_[id] = Napi::Persistent(buffer);
  return Napi::Number::New(info.Env(), static_cast<double>(id));
}

void EngineObject::Detach(const Napi::CallbackInfo& info) {
  int id;
  if (!FileArgument(info, &id)) return;
  engine_->Detach(id);
  files_[id].Reset();
}

void EngineObject::SaveFpu(const Napi::CallbackInfo& info) {
  int id;
  if (FileArgument(info, &id)) engine_->SaveFpu(id);
}

void EngineObject::LoadFpu(const Napi::CallbackInfo& info) {
  int id;
  if (FileArgument(info, &id)) engine_->LoadFpu(id);
}

// run(quantumBlocks). Called for each system call of the guest: a plain function that has its engine as data, as the lookup of
// `this` behind a method costs a tenth of the round trip.
napi_value EngineObject::Run(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, result = nullptr;
  void* data;
  int64_t quantum_blocks;
  napi_get_cb_info(env, info, &count, &argument, nullptr, &data);
  if (napi_get_value_int64(env, argument, &quantum_blocks) != napi_ok) {
    Throw(env, "no number of blocks");
    return nullptr;
  }
  EngineObject* self = static_cast<EngineObject*>(data);
  if (!self->CaughtUp(env)) return nullptr;
  if (self->engine_->current() < 0) {
    Throw(env, "no register file to run");
    return nullptr;
  }
  const Exit exit = self->engine_->Run(quantum_blocks);
  if (!self->engine_->error().empty()) {
    self->ReportFailure(env);
    return nullptr;
  }
  napi_create_int32(env, static_cast<int32_t>(exit), &result);
  return result;
}

// flushTlb(pageTable?)
void EngineObject::FlushTlb(const Napi::CallbackInfo& info) {
  if (!Usable(info.Env())) return;
  if (info.Length() > 0) {
    engine_->FlushTlb(Unsigned(info[0]));
  } else {
    engine_->FlushTlb();
  }
}

void EngineObject::InvalidateVirtual(const Napi::CallbackInfo& info) {
  if (CaughtUp(info.Env())) engine_->InvalidateVirtual(Unsigned(info[0]), Unsigned(info[1]));
}

void EngineObject::InvalidatePhysical(const Napi::CallbackInfo& info) {
  if (!Usable(info.Env())) return;
  const uint64_t start = Unsigned(info[0]), end = Unsigned(info[1]);
  if (start < end && ram_->Contains(start, end - start)) engine_->InvalidatePhysical(start, end);
}

void EngineObject::InvalidateAll(const Napi::CallbackInfo& info) {
  if (Usable(info.Env())) engine_->InvalidateAll();
}

// mapFile(fd, fileOffset, ramOffset, bytes)
void EngineObject::MapFile(const Napi::CallbackInfo& info) {
  uint64_t offset, bytes;
  if (!PagesArgument(info, 2, &offset, &bytes)) return;
  const uint64_t file_offset = Unsigned(info[1]);
  if (file_offset % kPage != 0) {
    Throw(info.Env(), "not a page of the file");
    return;
  }
  const std::string failure = ram_->MapFile(info[0].As<Napi::Number>().Int32Value(), file_offset, offset, bytes);
  engine_->InvalidatePhysical(offset, offset + bytes);
  if (!failure.empty()) Throw(info.Env(), "cannot map the file into guest RAM: " + failure);
}

// zero(ramOffset, bytes)
void EngineObject::Zero(const Napi::CallbackInfo& info) {
  uint64_t offset, bytes;
  if (!PagesArgument(info, 0, &offset, &bytes)) return;
  const std::string failure = ram_->Zero(offset, bytes);
  engine_->InvalidatePhysical(offset, offset + bytes);
  if (!failure.empty()) Throw(info.Env(), "cannot give guest RAM back to the host: " + failure);
}

// writePageEntries(ramOffset, firstFrame, count, low, high): -1, or how many were written before one that is not zero.
Napi::Value EngineObject::WritePageEntries(const Napi::CallbackInfo& info) {
  if (!Usable(info.Env())) return info.Env().Undefined();
  const uint64_t offset = Unsigned(info[0]), frame = Unsigned(info[1]), count = Unsigned(info[2]);
  const uint64_t flags = Unsigned(info[4]) << 32 | Unsigned(info[3]);
  if (offset % sizeof(uint64_t) != 0 || count > kPage / sizeof(uint64_t) || !ram_->Contains(offset, count * sizeof(uint64_t))) {
    Throw(info.Env(), "not a page table in guest RAM");
    return info.Env().Undefined();
  }
  uint64_t* entries = reinterpret_cast<uint64_t*>(ram_->data() + offset);
  uint64_t written = 0;
  while (written < count && entries[written] == 0) {
    entries[written] = ((frame + written) << 12 & kAddressMask) | flags;
    written++;
  }
  return Napi::Number::New(info.Env(), written == count ? -1.0 : static_cast<double>(written));
}

// privatePages(bytes): a Uint32Array of first page and count of each run below `bytes`, or undefined.
Napi::Value EngineObject::PrivatePages(const Napi::CallbackInfo& info) {
  const uint64_t bytes = Unsigned(info[0]);
  if (!Usable(info.Env())) return info.Env().Undefined();
  if (!ram_->Contains(0, bytes)) {
    Throw(info.Env(), "not a range of guest RAM");
    return info.Env().Undefined();
  }
  std::vector<uint32_t> runs;
  if (!ram_->PrivatePages(bytes, &runs)) return info.Env().Undefined();
  Napi::Uint32Array result = Napi::Uint32Array::New(info.Env(), runs.size());
  std::copy(runs.begin(), runs.end(), result.Data());
  return result;
}

// discard(runs). The caller drops the translations of what was code.
void EngineObject::Discard(const Napi::CallbackInfo& info) {
  if (!Usable(info.Env())) return;
  Napi::Uint32Array runs = info[0].As<Napi::Uint32Array>();
  if (!info[0].IsTypedArray() || runs.TypedArrayType() != napi_uint32_array) {
    Throw(info.Env(), "not runs of pages");
    return;
  }
  const std::string failure = ram_->Discard(runs.Data(), runs.ElementLength());
  engine_->FlushTlb();
  if (!failure.empty()) Throw(info.Env(), "cannot take guest RAM back: " + failure);
}

Napi::Value EngineObject::ScreeningMismatches(const Napi::CallbackInfo& info) {
  if (!Usable(info.Env())) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(engine_->screening_mismatches()));
}

// Views of RAM are zeros from now on: when the collector will find them is unknown.
void EngineObject::Close(const Napi::CallbackInfo&) {
  if (engine_) ram_->Zero(0, ram_->bytes());
  engine_.reset();
  files_.clear();
}

// instructionLength(bytes, offset): what the screening decoder makes of it, 0 if nothing.
Napi::Value InstructionLength(const Napi::CallbackInfo& info) {
  Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
  const uint64_t offset = Unsigned(info[1]);
  if (!info[0].IsTypedArray() || offset >= bytes.ByteLength()) return Napi::Number::New(info.Env(), 0);
  const Instruction instruction = DecodeInstruction(bytes.Data() + offset, bytes.ByteLength() - offset);
  return Napi::Number::New(info.Env(), instruction.length);
}

// prepare(): an engine is made on another thread, for the next `new Engine`.
void Prepare(const Napi::CallbackInfo&) { PrepareMachine(); }

// memoryFile(): the descriptor of a file without a name whose bytes are in memory.
Napi::Value MemoryFile(const Napi::CallbackInfo& info) {
  const int fd = memfd_create("vkernel", MFD_CLOEXEC);
  if (fd < 0) Throw(info.Env(), std::string("the host has no file in memory: ") + strerror(errno));
  return Napi::Number::New(info.Env(), fd);
}

// Puts an open file without a name in the place of another one. A name that did not exist is needed on the way; as a rename may wait
// for the disk, and nothing should come between the two, both happen on another thread.
class PlaceFileWorker : public Napi::AsyncWorker {
 public:
  PlaceFileWorker(Napi::Env env, int fd, std::string between, std::string path)
      : AsyncWorker(env), result_(env), fd_(fd), between_(std::move(between)), path_(std::move(path)) {}
  Napi::Promise result() { return result_.Promise(); }

 protected:
  void Execute() override {
    const std::string from = "/proc/self/fd/" + std::to_string(fd_);
    const bool done = linkat(AT_FDCWD, from.c_str(), AT_FDCWD, between_.c_str(), AT_SYMLINK_FOLLOW) == 0 &&
                      rename(between_.c_str(), path_.c_str()) == 0;
    errno_ = done ? 0 : errno;
  }
  void OnOK() override { result_.Resolve(Napi::Number::New(Env(), errno_)); }

 private:
  Napi::Promise::Deferred result_;
  const int fd_;
  const std::string between_, path_;
  int errno_ = 0;
};

// placeFile(fd, between, path): a promise of the errno of linkat(2) or rename(2), or 0.
Napi::Value PlaceFile(const Napi::CallbackInfo& info) {
  auto* worker = new PlaceFileWorker(info.Env(), static_cast<int>(Unsigned(info[0])), info[1].ToString(), info[2].ToString());
  worker->Queue();
  return worker->result();
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  unsigned major = 0, minor = 0;
  const unsigned version = uc_version(&major, &minor);
  const std::string text =
      std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(version >> 8 & 0xff);
  if (version < kOldestUnicorn) {
    Throw(env, "vkernel needs Unicorn 2.1.4 or later, this is " + text + ": run `make native` with UNICORN_DIR unset");
    return exports;
  }
  exports.Set("engineName", OWN_ENGINE ? "own" : "stock");
  exports.Set("engineVersion", text);
  exports.Set("Engine", EngineObject::Define(env));
  exports.Set("prepare", Napi::Function::New<Prepare>(env, "prepare"));
  exports.Set("mapBytes", Napi::Function::New<MapBytes>(env, "mapBytes"));
  exports.Set("mapText", Napi::Function::New<MapText>(env, "mapText"));
  exports.Set("memoryFile", Napi::Function::New<MemoryFile>(env, "memoryFile"));
  exports.Set("placeFile", Napi::Function::New<PlaceFile>(env, "placeFile"));
  exports.Set("hostFiles", DefineHostFiles(env));
  exports.Set("instructionLength", Napi::Function::New<InstructionLength>(env, "instructionLength"));
  return exports;
}

}  // namespace

NODE_API_MODULE(vkernel, Initialize)
