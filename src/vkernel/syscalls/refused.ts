/** Calls that are refused on purpose, with the error of a kernel that was built without them or of a user who may not. */
import { ENOSYS, EPERM, SysError } from '../abi/errno.js';
import type { SyscallName } from '../abi/syscall-numbers.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { fd, hexUint, int, long, pointer, size, uint } from './arguments.js';

const refuse = (): never => {
  throw new SysError(ENOSYS);
};

/** Says so once for each call, so that a user knows why a program went another way. */
function refuseAloud(name: SyscallName): (task: Task) => never {
  return ({ kernel }) => {
    kernel.logOnce(`${name} is refused: EPERM`);
    throw new SysError(EPERM);
  };
}

const NO_NUMA = { missing: 'refused with ENOSYS, as by a kernel without NUMA' };
const NO_RING = { missing: 'refused with ENOSYS, as by a kernel without io_uring' };
const NO_AIO = { missing: 'refused with ENOSYS, as by a kernel without asynchronous I/O' };
const NO_KEYS = { missing: 'refused with ENOSYS, as by a kernel without key rings' };
const OLD_MOUNTS = { missing: 'refused with ENOSYS, as by a kernel before 5.2: mount(8) then uses mount(2)' };
const NO_LANDLOCK = { missing: 'refused with ENOSYS, as by a kernel without Landlock' };
const NO_FANOTIFY = { missing: 'refused with ENOSYS, as by a kernel without fanotify; inotify is there' };
const NO_HANDLES = { missing: 'refused with ENOSYS, as by a kernel without file handles' };
const NO_QUOTA = { missing: 'refused with ENOSYS, as by a kernel without quotas' };
const NO_LSM = { missing: 'refused with ENOSYS, as by a kernel without security modules' };
const NO_PKEYS = { missing: 'refused with ENOSYS, as by a kernel without protection keys' };
const NOT_ALLOWED = { missing: 'refused with EPERM, as inside a container' };

export const refusedSyscalls: readonly SyscallDeclaration[] = [
  syscall('rseq', [pointer, hexUint, int, hexUint], refuse, {
    missing: 'refused with ENOSYS, which C libraries take as a kernel without it',
  }),
  syscall('get_mempolicy', [pointer, pointer, size, pointer, size], refuse, NO_NUMA),
  syscall('set_mempolicy', [int, pointer, size], refuse, NO_NUMA),
  syscall('mbind', [pointer, size, int, pointer, size, uint], refuse, NO_NUMA),
  syscall('migrate_pages', [int, size, pointer, pointer], refuse, NO_NUMA),
  syscall('move_pages', [int, size, pointer, pointer, pointer, int], refuse, NO_NUMA),
  syscall('io_uring_setup', [uint, pointer], refuse, NO_RING),
  syscall('io_uring_enter', [fd, uint, uint, hexUint, pointer, size], refuse, NO_RING),
  syscall('io_uring_register', [fd, uint, pointer, uint], refuse, NO_RING),
  syscall('io_setup', [uint, pointer], refuse, NO_AIO),
  syscall('io_destroy', [size], refuse, NO_AIO),
  syscall('io_submit', [size, long, pointer], refuse, NO_AIO),
  syscall('io_cancel', [size, pointer, pointer], refuse, NO_AIO),
  syscall('io_getevents', [size, long, long, pointer, pointer], refuse, NO_AIO),
  syscall('io_pgetevents', [size, long, long, pointer, pointer, pointer], refuse, NO_AIO),
  syscall('add_key', [pointer, pointer, pointer, size, int], refuse, NO_KEYS),
  syscall('request_key', [pointer, pointer, pointer, int], refuse, NO_KEYS),
  syscall('keyctl', [int, size, size, size, size], refuse, NO_KEYS),
  syscall('seccomp', [uint, uint, pointer], refuse, {
    missing: 'refused with ENOSYS, as by a kernel without seccomp',
  }),
  syscall('open_tree', [int, pointer, hexUint], refuse, OLD_MOUNTS),
  syscall('move_mount', [int, pointer, int, pointer, hexUint], refuse, OLD_MOUNTS),
  syscall('fsopen', [pointer, hexUint], refuse, OLD_MOUNTS),
  syscall('fsconfig', [fd, uint, pointer, pointer, int], refuse, OLD_MOUNTS),
  syscall('fsmount', [fd, hexUint, hexUint], refuse, OLD_MOUNTS),
  syscall('fspick', [int, pointer, hexUint], refuse, OLD_MOUNTS),
  syscall('mount_setattr', [int, pointer, hexUint, pointer, size], refuse, OLD_MOUNTS),
  syscall('statmount', [pointer, pointer, size, hexUint], refuse, OLD_MOUNTS),
  syscall('listmount', [pointer, pointer, size, hexUint], refuse, OLD_MOUNTS),
  syscall('landlock_create_ruleset', [pointer, size, hexUint], refuse, NO_LANDLOCK),
  syscall('landlock_add_rule', [fd, int, pointer, hexUint], refuse, NO_LANDLOCK),
  syscall('landlock_restrict_self', [fd, hexUint], refuse, NO_LANDLOCK),
  syscall('fanotify_init', [hexUint, hexUint], refuse, NO_FANOTIFY),
  syscall('fanotify_mark', [fd, hexUint, hexUint, int, pointer], refuse, NO_FANOTIFY),
  syscall('name_to_handle_at', [int, pointer, pointer, pointer, hexUint], refuse, NO_HANDLES),
  syscall('open_by_handle_at', [fd, pointer, hexUint], refuse, NO_HANDLES),
  syscall('quotactl', [uint, pointer, int, pointer], refuse, NO_QUOTA),
  syscall('quotactl_fd', [uint, uint, int, pointer], refuse, NO_QUOTA),
  syscall('lsm_get_self_attr', [uint, pointer, pointer, hexUint], refuse, NO_LSM),
  syscall('lsm_set_self_attr', [uint, pointer, uint, hexUint], refuse, NO_LSM),
  syscall('lsm_list_modules', [pointer, pointer, hexUint], refuse, NO_LSM),
  syscall('pkey_alloc', [hexUint, hexUint], refuse, NO_PKEYS),
  syscall('pkey_free', [int], refuse, NO_PKEYS),
  syscall('pkey_mprotect', [pointer, size, hexUint, int], refuse, NO_PKEYS),
  syscall('ptrace', [long, int, pointer, pointer], refuseAloud('ptrace'), {
    missing: 'refused with EPERM, as for a user who may trace nobody; gdb opens a snapshot instead',
  }),
  syscall('bpf', [int, pointer, uint], refuseAloud('bpf'), NOT_ALLOWED),
  syscall('perf_event_open', [pointer, int, int, int, hexUint], refuseAloud('perf_event_open'), NOT_ALLOWED),
  syscall('userfaultfd', [hexUint], refuseAloud('userfaultfd'), NOT_ALLOWED),
  syscall('setns', [fd, hexUint], refuseAloud('setns'), NOT_ALLOWED),
  syscall('iopl', [uint], refuseAloud('iopl'), NOT_ALLOWED),
  syscall('ioperm', [size, size, int], refuseAloud('ioperm'), NOT_ALLOWED),
  syscall('reboot', [hexUint, hexUint, hexUint, pointer], refuseAloud('reboot'), NOT_ALLOWED),
  syscall('swapon', [pointer, hexUint], refuseAloud('swapon'), NOT_ALLOWED),
  syscall('swapoff', [pointer], refuseAloud('swapoff'), NOT_ALLOWED),
  syscall('init_module', [pointer, size, pointer], refuseAloud('init_module'), NOT_ALLOWED),
  syscall('finit_module', [fd, pointer, hexUint], refuseAloud('finit_module'), NOT_ALLOWED),
  syscall('delete_module', [pointer, hexUint], refuseAloud('delete_module'), NOT_ALLOWED),
  syscall('kexec_load', [size, size, pointer, size], refuseAloud('kexec_load'), NOT_ALLOWED),
  syscall('acct', [pointer], refuseAloud('acct'), NOT_ALLOWED),
];
