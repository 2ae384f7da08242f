/**
 * The calls of `Transport` that not every program needs. Each function of the C library is declared when it is first called.
 *
 * `watch` is libuv's own poll of Node's event loop, which koffi offers without promising it (`koffi.node.poll`). Its traps: a handle that is
 * collected stops, so all are kept here; an exception out of a callback would surface in somebody else's call; promises that a callback
 * settles may wait for the next event on Node 26, which an empty immediate brings.
 */

import { FSCONFIG, FSMOUNT, FSOPEN, PIDFD_OPEN } from "./arch.ts";
import type { Library } from "./library.ts";
import { ERRNO } from "./system-error.ts";
import type { Transport } from "./transport.ts";

type More = Pick<
  Transport,
  | "duplicate"
  | "perfEventOpen"
  | "ioctl"
  | "open"
  | "openProcess"
  | "append"
  | "mkdir"
  | "unlink"
  | "raiseMemoryLimit"
  | "read"
  | "mount"
  | "socketOption"
  | "packetSocket"
  | "netlink"
  | "watch"
  | "epollCreate"
  | "epollControl"
  | "epollTake"
>;

// fcntl.h, socket(2), netlink(7), linux/perf_event.h, linux/mount.h: the same numbers on every architecture of `ARCHITECTURES`.
const O_CLOEXEC = 0o2000000;
const O_WRONLY = 1;
const O_APPEND = 0o2000;
const F_DUPFD_CLOEXEC = 1030;
const PERF_FLAG_FD_CLOEXEC = 8;
const RLIMIT_MEMLOCK = 8;
const SOL_SOCKET = 1;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const MSG_TRUNC = 0x20;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL = 3;
const FSOPEN_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;
const FSMOUNT_CLOEXEC = 1;
const EPOLL_CLOEXEC = 0o2000000;
/** Descriptors that one `epoll_wait` takes, and bytes of a `struct epoll_event`: 12 on x86-64, 16 elsewhere. */
const EPOLL_MOST = 64;
const EPOLL_EVENT = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

export function moreCalls({ koffi, library, architecture }: Library): More {
  const { errno } = koffi;
  const at = (memory: Uint8Array): number => (memory.length === 0 ? 0 : Number(koffi.address(memory)));
  const orError = (result: number): number => (result < 0 ? -errno() : result);
  const declared = new Map<string, (...args: (number | string)[]) => number>();
  /** A function of the C library by its C types, declared once. */
  const call = (name: string, result: string, types: readonly string[]): ((...args: (number | string)[]) => number) => {
    let known = declared.get(name);
    if (known === undefined) declared.set(name, (known = library.func(name, result, [...types]) as typeof known & object));
    return (...args) => orError(known(...args));
  };
  // Any number of arguments, all in registers, where both calling conventions put them alike.
  const syscall = () => call("syscall", "long", ["long", "uintptr_t", "intptr_t", "intptr_t", "intptr_t", "intptr_t"]);
  const close = (fd: number): number => call("close", "int", ["int"])(fd);
  const socket = (family: number, protocol: number): number =>
    call("socket", "int", ["int", "int", "int"])(family, SOCK_RAW | SOCK_CLOEXEC, protocol);
  /** The descriptor, closed again where what follows fails. */
  const keeping = (fd: number, work: () => number): number => {
    const result = fd < 0 ? fd : work();
    if (fd >= 0 && result < 0) close(fd);
    return result < 0 ? result : fd;
  };
  const handles = new Set<object>();
  const epollEvents = new Uint8Array(EPOLL_MOST * EPOLL_EVENT);

  return {
    duplicate: (fd) => call("fcntl", "int", ["int", "int", "long"])(fd, F_DUPFD_CLOEXEC, 0),
    perfEventOpen: (attribute, pid, cpu, flags = 0) =>
      syscall()(architecture.perfEventOpen, at(attribute), pid, cpu, -1, PERF_FLAG_FD_CLOEXEC | flags),
    ioctl: (fd, request, argument) => call("ioctl", "int", ["int", "ulong", "uintptr_t"])(fd, request, argument),
    // The C string would end at a NUL, and name another file than the caller did.
    open: (path) => (path.includes("\0") ? -ERRNO.ENOENT : call("open", "int", ["str", "int"])(path, O_CLOEXEC)),
    openProcess: (pid) => syscall()(PIDFD_OPEN, pid, 0, 0, 0, 0),
    append(path, text) {
      if (path.includes("\0")) return -ERRNO.ENOENT;
      const fd = call("open", "int", ["str", "int"])(path, O_CLOEXEC | O_WRONLY | O_APPEND);
      if (fd < 0) return fd;
      const bytes = new TextEncoder().encode(text);
      const written = call("write", "int64", ["int", "uintptr_t", "size_t"])(fd, at(bytes), bytes.length);
      close(fd);
      // Naming the text here keeps it for as long as the kernel reads it.
      return written < 0 || bytes.length === 0 ? written : 0;
    },
    mkdir: (path) => (path.includes("\0") ? -ERRNO.ENOENT : call("mkdir", "int", ["str", "uint32"])(path, 0o700)),
    unlink: (path) => (path.includes("\0") ? -ERRNO.ENOENT : call("unlink", "int", ["str"])(path)),
    raiseMemoryLimit() {
      // struct rlimit: soft and hard, RLIM_INFINITY.
      const limits = new Uint8Array(16).fill(0xff);
      return call("setrlimit", "int", ["int", "uintptr_t"])(RLIMIT_MEMLOCK, at(limits));
    },
    read: (fd, memory) => call("read", "int64", ["int", "uintptr_t", "size_t"])(fd, at(memory), memory.length),
    mount(type) {
      const name = new TextEncoder().encode(`${type}\0`);
      const context = syscall()(FSOPEN, at(name), FSOPEN_CLOEXEC, 0, 0, 0);
      if (context < 0) return context;
      const created = syscall()(FSCONFIG, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
      const root = created < 0 ? created : syscall()(FSMOUNT, context, FSMOUNT_CLOEXEC, 0, 0, 0);
      close(context);
      return root;
    },
    socketOption(fd, option, value) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setInt32(0, value, true);
      return call("setsockopt", "int", ["int", "int", "int", "uintptr_t", "uint32"])(fd, SOL_SOCKET, option, at(bytes), 4);
    },
    packetSocket(interfaceIndex) {
      // Bound to no protocol until it is bound to the interface: it never sees another one's packets.
      const fd = socket(AF_PACKET, 0);
      // struct sockaddr_ll: family, protocol in network order, ifindex.
      const place = new Uint8Array(20);
      const view = new DataView(place.buffer);
      view.setUint16(0, AF_PACKET, true);
      view.setUint16(2, ETH_P_ALL);
      view.setInt32(4, interfaceIndex, true);
      return keeping(fd, () => call("bind", "int", ["int", "uintptr_t", "uint32"])(fd, at(place), place.length));
    },
    netlink(message, answer) {
      const fd = socket(AF_NETLINK, 0);
      if (fd < 0) return fd;
      try {
        const send = call("send", "int64", ["int", "uintptr_t", "size_t", "int"]);
        const receive = call("recv", "int64", ["int", "uintptr_t", "size_t", "int"]);
        const sent = send(fd, at(message), message.length, 0);
        if (sent < 0) return sent;
        let filled = 0;
        for (;;) {
          const room = answer.subarray(filled);
          // With MSG_TRUNC it says how long the message was, also where it was cut.
          const got = room.length === 0 ? -ERRNO.ENOSPC : receive(fd, at(room), room.length, MSG_TRUNC);
          if (got < 0) return got;
          if (got > room.length) return -ERRNO.ENOSPC;
          filled += got;
          if (endsAnswer(room.subarray(0, got))) return filled;
        }
      } finally {
        close(fd);
      }
    },
    epollCreate: () => call("epoll_create1", "int", ["int"])(EPOLL_CLOEXEC),
    epollControl(epoll, operation, fd, events) {
      const event = new Uint8Array(EPOLL_EVENT);
      new DataView(event.buffer).setUint32(0, events, true);
      return call("epoll_ctl", "int", ["int", "int", "int", "uintptr_t"])(epoll, operation, fd, at(event));
    },
    epollTake(epoll) {
      const wait = call("epoll_wait", "int", ["int", "uintptr_t", "int", "int"]);
      for (let taken = 0; ; ) {
        const count = wait(epoll, at(epollEvents), EPOLL_MOST, 0);
        if (count < 0) return count;
        taken += count;
        if (count < EPOLL_MOST) return taken;
      }
    },
    watch(fd, ready) {
      const handle = koffi.node.poll(fd, { readable: true }, () => {
        try {
          ready();
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
        setImmediate(() => {});
      });
      handles.add(handle);
      return {
        hold(alive) {
          if (alive) handle.ref();
          else handle.unref();
        },
        [Symbol.dispose]() {
          if (!handles.delete(handle)) return;
          handle.stop();
          handle.close();
        },
      };
    },
  };
}

/** Whether the last message of these says that nothing follows: an error, which may be none, or the end of a list. */
function endsAnswer(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let type = 0;
  for (let at = 0; at + 16 <= bytes.length; at += Math.max(16, (view.getUint32(at, true) + 3) & ~3)) {
    type = view.getUint16(at + 4, true);
  }
  return type === NLMSG_ERROR || type === NLMSG_DONE;
}
