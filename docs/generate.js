// Writes docs/syscalls.md: `make docs`.
import { writeFileSync } from 'node:fs';
import { coveragePage } from '../dist/src/vkernel/syscalls/coverage.js';
import { SYSCALLS } from '../dist/src/vkernel/syscalls/table.js';

writeFileSync(new URL('syscalls.md', import.meta.url), coveragePage(SYSCALLS));
