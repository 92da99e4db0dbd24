// String instructions: every size, both directions, with and without repetition, counts of zero, and what the registers say after.
#include "corpus.inc"

.macro FILL
  cld
  lea scratch(%rip), %rdi
  mov $0x1234567, %eax
  mov $512, %ecx
88: imul $1103515245, %eax, %eax
  add $12345, %eax
  stosl
  dec %ecx
  jnz 88b
.endm

.macro MIX_SCRATCH
  pushfq
  cld
  lea scratch(%rip), %rbx
  mov $256, %edx
89: MIX (%rbx)
  add $8, %rbx
  dec %edx
  jnz 89b
  popfq
.endm

// An instruction with %rsi and %rdi in the middle of the area and %rcx as given.
.macro STRING name, direction, count, instruction
  FILL
  lea scratch+1024(%rip), %rsi
  lea scratch+1037(%rip), %rdi
  mov $\count, %ecx
  mov $0x4142434445464748, %rax
  \direction
  \instruction
  pushfq
  pop %rbx
  cld
  and $0x8d5, %ebx
  MIX %rbx
  MIX %rax
  MIX %rcx
  sub $scratch, %rsi
  MIX %rsi
  sub $scratch, %rdi
  MIX %rdi
  MIX_SCRATCH
  REPORT "\name \direction \count"
.endm

.macro BOTH name, instruction
.irp count, 0, 1, 2, 7, 40
  STRING "\name", cld, \count, "\instruction"
  STRING "\name", std, \count, "\instruction"
.endr
.endm

BEGIN
.irp size, b, w, l, q
  BOTH "movs\size", "cmp %eax, %eax; movs\size"
  BOTH "rep movs\size", "cmp %eax, %eax; rep movs\size"
  BOTH "rep stos\size", "cmp %eax, %eax; rep stos\size"
  BOTH "lods\size", "cmp %eax, %eax; lods\size"
  BOTH "repe cmps\size", "mov %rsi, %rdi; add $0, %rdi; cmp %eax, %eax; repe cmps\size"
  BOTH "repne cmps\size", "cmp %eax, %eax; repne cmps\size"
  BOTH "repne scas\size", "cmp %eax, %eax; repne scas\size"
  BOTH "repe scas\size", "cmp %eax, %eax; repe scas\size"
  BOTH "scas found \size", "mov -8(%rdi), %rax; sub $16, %rdi; cmp $1, %eax; repne scas\size"
.endr
  // Overlapping copies: one byte forward fills, one byte backward moves.
  STRING "overlap 1", cld, 60, "lea 1(%rsi), %rdi; rep movsb"
  STRING "overlap 1", std, 60, "lea 1(%rsi), %rdi; rep movsb"
  STRING "overlap 3", cld, 60, "lea 3(%rsi), %rdi; rep movsl"
  FINISH
