/**
 * Local sockets that carry descriptors from one process to another (unix(7), SCM_RIGHTS), which Node's own cannot. Packets
 * (`SOCK_SEQPACKET`) and never waiting: whoever waits watches the descriptor.
 *
 * Layouts are those of 64-bit, little-endian Linux: `struct msghdr` 56 bytes, `struct cmsghdr` 16 and its data in whole 8 bytes.
 */

import { openLibrary } from "./library.ts";

/** Who is at the other end, as the kernel saw it when the socket was connected (`SO_PEERCRED`). */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Received {
  /** How many bytes of the memory were filled; 0: the other end is closed. */
  readonly length: number;
  /** Close-on-exec; whoever receives them owns them. */
  readonly descriptors: readonly number[];
  /** True when bytes or descriptors found no room, and are lost. */
  readonly truncated: boolean;
}

/** Each gives a descriptor or a number, or an error number, negated. */
export interface UnixSockets {
  /** Where others can connect: a file that only its owner may open (mode 0600). */
  listen(path: string): number;
  /** Who wants to connect next. */
  accept(fd: number): number;
  connect(path: string): number;
  peer(fd: number): Peer | number;
  send(fd: number, bytes: Uint8Array, descriptors: readonly number[]): number;
  /** @param most descriptors that are taken. */
  receive(fd: number, memory: Uint8Array, most: number): Received | number;
  /** Memory as a file that nobody can change any more (`memfd_create`, sealed: since 3.17). */
  sealed(name: string, bytes: Uint8Array): number;
  /** `lchown(2)`: the file itself, also when it is a symbolic link; the group stays. */
  giveTo(path: string, uid: number): number;
}

/** The kernel's limit for one packet (`SCM_MAX_FD`). */
export const MOST_DESCRIPTORS = 253;
/** Of `struct sockaddr_un`: 108 bytes with the NUL. */
export const LONGEST_PATH = 107;

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
const MSG_TRUNC = 0x20;
const MSG_CTRUNC = 8;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
/** `F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE` */
const EVERY_SEAL = 15;
const MSGHDR = 56;
const CMSGHDR = 16;
/** Connections that wait to be accepted. */
const BACKLOG = 8;
const INVALID = -22;

/** @throws FeatureError when this is not a Linux that koffi is built for. */
export async function openUnixSockets(): Promise<UnixSockets> {
  const { koffi, library } = await openLibrary("unix(7)", "handing descriptors over");
  const { errno } = koffi;
  type Call = (...args: (number | bigint | string)[]) => number;
  const declare = (name: string, result: string, types: readonly string[]): Call => {
    const call = library.func(name, result, [...types]) as Call;
    return (...args) => {
      const answer = call(...args);
      return answer < 0 ? -errno() : answer;
    };
  };
  const at = (memory: Uint8Array): bigint => (memory.length === 0 ? 0n : koffi.address(memory));
  const socket = declare("socket", "int", ["int", "int", "int"]);
  const bind = declare("bind", "int", ["int", "uint64", "uint32"]);
  const listen = declare("listen", "int", ["int", "int"]);
  const accept = declare("accept4", "int", ["int", "uint64", "uint64", "int"]);
  const connect = declare("connect", "int", ["int", "uint64", "uint32"]);
  const getsockopt = declare("getsockopt", "int", ["int", "int", "int", "uint64", "uint64"]);
  const sendmsg = declare("sendmsg", "int64", ["int", "uint64", "int"]);
  const recvmsg = declare("recvmsg", "int64", ["int", "uint64", "int"]);
  const memfd = declare("memfd_create", "int", ["str", "uint32"]);
  const write = declare("write", "int64", ["int", "uint64", "size_t"]);
  const fcntl = declare("fcntl", "int", ["int", "int", "long"]);
  const lchown = declare("lchown", "int", ["str", "uint32", "uint32"]);
  const close = declare("close", "int", ["int"]);

  /** A socket of which something more is asked; closed where that fails. */
  const opened = (work: (fd: number) => number): number => {
    const fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    const result = work(fd);
    if (result >= 0) return fd;
    close(fd);
    return result;
  };

  return {
    listen(path) {
      const place = address(path);
      if (place === null) return INVALID;
      return opened((fd) => {
        // The file is made with this mode: there is no moment in which somebody else could open it.
        const before = process.umask(0o177);
        const bound = bind(fd, at(place), place.length);
        process.umask(before);
        return bound < 0 ? bound : listen(fd, BACKLOG);
      });
    },
    accept: (fd) => accept(fd, 0n, 0n, SOCK_NONBLOCK | SOCK_CLOEXEC),
    connect(path) {
      const place = address(path);
      return place === null ? INVALID : opened((fd) => connect(fd, at(place), place.length));
    },
    peer(fd) {
      const credentials = new Uint8Array(12);
      const size = new Uint8Array(Uint32Array.of(credentials.length).buffer);
      const result = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, at(credentials), at(size));
      if (result < 0) return result;
      const view = new DataView(credentials.buffer);
      return { pid: view.getInt32(0, true), uid: view.getUint32(4, true), gid: view.getUint32(8, true) };
    },
    send(fd, bytes, descriptors) {
      if (descriptors.length > MOST_DESCRIPTORS) return INVALID;
      const control = new Uint8Array(descriptors.length === 0 ? 0 : CMSGHDR + Math.ceil((4 * descriptors.length) / 8) * 8);
      if (descriptors.length > 0) {
        const view = new DataView(control.buffer);
        view.setBigUint64(0, BigInt(CMSGHDR + 4 * descriptors.length), true);
        view.setInt32(8, SOL_SOCKET, true);
        view.setInt32(12, SCM_RIGHTS, true);
        for (const [index, descriptor] of descriptors.entries()) view.setInt32(CMSGHDR + 4 * index, descriptor, true);
      }
      const vector = iovec(at(bytes), bytes.length);
      const header = message(at(vector), at(control), control.length);
      return sendmsg(fd, at(header), MSG_NOSIGNAL);
    },
    receive(fd, memory, most) {
      const control = new Uint8Array(CMSGHDR + Math.ceil((4 * most) / 8) * 8);
      const vector = iovec(at(memory), memory.length);
      const header = message(at(vector), at(control), control.length);
      const length = recvmsg(fd, at(header), MSG_CMSG_CLOEXEC);
      if (length < 0) return length;
      const view = new DataView(header.buffer);
      const flags = view.getInt32(48, true);
      const filled = Math.min(Number(view.getBigUint64(40, true)), control.length);
      return { length, descriptors: rights(control.subarray(0, filled)), truncated: (flags & (MSG_TRUNC | MSG_CTRUNC)) !== 0 };
    },
    sealed(name, bytes) {
      const fd = memfd(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
      if (fd < 0) return fd;
      for (let done = 0; done < bytes.length; ) {
        const rest = bytes.subarray(done);
        const written = write(fd, at(rest), rest.length);
        if (written <= 0) {
          close(fd);
          return written;
        }
        done += written;
      }
      const sealed = fcntl(fd, F_ADD_SEALS, EVERY_SEAL);
      if (sealed >= 0) return fd;
      close(fd);
      return sealed;
    },
    giveTo: (path, uid) => (path.includes("\0") ? INVALID : lchown(path, uid, 0xffff_ffff)),
  };
}

/** `struct sockaddr_un`; null for a path that does not fit, or that would end early. */
function address(path: string): Uint8Array | null {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length === 0 || bytes.length > LONGEST_PATH || bytes.includes(0)) return null;
  const place = new Uint8Array(2 + bytes.length + 1);
  place[0] = AF_UNIX;
  place.set(bytes, 2);
  return place;
}

function iovec(base: bigint, length: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(base, BigInt(length)).buffer);
}

/** `struct msghdr` of one piece of memory. */
function message(vector: bigint, control: bigint, controlLength: number): Uint8Array {
  const bytes = new Uint8Array(MSGHDR);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(16, vector, true);
  view.setBigUint64(24, 1n, true);
  view.setBigUint64(32, control, true);
  view.setBigUint64(40, BigInt(controlLength), true);
  return bytes;
}

/** The descriptors of control messages. Lengths are the kernel's, and looked at all the same. */
function rights(control: Uint8Array): number[] {
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength);
  const found: number[] = [];
  for (let start = 0; start + CMSGHDR <= control.length; ) {
    const length = Number(view.getBigUint64(start, true));
    if (length < CMSGHDR || start + length > control.length) break;
    if (view.getInt32(start + 8, true) === SOL_SOCKET && view.getInt32(start + 12, true) === SCM_RIGHTS)
      for (let place = start + CMSGHDR; place + 4 <= start + length; place += 4) found.push(view.getInt32(place, true));
    start += Math.ceil(length / 8) * 8;
  }
  return found;
}
