/** Options of the internet protocols' levels, with what they are before anybody sets them. Between two ends in one machine most mean nothing. */
import * as inet from '../../abi/inet.js';
import { optionKey } from '../unix/socket-options.js';

const { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP } = inet;

/** By the key they have among a socket's plain options. */
export const INET_OPTIONS: ReadonlyMap<number, number> = new Map(
  (
    [
      [IPPROTO_IP, inet.IP_TOS, 0],
      [IPPROTO_IP, inet.IP_TTL, 64],
      [IPPROTO_IP, inet.IP_PKTINFO, 0],
      [IPPROTO_IP, inet.IP_MTU_DISCOVER, 1],
      [IPPROTO_IP, inet.IP_RECVERR, 0],
      [IPPROTO_IP, inet.IP_FREEBIND, 0],
      [IPPROTO_IP, inet.IP_BIND_ADDRESS_NO_PORT, 0],
      [IPPROTO_IP, inet.IP_MULTICAST_TTL, 1],
      [IPPROTO_IP, inet.IP_MULTICAST_LOOP, 1],
      [IPPROTO_IPV6, inet.IPV6_UNICAST_HOPS, 64],
      [IPPROTO_IPV6, inet.IPV6_MULTICAST_HOPS, 1],
      [IPPROTO_IPV6, inet.IPV6_MULTICAST_LOOP, 1],
      [IPPROTO_IPV6, inet.IPV6_MTU_DISCOVER, 1],
      [IPPROTO_IPV6, inet.IPV6_RECVERR, 0],
      [IPPROTO_IPV6, inet.IPV6_V6ONLY, 0],
      [IPPROTO_IPV6, inet.IPV6_RECVPKTINFO, 0],
      [IPPROTO_IPV6, inet.IPV6_TCLASS, 0],
      [IPPROTO_TCP, inet.TCP_NODELAY, 0],
      [IPPROTO_TCP, inet.TCP_MAXSEG, 65_483],
      [IPPROTO_TCP, inet.TCP_CORK, 0],
      [IPPROTO_TCP, inet.TCP_KEEPIDLE, 7200],
      [IPPROTO_TCP, inet.TCP_KEEPINTVL, 75],
      [IPPROTO_TCP, inet.TCP_KEEPCNT, 9],
      [IPPROTO_TCP, inet.TCP_SYNCNT, 6],
      [IPPROTO_TCP, inet.TCP_LINGER2, 60],
      [IPPROTO_TCP, inet.TCP_DEFER_ACCEPT, 0],
      [IPPROTO_TCP, inet.TCP_WINDOW_CLAMP, 0],
      [IPPROTO_TCP, inet.TCP_QUICKACK, 1],
      [IPPROTO_TCP, inet.TCP_USER_TIMEOUT, 0],
      [IPPROTO_TCP, inet.TCP_FASTOPEN, 0],
    ] as const
  ).map(([level, name, value]) => [optionKey(level, name), value]),
);
