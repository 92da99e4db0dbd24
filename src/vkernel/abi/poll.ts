/** Readiness: poll(2), select(2), epoll(7). */

// poll(2)
export const POLLIN = 1;
export const POLLPRI = 2;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 16;
export const POLLNVAL = 32;
export const POLLRDNORM = 64;
export const POLLRDBAND = 128;
export const POLLWRNORM = 256;
export const POLLWRBAND = 512;
export const POLLMSG = 1024;
export const POLLREMOVE = 4096;
export const POLLRDHUP = 8192;

// epoll(7)
export const EPOLLIN = 1;
export const EPOLLPRI = 2;
export const EPOLLOUT = 4;
export const EPOLLERR = 8;
export const EPOLLHUP = 16;
export const EPOLLRDNORM = 64;
export const EPOLLRDBAND = 128;
export const EPOLLWRNORM = 256;
export const EPOLLWRBAND = 512;
export const EPOLLMSG = 1024;
export const EPOLLRDHUP = 8192;
export const EPOLLEXCLUSIVE = 0x10000000;
export const EPOLLWAKEUP = 0x20000000;
export const EPOLLONESHOT = 0x40000000;
export const EPOLLET = 0x80000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLL_CLOEXEC = 0x80000;
