/** sys_checkpoint(2) of DragonFly BSD: `int sys_checkpoint(int type, int fd, pid_t pid, int retval)`. */
export const CKPT_FREEZE = 1;
