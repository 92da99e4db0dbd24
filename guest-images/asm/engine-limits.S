// What the engine computes otherwise than processors do, beside x87-inexact: 32-bit cmpxchg leaves the upper half of an
// unequal register destination, the substring modes of the string comparisons, fisttp out of range.
// native-only: known differences of the engine
#include "corpus.inc"
#include "vectors.inc"
#include "extended.inc"

BEGIN
  PAIRS cmpxchgl, ALL_FLAGS, "cmpxchgl %edx, %ecx; xor %rcx, %rdx"
.irp mode, 0x0c, 0x4c
  VECTORS_OF "pcmpistri \mode", "pcmpistri $\mode, %xmm1, %xmm0; setc %al; setz %ah; sets %dl; movzbl %dl, %edx; shl $16, %edx; or %edx, %eax"
  VECTORS_OF "pcmpistrm \mode", "pcmpistrm $\mode, %xmm1, %xmm0; seto %al"
  VECTORS_OF "pcmpestri \mode", "mov $7, %eax; mov $12, %edx; pcmpestri $\mode, %xmm1, %xmm0; setc %al"
  VECTORS_OF "pcmpestrm \mode", "mov $16, %eax; mov $5, %edx; pcmpestrm $\mode, %xmm1, %xmm0; setc %al"
.endr
  X87 fisttpll, "fld %st; fisttpll scratch+16; mov scratch+16, %rax"
  FINISH
