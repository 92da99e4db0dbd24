// Guest RAM: one block of lazily backed host memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

class Ram {
 public:
  // Throws nothing: `data()` is null when the host refuses.
  explicit Ram(size_t bytes);
  ~Ram();
  Ram(const Ram&) = delete;
  Ram& operator=(const Ram&) = delete;

  uint8_t* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  // Gives back the address space behind the first `bytes`, which nobody has used.
  void Shrink(size_t bytes);
  bool Contains(uint64_t offset, uint64_t bytes) const { return offset <= bytes_ && bytes <= bytes_ - offset; }

  // Puts `bytes` of an open file, privately, in the place of [offset, offset + bytes). Empty string or the host's reason.
  std::string MapFile(int fd, uint64_t file_offset, uint64_t offset, uint64_t bytes);
  // Makes [offset, offset + bytes) zero and gives the host its memory back.
  std::string Zero(uint64_t offset, uint64_t bytes);
  // The pages of [0, bytes) with memory of their own, and not what a file or nothing has put there: (first page, count) of each run.
  // False where the host does not tell.
  bool PrivatePages(uint64_t bytes, std::vector<uint32_t>* runs) const;
  // Takes that memory away: the pages are again what is mapped there.
  std::string Discard(const uint32_t* runs, size_t count);

 private:
  uint8_t* data_ = nullptr;
  size_t bytes_;
  // The part that may be backed by a file: discarding a page there would bring the file's bytes back.
  uint64_t file_start_ = UINT64_MAX, file_end_ = 0;
};
