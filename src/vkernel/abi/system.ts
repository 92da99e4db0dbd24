/** What a program asks of the machine and of its own standing: getrandom(2), membarrier(2), capget(2), personality(2), adjtimex(2). */

// getrandom(2)
export const GRND_NONBLOCK = 1;
export const GRND_RANDOM = 2;
export const GRND_INSECURE = 4;

// membarrier(2)
export const MEMBARRIER_CMD_QUERY = 0;
export const MEMBARRIER_CMD_GLOBAL = 1;
export const MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2;
export const MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4;
export const MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8;
export const MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 16;
export const MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 32;
export const MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64;

// capget(2)
export const _LINUX_CAPABILITY_VERSION_1 = 0x19980330;
export const _LINUX_CAPABILITY_VERSION_2 = 0x20071026;
export const _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

// personality(2)
export const PER_LINUX = 0;
export const ADDR_NO_RANDOMIZE = 0x40000;

// getpriority(2)
export const PRIO_PROCESS = 0;
export const PRIO_PGRP = 1;
export const PRIO_USER = 2;

// adjtimex(2)
export const STA_UNSYNC = 0x40;
export const TIME_ERROR = 5;

// prctl(2): PR_SET_SECCOMP, PR_GET_SECCOMP
export const SECCOMP_MODE_DISABLED = 0;
