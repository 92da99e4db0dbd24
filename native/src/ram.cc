#include "ram.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace {
constexpr int kProtection = PROT_READ | PROT_WRITE;
constexpr int kAnonymous = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE;
}  // namespace

Ram::Ram(size_t bytes) : bytes_(bytes) {
  void* block = mmap(nullptr, bytes, kProtection, kAnonymous, -1, 0);
  if (block != MAP_FAILED) data_ = static_cast<uint8_t*>(block);
}

Ram::~Ram() {
  if (data_) munmap(data_, bytes_);
}

std::string Ram::MapFile(int fd, uint64_t file_offset, uint64_t offset, uint64_t bytes) {
  void* block = mmap(data_ + offset, bytes, kProtection, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd,
                     static_cast<off_t>(file_offset));
  if (block == MAP_FAILED) return strerror(errno);
  file_start_ = std::min(file_start_, offset);
  file_end_ = std::max(file_end_, offset + bytes);
  return "";
}

std::string Ram::Zero(uint64_t offset, uint64_t bytes) {
#ifdef __linux__
  if (offset + bytes <= file_start_ || offset >= file_end_) {
    return madvise(data_ + offset, bytes, MADV_DONTNEED) == 0 ? "" : strerror(errno);
  }
#endif
  void* block = mmap(data_ + offset, bytes, kProtection, kAnonymous | MAP_FIXED, -1, 0);
  return block == MAP_FAILED ? strerror(errno) : "";
}
