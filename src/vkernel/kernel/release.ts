/** What this kernel calls itself: the Linux whose system calls it follows. uname(2) and /proc say the same. */
export const RELEASE = '6.1.0-vkernel';
export const VERSION = '#1 vkernel';
