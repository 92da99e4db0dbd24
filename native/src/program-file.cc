#include "program-file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <v8.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace {

#ifdef MAP_POPULATE
constexpr int kAtOnce = MAP_POPULATE;
#else
constexpr int kAtOnce = 0;
#endif

// A file's bytes, which stay until the mapping is dropped. Without `data`, errno says why.
struct Mapping {
  void* data = nullptr;
  size_t bytes = 0;
};

Mapping Map(const std::string& path, int flags) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  Mapping mapping;
  struct stat status;
  if (fstat(fd, &status) == 0) {
    mapping.bytes = static_cast<size_t>(status.st_size);
    void* data = mmap(nullptr, mapping.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | flags, fd, 0);
    if (data != MAP_FAILED) mapping.data = data;
  }
  const int reason = errno;
  close(fd);
  errno = reason;
  return mapping;
}

Napi::Value Fail(Napi::Env env, const std::string& path) {
  Napi::Error::New(env, path + ": " + strerror(errno)).ThrowAsJavaScriptException();
  return env.Undefined();
}

class MappedText : public v8::String::ExternalOneByteStringResource {
 public:
  explicit MappedText(Mapping mapping) : mapping_(mapping) {}
  ~MappedText() override { munmap(mapping_.data, mapping_.bytes); }
  const char* data() const override { return static_cast<const char*>(mapping_.data); }
  size_t length() const override { return mapping_.bytes; }

 private:
  const Mapping mapping_;
};

}  // namespace

Napi::Value MapBytes(const Napi::CallbackInfo& info) {
  const std::string path = info[0].ToString();
  const Mapping mapping = Map(path, kAtOnce);
  if (!mapping.data) return Fail(info.Env(), path);
  const size_t bytes = mapping.bytes;
  return Napi::ArrayBuffer::New(info.Env(), mapping.data, bytes, [bytes](Napi::Env, void* data) { munmap(data, bytes); });
}

// Node-API knows strings outside of V8's heap only as an experiment.
Napi::Value MapText(const Napi::CallbackInfo& info) {
  const std::string path = info[0].ToString();
  const Mapping mapping = Map(path, 0);
  if (!mapping.data) return Fail(info.Env(), path);
  v8::Local<v8::String> text;
  if (!v8::String::NewExternalOneByte(v8::Isolate::GetCurrent(), new MappedText(mapping)).ToLocal(&text)) {
    errno = EFBIG;
    return Fail(info.Env(), path);
  }
  static_assert(sizeof text == sizeof(napi_value), "a napi_value is something else in this Node");
  napi_value value;
  memcpy(&value, &text, sizeof value);
  return Napi::Value(info.Env(), value);
}
