// Results and flags of the integer arithmetic and logic instructions, at every operand size.
#include "corpus.inc"

BEGIN
.irp op, add, adc, sub, sbb, cmp
  PAIRS \op\()b, ALL_FLAGS, "\op\()b %cl, %al"
  PAIRS \op\()w, ALL_FLAGS, "\op\()w %cx, %ax"
  PAIRS \op\()l, ALL_FLAGS, "\op\()l %ecx, %eax"
  PAIRS \op\()q, ALL_FLAGS, "\op\()q %rcx, %rax"
.endr
.irp op, and, or, xor, test
  PAIRS \op\()b, NO_AF, "\op\()b %cl, %al"
  PAIRS \op\()w, NO_AF, "\op\()w %cx, %ax"
  PAIRS \op\()l, NO_AF, "\op\()l %ecx, %eax"
  PAIRS \op\()q, NO_AF, "\op\()q %rcx, %rax"
.endr
.irp op, inc, dec, neg, not
  PAIRS \op\()b, ALL_FLAGS, "\op\()b %al"
  PAIRS \op\()w, ALL_FLAGS, "\op\()w %ax"
  PAIRS \op\()l, ALL_FLAGS, "\op\()l %eax"
  PAIRS \op\()q, ALL_FLAGS, "\op\()q %rax"
.endr
.irp op, mul, imul
  PAIRS \op\()b, CF_OF, "\op\()b %cl"
  PAIRS \op\()w, CF_OF, "\op\()w %cx"
  PAIRS \op\()l, CF_OF, "\op\()l %ecx"
  PAIRS \op\()q, CF_OF, "\op\()q %rcx"
.endr
  PAIRS imulw2, CF_OF, "imulw %cx, %ax"
  PAIRS imull2, CF_OF, "imull %ecx, %eax"
  PAIRS imulq2, CF_OF, "imulq %rcx, %rax"
  PAIRS imulq3, CF_OF, "imulq $-77, %rcx, %rax"
  // The divisor is made odd, and the high half small enough for the quotient to fit.
  PAIRS divb, NO_FLAGS, "or $1, %cl; movzbl %al, %eax; divb %cl"
  PAIRS divw, NO_FLAGS, "or $1, %cx; xor %edx, %edx; divw %cx"
  PAIRS divl, NO_FLAGS, "or $1, %ecx; mov %ecx, %edx; dec %edx; divl %ecx"
  PAIRS divq, NO_FLAGS, "or $1, %rcx; mov %rcx, %rdx; dec %rdx; divq %rcx"
  PAIRS idivl, NO_FLAGS, "shr $1, %eax; or $1, %ecx; cltd; idivl %ecx"
  PAIRS idivq, NO_FLAGS, "shr $1, %rax; or $1, %rcx; cqto; idivq %rcx"
  PAIRS xaddq, ALL_FLAGS, "xaddq %rcx, %rax; xor %rcx, %rdx"
  PAIRS xaddb, ALL_FLAGS, "xaddb %cl, %al"
  PAIRS cmpxchgq, ALL_FLAGS, "cmpxchgq %rdx, %rcx; xor %rcx, %rdx"
  PAIRS cwd, NO_FLAGS, "cbtw; cwtd"
  PAIRS cdq, NO_FLAGS, "cwtl; cltd"
  PAIRS cqo, NO_FLAGS, "cltq; cqto"
  PAIRS movsx, NO_FLAGS, "movsbq %cl, %rax; movswl %cx, %edx"
  PAIRS movzx, NO_FLAGS, "movzbl %cl, %eax; movzwq %cx, %rdx"
  PAIRS movsxd, NO_FLAGS, "movslq %ecx, %rax"
  PAIRS lea, NO_FLAGS, "leaq 5(%rax,%rcx,4), %rax; leal -7(%rcx,%rdx,8), %edx"
.irp condition, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g
  PAIRS set\condition, NO_FLAGS, "cmp %rcx, %rax; set\condition %al; cmov\condition %rcx, %rdx"
.endr
  PAIRS lahf, NO_FLAGS, "cmp %cl, %al; lahf"
  PAIRS sahf, ALL_FLAGS, "sahf"
  PAIRS cmc, CF_ONLY, "cmc"
  FINISH
