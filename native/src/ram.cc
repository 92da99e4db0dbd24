#include "ram.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "layout.h"

namespace {
constexpr int kProtection = PROT_READ | PROT_WRITE;
constexpr int kAnonymous = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE;

// Documentation/admin-guide/mm/pagemap.rst
constexpr uint64_t kPagePresent = uint64_t{1} << 63, kPageSwapped = uint64_t{1} << 62, kPageOfFile = uint64_t{1} << 61;
constexpr size_t kEntriesAtOnce = 8192;

class PageMap {
 public:
  PageMap() : fd_(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {}
  ~PageMap() {
    if (fd_ >= 0) close(fd_);
  }
  PageMap(const PageMap&) = delete;
  PageMap& operator=(const PageMap&) = delete;

  // The entries of `count` pages from `address` on.
  bool Read(const void* address, uint64_t* entries, size_t count) const {
    const size_t bytes = count * sizeof(uint64_t);
    const off_t at = static_cast<off_t>(reinterpret_cast<uintptr_t>(address) / kPage * sizeof(uint64_t));
    return fd_ >= 0 && pread(fd_, entries, bytes, at) == static_cast<ssize_t>(bytes);
  }

 private:
  int fd_;
};
}  // namespace

Ram::Ram(size_t bytes) : bytes_(bytes) {
  void* block = mmap(nullptr, bytes, kProtection, kAnonymous, -1, 0);
  if (block != MAP_FAILED) data_ = static_cast<uint8_t*>(block);
}

void Ram::Shrink(size_t bytes) {
  if (bytes < bytes_) munmap(data_ + bytes, bytes_ - bytes);
  bytes_ = bytes;
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

bool Ram::PrivatePages(uint64_t bytes, std::vector<uint32_t>* runs) const {
  static const PageMap map;
  std::vector<uint64_t> entries(kEntriesAtOnce);
  const uint64_t pages = bytes / kPage;
  for (uint64_t page = 0; page < pages;) {
    const size_t count = static_cast<size_t>(std::min<uint64_t>(kEntriesAtOnce, pages - page));
    if (!map.Read(data_ + page * kPage, entries.data(), count)) return false;
    for (size_t i = 0; i < count; i++, page++) {
      if ((entries[i] & (kPagePresent | kPageSwapped)) == 0 || (entries[i] & kPageOfFile) != 0) continue;
      const size_t size = runs->size();
      if (size > 0 && (*runs)[size - 2] + (*runs)[size - 1] == page) {
        (*runs)[size - 1]++;
      } else {
        runs->push_back(static_cast<uint32_t>(page));
        runs->push_back(1);
      }
    }
  }
  return true;
}

std::string Ram::Discard(const uint32_t* runs, size_t count) {
  for (size_t i = 0; i + 1 < count; i += 2) {
    const uint64_t offset = uint64_t{runs[i]} * kPage, bytes = uint64_t{runs[i + 1]} * kPage;
    if (!Contains(offset, bytes)) return strerror(EINVAL);
    if (bytes > 0 && madvise(data_ + offset, bytes, MADV_DONTNEED) != 0) return strerror(errno);
  }
  return "";
}
