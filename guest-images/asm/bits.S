// Bit tests, scans, counts, byte swaps, crc32, and the double-width compare and exchange.
#include "corpus.inc"

BEGIN
.irp op, bt, bts, btr, btc
  PAIRS \op\()w, CF_ONLY, "\op\()w %cx, %ax"
  PAIRS \op\()l, CF_ONLY, "\op\()l %ecx, %eax"
  PAIRS \op\()q, CF_ONLY, "\op\()q %rcx, %rax"
  PAIRS \op\()i, CF_ONLY, "\op\()q $37, %rax"
.endr
  // A bit string in memory: the index reaches beyond the operand, to both sides.
  PAIRS bts-memory, CF_ONLY, "mov %rax, scratch+1024; mov %rdx, scratch+1016; movsbq %cl, %rcx; push %r14; popfq; btsq %rcx, scratch+1024; mov scratch+1024, %rax; mov scratch+1016, %rdx"
  PAIRS bsfq, ZF_ONLY, "bts $63, %rcx; bsfq %rcx, %rax"
  PAIRS bsrq, ZF_ONLY, "bts $0, %rcx; bsrq %rcx, %rax"
  PAIRS bsfl, ZF_ONLY, "bts $31, %ecx; bsfl %ecx, %eax"
  PAIRS bsrl, ZF_ONLY, "bts $0, %ecx; bsrl %ecx, %eax"
  PAIRS popcntw, ALL_FLAGS, "popcntw %cx, %ax"
  PAIRS popcntl, ALL_FLAGS, "popcntl %ecx, %eax"
  PAIRS popcntq, ALL_FLAGS, "popcntq %rcx, %rax"
  PAIRS bswapl, NO_FLAGS, "bswapl %eax"
  PAIRS bswapq, NO_FLAGS, "bswapq %rax"
  PAIRS xchg, NO_FLAGS, "xchgq %rcx, %rax; xchgb %dl, %dh"
  PAIRS crc32b, NO_FLAGS, "crc32b %cl, %eax"
  PAIRS crc32w, NO_FLAGS, "crc32w %cx, %eax"
  PAIRS crc32l, NO_FLAGS, "crc32l %ecx, %eax"
  PAIRS crc32q, NO_FLAGS, "crc32q %rcx, %rax"
  PAIRS cmpxchg8b, ZF_ONLY, "mov %rax, scratch; mov %rcx, %rbx; mov %eax, %edx; lock cmpxchg8b scratch; pushfq; MIX scratch; popfq"
  PAIRS cmpxchg16b, ZF_ONLY, "mov %rax, scratch; mov %rcx, scratch+8; mov %rcx, %rdx; mov %rax, %rbx; not %rbx; lock cmpxchg16b scratch; pushfq; MIX scratch; MIX scratch+8; popfq"
  PAIRS cmpxchg16b-other, ZF_ONLY, "mov %rax, scratch; mov %rcx, scratch+8; not %rcx; lock cmpxchg16b scratch; pushfq; MIX scratch; MIX scratch+8; popfq"
  FINISH
