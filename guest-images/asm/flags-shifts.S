// Shifts and rotates: by one with all flags that it defines, by %cl with counts below the operand's size.
#include "corpus.inc"

.macro SIZES op, one_mask, many_mask
  PAIRS \op\()b1, \one_mask, "\op\()b $1, %al"
  PAIRS \op\()w1, \one_mask, "\op\()w $1, %ax"
  PAIRS \op\()l1, \one_mask, "\op\()l $1, %eax"
  PAIRS \op\()q1, \one_mask, "\op\()q $1, %rax"
  PAIRS \op\()b, \many_mask, "mov %r14b, %dl; and $7, %ecx; push %r14; popfq; \op\()b %cl, %al"
  PAIRS \op\()w, \many_mask, "and $15, %ecx; push %r14; popfq; \op\()w %cl, %ax"
  PAIRS \op\()l, \many_mask, "\op\()l %cl, %eax"
  PAIRS \op\()q, \many_mask, "\op\()q %cl, %rax"
.endm

BEGIN
.irp op, shl, shr, sar
  SIZES \op, NO_AF, NO_AF_OF
.endr
.irp op, rol, ror, rcl, rcr
  SIZES \op, ALL_FLAGS, NO_OF
.endr
  PAIRS shldq, NO_AF_OF, "shldq %cl, %rdx, %rax"
  PAIRS shldl, NO_AF_OF, "shldl %cl, %edx, %eax"
  PAIRS shrdq, NO_AF_OF, "shrdq %cl, %rdx, %rax"
  PAIRS shrdl, NO_AF_OF, "shrdl %cl, %edx, %eax"
  FINISH
