// The transcendental x87 instructions and the partial remainder, whose last bits depend on the processor that computes them.
// native-only: the engine computes these on doubles
#include "corpus.inc"

.section .rodata
.balign 16
arguments: .double 0.1, 0.25, 0.5, 0.7, 0.9, -0.3
.text

.macro ONE name, instruction
  xor %r13d, %r13d
1: fninit
  fld1
  fldl arguments(,%r13,8)
  movq $0, scratch+8
  \instruction
  fstpt scratch
  MIX scratch
  MIX scratch+8
  inc %r13d
  cmp $6, %r13d
  jb 1b
  REPORT "\name"
.endm

BEGIN
.irp op, fsin, fcos, f2xm1, fpatan, fprem, fprem1
  ONE \op, "\op"
.endr
  ONE fptan, "fptan; fstp %st"
  ONE fsincos, "fsincos"
  ONE fyl2xp1, "fyl2xp1"
  ONE fyl2x, "fabs; fyl2x"
  FINISH
