/** docs/syscalls.md: what of Linux's system call table there is, from the declarations themselves. */
import { SYSCALL_NUMBERS, type SyscallName } from '../abi/syscall-numbers.js';
import type { SyscallDeclaration } from '../kernel/syscall.js';

const HEADER = `# System calls

What vkernel does with each system call of Linux 6 on x86-64. This page is written by \`make docs\` from the declarations in
\`src/vkernel/syscalls\`. A call that is not supported fails with ENOSYS, is logged once, and is listed when the run ends.

`;

/** How far a call goes, as the page says it. A declaration that refuses every call counts as not supported. */
function status(declaration: SyscallDeclaration | undefined): 'yes' | 'partial' | 'no' {
  if (declaration === undefined || declaration.missing?.startsWith('refused') === true) return 'no';
  return declaration.missing === undefined ? 'yes' : 'partial';
}

/** The page as Markdown. */
export function coveragePage(declarations: readonly SyscallDeclaration[]): string {
  const byName = new Map<SyscallName, SyscallDeclaration>(declarations.map((d) => [d.name, d]));
  const all = (Object.entries(SYSCALL_NUMBERS) as [SyscallName, number][]).sort((a, b) => a[1] - b[1]);
  const count = { yes: 0, partial: 0, no: 0 };
  const rows = all.map(([name, number]) => {
    const declaration = byName.get(name);
    const supported = status(declaration);
    count[supported]++;
    return `| ${number} | \`${name}\` | ${supported} | ${declaration?.missing ?? ''} |\n`;
  });
  const summary = `Of ${all.length}: ${count.yes} supported, ${count.partial} in part, ${count.no} not.\n\n`;
  return `${HEADER}${summary}| number | call | supported | what is missing |\n|---|---|---|---|\n${rows.join('')}`;
}
