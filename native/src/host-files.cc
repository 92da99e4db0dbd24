// node:fs takes four times as long for the same: it makes objects of strings and dates, and knows no openat(2).
#include "host-files.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr size_t kMostSegments = 64;
constexpr size_t kListingBytes = 32 * 1024;

// What a call says of a file: numbers, and times in nanoseconds. The layout is that of STATISTICS_* in binding.ts.
struct Statistics {
  double device, inode_low, inode_high, mode, links, uid, gid, special_device, size, blocks;
  int64_t accessed_ns, modified_ns, changed_ns, born_ns;
};

template <typename Call>
auto Retried(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

int64_t Nanoseconds(const statx_timestamp& time) { return time.tv_sec * kNsPerSecond + time.tv_nsec; }

// 0 or -errno.
int Ask(int directory, const char* name, Statistics* answer) {
  struct statx found;
  const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH);
  if (Retried([&] { return statx(directory, name, flags, STATX_BASIC_STATS | STATX_BTIME, &found); }) != 0) return -errno;
  answer->device = static_cast<double>(makedev(found.stx_dev_major, found.stx_dev_minor));
  answer->inode_low = static_cast<double>(found.stx_ino & 0xffffffff);
  answer->inode_high = static_cast<double>(found.stx_ino >> 32);
  answer->mode = found.stx_mode;
  answer->links = found.stx_nlink;
  answer->uid = found.stx_uid;
  answer->gid = found.stx_gid;
  answer->special_device = static_cast<double>(makedev(found.stx_rdev_major, found.stx_rdev_minor));
  answer->size = static_cast<double>(found.stx_size);
  answer->blocks = static_cast<double>(found.stx_blocks);
  answer->accessed_ns = Nanoseconds(found.stx_atime);
  answer->modified_ns = Nanoseconds(found.stx_mtime);
  answer->changed_ns = Nanoseconds(found.stx_ctime);
  answer->born_ns = Nanoseconds(found.stx_btime);
  return 0;
}

// The arguments of one call.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    napi_get_cb_info(env, info, &count, values_, nullptr, &data_);
  }

  int Integer(size_t index) const {
    int32_t value = -1;
    napi_get_value_int32(env_, values_[index], &value);
    return value;
  }

  int64_t Position(size_t index) const {
    int64_t value = -1;
    napi_get_value_int64(env_, values_[index], &value);
    return value;
  }

  // One byte for each character. False if there are too many, or one is zero.
  bool Path(size_t index, char (&path)[PATH_MAX]) const {
    size_t length = 0;
    if (napi_get_value_string_latin1(env_, values_[index], nullptr, 0, &length) != napi_ok || length >= PATH_MAX) return false;
    napi_get_value_string_latin1(env_, values_[index], path, PATH_MAX, &length);
    return memchr(path, 0, length) == nullptr;
  }

  // A Uint8Array, or an array of some. False for anything else.
  bool Segments(size_t index, std::vector<iovec>* segments) const {
    bool is_array = false;
    napi_is_array(env_, values_[index], &is_array);
    if (!is_array) return Segment(values_[index], segments);
    uint32_t count = 0;
    napi_get_array_length(env_, values_[index], &count);
    for (uint32_t i = 0; i < count && i < kMostSegments; i++) {
      napi_value element;
      if (napi_get_element(env_, values_[index], i, &element) != napi_ok || !Segment(element, segments)) return false;
    }
    return true;
  }

  Statistics* answer() const { return static_cast<Statistics*>(data_); }

  napi_value Number(int64_t value) const {
    napi_value result;
    napi_create_int64(env_, value, &result);
    return result;
  }

 private:
  bool Segment(napi_value value, std::vector<iovec>* segments) const {
    napi_typedarray_type type;
    size_t length = 0;
    void* bytes = nullptr;
    const napi_status status = napi_get_typedarray_info(env_, value, &type, &length, &bytes, nullptr, nullptr);
    if (status != napi_ok || type != napi_uint8_array) return false;
    segments->push_back({bytes, length});
    return true;
  }

  static constexpr size_t kMost = 4;
  napi_env env_;
  napi_value values_[kMost] = {};
  void* data_ = nullptr;
};

// stat(directory, name)
napi_value Stat(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  char name[PATH_MAX];
  if (!arguments.Path(1, name)) return arguments.Number(-EINVAL);
  return arguments.Number(Ask(arguments.Integer(0), name, arguments.answer()));
}

// open(directory, name, flags, mode)
napi_value Open(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  char name[PATH_MAX];
  if (!arguments.Path(1, name)) return arguments.Number(-EINVAL);
  const int directory = arguments.Integer(0), flags = arguments.Integer(2) | O_CLOEXEC, mode = arguments.Integer(3);
  const int fd = Retried([&] { return openat(directory, name, flags, mode); });
  if (fd < 0) return arguments.Number(-errno);
  const int asked = Ask(fd, "", arguments.answer());
  if (asked == 0) return arguments.Number(fd);
  close(fd);
  return arguments.Number(asked);
}

// read(fd, into, position)
napi_value Read(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  std::vector<iovec> into;
  if (!arguments.Segments(1, &into)) return arguments.Number(-EINVAL);
  const int fd = arguments.Integer(0), count = static_cast<int>(into.size());
  const int64_t position = arguments.Position(2);
  const ssize_t done = Retried([&] { return preadv(fd, into.data(), count, position); });
  return arguments.Number(done < 0 ? -errno : done);
}

// write(fd, from, position)
napi_value Write(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  std::vector<iovec> from;
  if (!arguments.Segments(1, &from)) return arguments.Number(-EINVAL);
  const int fd = arguments.Integer(0), count = static_cast<int>(from.size());
  const int64_t position = arguments.Position(2);
  const ssize_t done = Retried([&] { return pwritev(fd, from.data(), count, position); });
  return arguments.Number(done < 0 ? -errno : done);
}

// close(fd)
napi_value Close(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  return arguments.Number(close(arguments.Integer(0)) == 0 ? 0 : -errno);
}

// readlink(directory, name): a string, or -errno.
napi_value ReadLink(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  char name[PATH_MAX], target[PATH_MAX];
  if (!arguments.Path(1, name)) return arguments.Number(-EINVAL);
  const ssize_t length = readlinkat(arguments.Integer(0), name, target, sizeof target);
  if (length < 0) return arguments.Number(-errno);
  napi_value result;
  napi_create_string_latin1(env, target, static_cast<size_t>(length), &result);
  return result;
}

// list(directory): entries as getdents64(2) has them, or -errno.
napi_value List(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  const int directory = arguments.Integer(0);
  const int fd = Retried([&] { return openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return arguments.Number(-errno);
  std::vector<uint8_t> bytes;
  size_t filled = 0;
  for (;;) {
    bytes.resize(filled + kListingBytes);
    const long count = syscall(SYS_getdents64, fd, bytes.data() + filled, kListingBytes);
    if (count < 0) {
      const int error = errno;
      close(fd);
      return arguments.Number(-error);
    }
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  close(fd);
  void* copy;
  napi_value result;
  if (napi_create_buffer_copy(env, filled, bytes.data(), &copy, &result) != napi_ok) return arguments.Number(-ENOMEM);
  return result;
}

}  // namespace

Napi::Object DefineHostFiles(Napi::Env env) {
  Napi::Object files = Napi::Object::New(env);
  Napi::ArrayBuffer answer = Napi::ArrayBuffer::New(env, sizeof(Statistics));
  files.Set("statistics", answer);
  const struct {
    const char* name;
    napi_callback call;
  } calls[] = {{"stat", Stat},   {"open", Open},         {"read", Read}, {"write", Write},
               {"close", Close}, {"readlink", ReadLink}, {"list", List}};
  for (const auto& [name, call] : calls) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, call, answer.Data(), &function);
    // The functions write to the buffer: each keeps it.
    Napi::Function(env, function).DefineProperty(Napi::PropertyDescriptor::Value("statistics", answer, napi_default));
    files.Set(name, Napi::Function(env, function));
  }
  return files;
}
