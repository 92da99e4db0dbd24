// Integer instructions of SSE2, SSSE3, SSE4.1 and SSE4.2 on all pairs of a table of vectors.
#include "corpus.inc"
#include "vectors.inc"

BEGIN
.irp op, paddb, paddw, paddd, paddq, paddsb, paddsw, paddusb, paddusw, psubb, psubw, psubd, psubq, psubsb, psubsw, psubusb, psubusw
  VECTORS_OF \op, "\op %xmm1, %xmm0"
.endr
.irp op, pmullw, pmulhw, pmulhuw, pmuludq, pmaddwd, pavgb, pavgw, psadbw, pminub, pmaxub, pminsw, pmaxsw, pand, pandn, por, pxor
  VECTORS_OF \op, "\op %xmm1, %xmm0"
.endr
.irp op, pcmpeqb, pcmpeqw, pcmpeqd, pcmpgtb, pcmpgtw, pcmpgtd, packsswb, packssdw, packuswb, punpcklbw, punpcklwd, punpckldq, punpcklqdq, punpckhbw, punpckhwd, punpckhdq, punpckhqdq
  VECTORS_OF \op, "\op %xmm1, %xmm0"
.endr
.irp op, psllw, pslld, psllq, psrlw, psrld, psrlq, psraw, psrad
  VECTORS_OF \op, "\op %xmm1, %xmm0"
  VECTORS_OF "\op 5", "\op $5, %xmm0"
.endr
  VECTORS_OF pslldq, "pslldq $3, %xmm0"
  VECTORS_OF psrldq, "psrldq $5, %xmm0"
  VECTORS_OF pshufd, "pshufd $0x1b, %xmm1, %xmm0"
  VECTORS_OF pshuflw, "pshuflw $0x93, %xmm1, %xmm0"
  VECTORS_OF pshufhw, "pshufhw $0x6c, %xmm1, %xmm0"
  VECTORS_OF shufps, "shufps $0xd2, %xmm1, %xmm0"
  VECTORS_OF pmovmskb, "pmovmskb %xmm0, %eax"
  VECTORS_OF pextrw, "pextrw $5, %xmm0, %eax"
  VECTORS_OF pinsrw, "mov $0x1234, %eax; pinsrw $3, %eax, %xmm0"
.irp op, pshufb, phaddw, phaddd, phaddsw, phsubw, phsubd, phsubsw, pmaddubsw, pmulhrsw, psignb, psignw, psignd, pabsb, pabsw, pabsd
  VECTORS_OF \op, "\op %xmm1, %xmm0"
.endr
  VECTORS_OF palignr, "palignr $11, %xmm1, %xmm0"
.irp op, pminsb, pmaxsb, pminuw, pmaxuw, pminud, pmaxud, pminsd, pmaxsd, pmulld, pmuldq, pcmpeqq, packusdw, phminposuw
  VECTORS_OF \op, "\op %xmm1, %xmm0"
.endr
.irp op, pmovsxbw, pmovsxbd, pmovsxbq, pmovsxwd, pmovsxwq, pmovsxdq, pmovzxbw, pmovzxbd, pmovzxbq, pmovzxwd, pmovzxwq, pmovzxdq
  VECTORS_OF \op, "\op %xmm1, %xmm0"
.endr
  VECTORS_OF pblendw, "pblendw $0x5a, %xmm1, %xmm0"
  VECTORS_OF pblendvb, "movdqa %xmm0, %xmm3; pxor %xmm2, %xmm0; movdqa %xmm3, %xmm2; pblendvb %xmm0, %xmm1, %xmm2; movdqa %xmm2, %xmm0"
  VECTORS_OF mpsadbw, "mpsadbw $5, %xmm1, %xmm0"
  VECTORS_OF ptest, "ptest %xmm1, %xmm0; setz %al; setc %cl"
  VECTORS_OF pextrb, "pextrb $9, %xmm0, %eax; pextrd $2, %xmm0, %ecx"
  VECTORS_OF pextrq, "pextrq $1, %xmm0, %rax"
  VECTORS_OF pinsrbdq, "mov $0x99, %eax; pinsrb $14, %eax, %xmm0; pinsrd $1, %eax, %xmm0"
  VECTORS_OF pcmpgtq, "pcmpgtq %xmm1, %xmm0"
.irp mode, 0x00, 0x04, 0x08, 0x18, 0x19, 0x1a, 0x40, 0x44, 0x72
  VECTORS_OF "pcmpistri \mode", "pcmpistri $\mode, %xmm1, %xmm0; setc %al; setz %ah; sets %dl; movzbl %dl, %edx; shl $16, %edx; or %edx, %eax"
  VECTORS_OF "pcmpistrm \mode", "pcmpistrm $\mode, %xmm1, %xmm0; seto %al"
  VECTORS_OF "pcmpestri \mode", "mov $7, %eax; mov $12, %edx; pcmpestri $\mode, %xmm1, %xmm0; setc %al"
  VECTORS_OF "pcmpestrm \mode", "mov $16, %eax; mov $5, %edx; pcmpestrm $\mode, %xmm1, %xmm0; setc %al"
.endr
  FINISH
