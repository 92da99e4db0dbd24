// SSE arithmetic, comparison, conversion and rounding in all four rounding modes; no NaN meets another NaN here.
#include "corpus.inc"

.section .rodata
.balign 16
doubles:
  .quad 0x0000000000000000, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x3fd5555555555555
  .quad 0x4005bf0a8b145769, 0xc059000000000000, 0x41e0000000000000, 0xc1e0000000200000, 0x43e0000000000000
  .quad 0x7fefffffffffffff, 0x0010000000000000, 0x000fffffffffffff, 0x7ff0000000000000, 0xfff0000000000000, 0x3fe0000000000000
doubles_end:
.set DOUBLES, (doubles_end - doubles) / 8
floats:
  .long 0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x3eaaaaab, 0x402df854, 0xc2c80000, 0x4f000000, 0xcf000001, 0x5f000000
  .long 0x7f7fffff, 0x00800000, 0x007fffff, 0x7f800000, 0xff800000, 0x3f000000
modes: .long 0x1f80, 0x3f80, 0x5f80, 0x7f80
.text

.macro FLOATS name, instruction
  xor %r14d, %r14d
0: ldmxcsr modes(,%r14,4)
  xor %r13d, %r13d
1: xor %r12d, %r12d
2: movsd doubles(,%r13,8), %xmm0
  movhpd doubles(,%r12,8), %xmm0
  movsd doubles(,%r12,8), %xmm1
  movhpd doubles(,%r13,8), %xmm1
  movss floats(,%r13,4), %xmm2
  movss floats(,%r12,4), %xmm3
  unpcklps %xmm3, %xmm2
  unpcklps %xmm2, %xmm3
  movlhps %xmm2, %xmm2
  movlhps %xmm3, %xmm3
  xor %eax, %eax
  \instruction
  MIX %rax
  movq %xmm0, %rbx
  MIX %rbx
  movhlps %xmm0, %xmm0
  movq %xmm0, %rbx
  MIX %rbx
  movq %xmm2, %rbx
  MIX %rbx
  inc %r12d
  cmp $DOUBLES, %r12d
  jb 2b
  inc %r13d
  cmp $DOUBLES, %r13d
  jb 1b
  inc %r14d
  cmp $4, %r14d
  jb 0b
  REPORT "\name"
.endm

BEGIN
.irp op, add, sub, mul, div, min, max
  FLOATS \op\()pd, "\op\()pd %xmm1, %xmm0"
  FLOATS \op\()sd, "\op\()sd %xmm1, %xmm0"
  FLOATS \op\()ps, "\op\()ps %xmm3, %xmm2"
  FLOATS \op\()ss, "\op\()ss %xmm3, %xmm2"
.endr
  FLOATS sqrtpd, "sqrtpd %xmm1, %xmm0"
  FLOATS sqrtss, "sqrtss %xmm3, %xmm2"
  FLOATS haddpd, "haddpd %xmm1, %xmm0"
  FLOATS hsubps, "hsubps %xmm3, %xmm2"
  FLOATS addsubpd, "addsubpd %xmm1, %xmm0"
.irp relation, eq, lt, le, unord, neq, nlt, nle, ord
  FLOATS cmp\relation\()pd, "cmp\relation\()pd %xmm1, %xmm0"
  FLOATS cmp\relation\()ss, "cmp\relation\()ss %xmm3, %xmm2"
.endr
  FLOATS ucomisd, "ucomisd %xmm1, %xmm0; lahf"
  FLOATS comiss, "comiss %xmm3, %xmm2; lahf"
  FLOATS cvtsd2si, "cvtsd2si %xmm1, %rax"
  FLOATS cvttsd2si, "cvttsd2si %xmm1, %eax"
  FLOATS cvtss2si, "cvtss2si %xmm3, %eax"
  FLOATS cvtsi2sd, "mov doubles(,%r12,8), %rax; cvtsi2sd %rax, %xmm0"
  FLOATS cvtsi2ss, "mov doubles(,%r12,8), %rax; cvtsi2ss %rax, %xmm2"
  FLOATS cvtsd2ss, "cvtsd2ss %xmm1, %xmm2"
  FLOATS cvtss2sd, "cvtss2sd %xmm3, %xmm0"
  FLOATS cvtdq2pd, "cvtdq2pd %xmm3, %xmm0"
  FLOATS cvtpd2dq, "cvtpd2dq %xmm1, %xmm0"
  FLOATS cvttps2dq, "cvttps2dq %xmm3, %xmm2"
  FLOATS cvtdq2ps, "cvtdq2ps %xmm3, %xmm2"
.irp mode, 0, 1, 2, 3, 4
  FLOATS "roundpd \mode", "roundpd $\mode, %xmm1, %xmm0"
  FLOATS "roundss \mode", "roundss $\mode, %xmm3, %xmm2"
.endr
  FLOATS movmskpd, "movmskpd %xmm0, %eax"
  FLOATS unpckhpd, "unpckhpd %xmm1, %xmm0"
  FLOATS blendpd, "blendpd $2, %xmm1, %xmm0"
  FLOATS insertps, "insertps $0x4a, %xmm3, %xmm2"
  FLOATS extractps, "extractps $1, %xmm2, %eax"
  FLOATS movddup, "movddup %xmm1, %xmm0"
  FLOATS movshdup, "movshdup %xmm3, %xmm2"
  FINISH
