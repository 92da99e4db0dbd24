/** The inodes of sockets, which lie in no directory, and the making of sockets. */
import { oneOf, setOf, uint } from '../../ckpt/state/codecs.js';
import { external, ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { ENXIO, ESOCKTNOSUPPORT, SysError } from '../abi/errno.js';
import { SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM } from '../abi/socket.js';
import { S_IFDIR, S_IFMT, S_IFSOCK } from '../abi/stat.js';
import type { Clock } from '../time/clock.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../vfs/file-system.js';
import { fileAttributes, Inode, inodeFields, type FileAttributes, type Owner } from '../vfs/inode.js';
import { Location } from '../vfs/location.js';
import type { OpenFile } from '../vfs/open-file.js';
import { clockService } from '../vfs/services.js';
import type { InetFamily } from './inet/endpoint.js';
import { PortTable } from './inet/ports.js';
import { TcpSocket } from './inet/tcp-socket.js';
import { UdpSocket } from './inet/udp-socket.js';
import { DatagramSocket } from './unix/datagram-socket.js';
import { SeqpacketSocket } from './unix/seqpacket-socket.js';
import { SocketNames } from './unix/socket-names.js';
import { StreamSocket } from './unix/stream-socket.js';
import type { UnixSocket } from './unix/unix-socket.js';

export const SOCKFS_MAGIC = 0x534f434b;
/** /proc/sys/net/unix/max_dgram_qlen. */
const QUEUE_LENGTH = 10;

export class SocketInode extends Inode {
  readonly fs: SockFs;
  readonly ino: number;
  readonly type: number;
  readonly attrs: FileAttributes;

  constructor(fs: SockFs, mode: number, owner: Owner) {
    super();
    this.fs = fs;
    this.ino = fs.nextIno++;
    this.type = mode & S_IFMT;
    const now = fs.clock.realtimeNs();
    const times = { atimeNs: now, mtimeNs: now, ctimeNs: now, btimeNs: now };
    this.attrs = { mode, uid: owner.uid, gid: owner.gid, nlink: 1, sizeBytes: 0, rdev: 0, ...times };
  }

  override attributes(): FileAttributes {
    return this.attrs;
  }

  override setAttributes(changes: Partial<FileAttributes>): void {
    Object.assign(this.attrs, changes, { ctimeNs: this.fs.clock.realtimeNs() });
  }

  /** Through /proc/self/fd. */
  override open(): OpenFile {
    throw new SysError(ENXIO);
  }
}

export class SockFs implements FileSystem {
  readonly type = 'sockfs';
  readonly magic = SOCKFS_MAGIC;
  readonly readOnly = false;
  readonly device: number;
  readonly clock: Clock;
  nextIno = 1;
  readonly root: SocketInode;
  readonly names = new SocketNames();
  readonly ports = new PortTable();
  /** Address families a guest asked for in vain: said once each. */
  readonly refusedFamilies = new Set<number>();

  constructor(device: number, clock: Clock) {
    this.device = device;
    this.clock = clock;
    this.root = new SocketInode(this, S_IFDIR | 0o555, { uid: 0, gid: 0 });
  }

  /** socket(2). The file has no reference yet. @param flags O_NONBLOCK or 0 @throws SysError ESOCKTNOSUPPORT */
  create(type: number, flags: number, owner: Owner): UnixSocket {
    const kind = KINDS.get(type);
    if (kind === undefined) throw new SysError(ESOCKTNOSUPPORT);
    const location = this.place(owner);
    return new kind(location.inode, location, this.names, flags, QUEUE_LENGTH);
  }

  /** The same for AF_INET and AF_INET6. */
  createInet(family: InetFamily, type: number, flags: number, owner: Owner): TcpSocket | UdpSocket {
    if (type !== SOCK_STREAM && type !== SOCK_DGRAM) throw new SysError(ESOCKTNOSUPPORT);
    const location = this.place(owner);
    const kind = type === SOCK_STREAM ? TcpSocket : UdpSocket;
    return new kind(location.inode, location, this.names, flags, family, this.ports);
  }

  private place(owner: Owner): Location {
    const inode = new SocketInode(this, S_IFSOCK | 0o777, owner);
    return Location.anonymous(inode, `socket:[${inode.ino}]`);
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  sync(): void {
    // Sockets are nowhere but in memory.
  }
}

type Kind = new (...given: ConstructorParameters<typeof DatagramSocket>) => UnixSocket;

const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [SOCK_STREAM, StreamSocket],
  [SOCK_DGRAM, DatagramSocket],
  // As on BSD (unix(7)).
  [SOCK_RAW, DatagramSocket],
  [SOCK_SEQPACKET, SeqpacketSocket],
]);

savable<SocketInode>('unix.Inode', SocketInode, {
  ...inodeFields,
  fs: ref(() => SockFs),
  ino: uint,
  type: uint,
  attrs: fileAttributes,
});
savable<SockFs>(
  'unix.SockFs',
  SockFs,
  {
    type: oneOf('sockfs'),
    magic: oneOf(SOCKFS_MAGIC),
    readOnly: oneOf(false),
    device: uint,
    clock: external(clockService),
    nextIno: uint,
    root: ref(() => SocketInode),
    names: ref(() => SocketNames),
    ports: ref(() => PortTable),
    refusedFamilies: setOf(uint),
  },
  { roles: [fileSystem] },
);
