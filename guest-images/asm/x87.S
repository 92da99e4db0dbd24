// x87 arithmetic on 80-bit operands in every rounding mode and precision, loads and stores of every format, comparisons.
#include "corpus.inc"
#include "extended.inc"

BEGIN
.irp op, faddp, fsubp, fsubrp, fmulp, fdivp, fdivrp
  X87 \op, "\op"
.endr
  X87 fsqrt, "fsqrt"
  X87 fabs, "fabs"
  X87 fchs, "fchs"
  X87 frndint, "frndint"
  X87 fxch, "fxch"
  X87 fld1, "fstp %st; fld1"
.irp constant, fldpi, fldl2e, fldl2t, fldlg2, fldln2
  X87 \constant, "fldcw controls; \constant"
.endr
  X87 fcom, "fcom; fnstsw %ax; and $0x4500, %eax"
  X87 fucom, "fucom; fnstsw %ax; and $0x4500, %eax"
  X87 fcomi, "fcomi %st(1), %st; lahf; and $0x4500, %eax"
  X87 ftst, "ftst; fnstsw %ax; and $0x4500, %eax"
  X87 fxam, "fxam; fnstsw %ax; and $0x4700, %eax"
  X87 fsts, "fsts scratch+16; mov scratch+16, %eax"
  X87 fstl, "fstl scratch+16; mov scratch+16, %rax"
  X87 fists, "fists scratch+16; movzwl scratch+16, %eax"
  X87 fistl, "fistl scratch+16; mov scratch+16, %eax"
  X87 fistpll, "fld %st; fistpll scratch+16; mov scratch+16, %rax"
  X87 fildll, "fstp %st; fildll extended(%rax)"
  X87 filds, "fstp %st; filds controls(,%r13,2)"
  X87 fcmov, "fcomi %st(1), %st; fcmovb %st(1), %st"
  X87 flds-fldl, "fsts scratch+16; fstl scratch+24; fstp %st; flds scratch+16; fldl scratch+24; faddp"
  X87 fnstcw, "fnstcw scratch+16; movzwl scratch+16, %eax"
  FINISH
