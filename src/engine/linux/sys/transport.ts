/**
 * The calls that everything in this engine goes through. The native one is `native.ts`; tests put a fake kernel in its
 * place, so that what the engine asks of a kernel, and what it makes of every answer, is tested without privileges.
 *
 * No call throws: a result below zero is an error number, negated, as in the kernel itself.
 */
export interface Transport {
  /** Bytes of a page of memory: 4096, or 65536 on some arm64 kernels. */
  readonly pageSize: number;
  /**
   * Prepares a `bpf(2)`: every call of the result sends `attribute` (a `union bpf_attr` of the command) as it is then. The kernel
   * may write results into it and into memory that it points to. Hot: a map operation is one such call and nothing else.
   */
  prepare(command: number, attribute: Uint8Array): () => number;
  /**
   * The address of `memory`'s first byte, to be written into an attribute; 0 when it is empty. It holds as long as `memory`
   * is referenced: whoever passes an address to the kernel keeps the array.
   */
  addressOf(memory: Uint8Array): bigint;
  /** Index of a network interface in this process's network namespace, or `-ENODEV`. */
  interfaceIndex(name: string): number;
  /** Another descriptor of the same, close-on-exec. */
  duplicate(fd: number): number;
  /** `close(2)`. */
  close(fd: number): number;
  /** Maps `length` bytes of a descriptor from `offset`, shared. `address`: where it should be, if that place is free; 0 says nothing. */
  map(fd: number, length: number, offset: number, writable: boolean, address?: bigint): Mapping | number;
  /** `perf_event_open(2)`: the descriptor of an event. `attribute` is a `struct perf_event_attr`; -1 as `pid` or `cpu` means all. `flags`: `PERF_FLAG_*`. */
  perfEventOpen(attribute: Uint8Array, pid: number, cpu: number, flags?: number): number;
  /** `ioctl(2)` with a number as its argument. */
  ioctl(fd: number, request: number, argument: number): number;
  /** `pidfd_open(2)`: a descriptor of a process, which stays its own when the number is given to another (5.3). */
  openProcess(pid: number): number;
  /** Opens a file or a folder for reading. */
  open(path: string): number;
  /** Writes text at the end of a file that is there, at once: 0, or an error number, negated. */
  append(path: string, text: string): number;
  /** `mkdir(2)`, for the owner alone. */
  mkdir(path: string): number;
  /** `setrlimit(RLIMIT_MEMLOCK)`: no limit of locked memory for this process, which before 5.11 maps and programs count against. */
  raiseMemoryLimit(): number;
  /** `unlink(2)`. */
  unlink(path: string): number;
  /** `read(2)`: how many bytes of `memory` were filled; 0 at the end. */
  read(fd: number, memory: Uint8Array): number;
  /** An instance of a file system that is mounted nowhere and gone when its root, the descriptor, is closed (`fsmount`, since 5.2). */
  mount(type: string): number;
  /** `setsockopt(2)` of `SOL_SOCKET` with an `int`. */
  socketOption(fd: number, option: number, value: number): number;
  /** A packet socket that sees what comes in at, and leaves by, an interface. */
  packetSocket(interfaceIndex: number): number;
  /**
   * Sends a routing message (`NETLINK_ROUTE`) that asks for a list or an acknowledgement, and receives what the kernel answers, all messages
   * one after the other, the closing one included: how many bytes of `answer` were filled; -ENOSPC when they are more.
   */
  netlink(message: Uint8Array, answer: Uint8Array): number;
  /** `epoll_create1(2)`, close-on-exec: one descriptor that says whether any of many has something to read. */
  epollCreate(): number;
  /** `epoll_ctl(2)`: adds, changes or removes (`EPOLL`) a descriptor; which events of it count, a mask. */
  epollControl(epoll: number, operation: number, fd: number, events: number): number;
  /** `epoll_wait(2)` without waiting: takes out what is ready, so that the descriptor is not readable any more; how many that were. */
  epollTake(epoll: number): number;
  /** Calls `ready` from the event loop whenever there is something to read, until it is closed. It keeps the process alive. */
  watch(fd: number, ready: () => void): Watch;
}

export interface Watch extends Disposable {
  /** Whether it keeps the process alive from now on. */
  hold(alive: boolean): void;
}

/** Operations and events of `epollControl`: sys/epoll.h, the same on every architecture. `edge`: told once for each time it becomes ready. */
export const EPOLL = { add: 1, remove: 2, change: 3, readable: 1, writable: 4, edge: 0x8000_0000 } as const;

/** Memory shared with the kernel. Writing to one that was not asked for as writable kills the process. */
export interface Mapping {
  /** Where it begins in this process. */
  readonly address: bigint;
  /**
   * All of it.
   * @throws TypeError after `unmap`.
   */
  readonly memory: ArrayBuffer;
  /** Gives the memory back. Views made before are empty from then on. */
  unmap(): void;
}
