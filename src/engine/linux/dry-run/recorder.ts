/**
 * A transport that makes no call: it writes down what would be asked of the kernel, and answers that everything went well that a kernel of
 * this version has. So what the engine would do is seen without any right, and nothing is done.
 *
 * Descriptors are numbered in the order in which they are made, each once: in a list of calls a number is one thing.
 */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { COMMAND, type Command } from "../../../uapi/commands.ts";
import { MAP_TYPE } from "../../../uapi/map-types.ts";
import { ATTACH_TYPE_SINCE, COMMAND_SINCE, MAP_TYPE_SINCE } from "../../../uapi/since.ts";
import { ATTRIBUTES, type KnownCommand } from "../attributes.ts";
import { atLeast } from "../release.ts";
import { NLM_F, NLMSG_ERROR } from "../route-messages.ts";
import { ERRNO } from "../sys/system-error.ts";
import type { Mapping, Transport, Watch } from "../sys/transport.ts";
import {
  describeAttribute,
  describeEpoll,
  describeMessage,
  describePerfEvent,
  type Fields,
  nameIn,
  nameOfRequest,
} from "./describe.ts";

/** A system call that would be made. */
export interface RecordedCall {
  /** E.g. `bpf`, `perf_event_open`. */
  readonly call: string;
  /** Of `bpf`: which command, as `linux/bpf.h` names it: `BPF_MAP_CREATE`. */
  readonly command?: string;
  /** What it is given, by the kernel's names. Of memory: its text, its bytes in hexadecimal where they are few, or how many there are. */
  readonly fields: Fields;
  /** What is taken for granted that the kernel answers: a descriptor, or 0. */
  readonly result: number;
}

/** Where a dry run looks at the machine. */
export interface Surroundings {
  /** Index of a network interface; null when there is none. */
  interfaceIndex(name: string): number | null;
  exists(path: string): boolean;
  readonly pageSize: number;
  /** `uname -r`: what that version does not know is refused. */
  readonly release: string;
}

/** Commands and calls that make a descriptor. */
const OPENING: ReadonlySet<Command> = new Set([
  "map_create",
  "prog_load",
  "btf_load",
  "link_create",
  "raw_tracepoint_open",
  "iter_create",
  "prog_get_fd_by_id",
  "map_get_fd_by_id",
  "btf_get_fd_by_id",
  "link_get_fd_by_id",
  "token_create",
]);

/** What says of an empty map that there is nothing more. */
const EMPTY: ReadonlySet<KnownCommand> = new Set([
  "map_get_next_key",
  "map_lookup_and_delete_elem",
  "map_lookup_batch",
  "map_lookup_and_delete_batch",
]);

const NAMES: ReadonlyMap<number, KnownCommand> = new Map(
  (Object.keys(ATTRIBUTES) as KnownCommand[]).map((name) => [COMMAND[name], name]),
);

/** Addresses that a program of this machine could have: above what is never mapped. */
const FIRST_ADDRESS = 0x7f00_0000_0000n;
const FIRST_DESCRIPTOR = 3;

export class Recorder implements Transport {
  readonly pageSize: number;
  readonly calls: RecordedCall[] = [];
  readonly #around: Surroundings;
  readonly #memory = new Map<bigint, Uint8Array>();
  readonly #addresses = new WeakMap<Uint8Array, bigint>();
  #nextAddress = FIRST_ADDRESS;
  #nextDescriptor = FIRST_DESCRIPTOR;

  constructor(around: Surroundings) {
    this.#around = around;
    this.pageSize = around.pageSize;
  }

  #record(call: string, fields: Fields, result: number, command?: string): number {
    this.calls.push({ call, ...(command === undefined ? {} : { command }), fields, result });
    return result;
  }

  #opened(call: string, fields: Fields): number {
    return this.#record(call, fields, this.#nextDescriptor++);
  }

  prepare(command: number, attribute: Uint8Array): () => number {
    const name = NAMES.get(command);
    if (name === undefined) throw new RangeError(`a dry run does not know command ${command} of bpf(2)`);
    return () => {
      const fields = describeAttribute(name, attribute, (address) => this.#memory.get(address) ?? null);
      return this.#record("bpf", fields, this.#answer(name, attribute), `BPF_${name.toUpperCase()}`);
    };
  }

  #answer(name: KnownCommand, attribute: Uint8Array): number {
    if (!this.#knows(name, attribute)) return -ERRNO.EINVAL;
    if (OPENING.has(name)) return this.#nextDescriptor++;
    // Nothing is pinned, no number is taken, and maps are empty: what would be made is made.
    if (name.endsWith("lookup_batch") || name === "map_lookup_and_delete_batch")
      new DataView(attribute.buffer, attribute.byteOffset).setUint32(ATTRIBUTES.map_lookup_batch.u32.count, 0, true);
    return name === "obj_get" || name.endsWith("_get_next_id") || EMPTY.has(name) ? -ERRNO.ENOENT : 0;
  }

  /** Whether a kernel of this version has such a command, map or hook: the engine does something else where it has not. */
  #knows(name: KnownCommand, attribute: Uint8Array): boolean {
    const { release } = this.#around;
    if (!atLeast(release, COMMAND_SINCE[name])) return false;
    const view = new DataView(attribute.buffer, attribute.byteOffset, attribute.byteLength);
    if (name === "link_create") {
      const type = nameIn(ATTACH_TYPE, view.getUint32(ATTRIBUTES.link_create.u32.attach_type, true));
      return type === null || atLeast(release, ATTACH_TYPE_SINCE[type]);
    }
    if (name !== "map_create") return true;
    const type = nameIn(MAP_TYPE, view.getUint32(ATTRIBUTES.map_create.u32.map_type, true));
    return type === null || atLeast(release, MAP_TYPE_SINCE[type]);
  }

  addressOf(memory: Uint8Array): bigint {
    if (memory.length === 0) return 0n;
    const known = this.#addresses.get(memory);
    if (known !== undefined) return known;
    const address = this.#nextAddress;
    this.#nextAddress += BigInt(Math.ceil(memory.length / 4096) * 4096);
    this.#addresses.set(memory, address);
    this.#memory.set(address, memory);
    return address;
  }

  interfaceIndex(name: string): number {
    return this.#around.interfaceIndex(name) ?? -ERRNO.ENODEV;
  }

  openProcess(pid: number): number {
    return this.#opened("pidfd_open", { pid });
  }

  open(path: string): number {
    if (!this.#around.exists(path)) return this.#record("open", { path }, -ERRNO.ENOENT);
    return this.#opened("open", { path });
  }

  duplicate(fd: number): number {
    return this.#opened("fcntl", { fd, operation: "F_DUPFD_CLOEXEC" });
  }

  close(fd: number): number {
    return this.#record("close", { fd }, 0);
  }

  map(fd: number, length: number, offset: number, writable: boolean, address = 0n): Mapping {
    this.#record("mmap", { length, protection: writable ? "PROT_READ|PROT_WRITE" : "PROT_READ", fd, offset }, 0);
    const memory = new ArrayBuffer(length);
    return {
      address: address === 0n ? this.addressOf(new Uint8Array(memory)) : address,
      memory,
      unmap: () => this.#record("munmap", { length }, 0),
    };
  }

  perfEventOpen(attribute: Uint8Array, pid: number, cpu: number): number {
    const text = (address: bigint) => this.#memory.get(address) ?? null;
    return this.#opened("perf_event_open", { ...describePerfEvent(attribute, text), pid, cpu });
  }

  ioctl(fd: number, request: number, argument: number): number {
    return this.#record("ioctl", { fd, request: nameOfRequest(request), argument }, 0);
  }

  append(path: string, text: string): number {
    return this.#record("write", { path, text }, 0);
  }

  mkdir(path: string): number {
    return this.#record("mkdir", { path }, 0);
  }

  unlink(path: string): number {
    return this.#record("unlink", { path }, 0);
  }

  raiseMemoryLimit(): number {
    return this.#record("setrlimit", { resource: "RLIMIT_MEMLOCK", limit: "RLIM_INFINITY" }, 0);
  }

  /** At the end of whatever it is. */
  read(fd: number, memory: Uint8Array): number {
    return this.#record("read", { fd, length: memory.length }, 0);
  }

  mount(type: string): number {
    return this.#opened("fsopen, fsconfig, fsmount", { type });
  }

  socketOption(fd: number, option: number, value: number): number {
    return this.#record("setsockopt", { fd, level: "SOL_SOCKET", option, value }, 0);
  }

  packetSocket(interfaceIndex: number): number {
    return this.#opened("socket, bind", { family: "AF_PACKET", interface: interfaceIndex });
  }

  /** Acknowledged (`nlmsgerr` with no error), behind the message itself where an echo of what was made is asked for. */
  netlink(message: Uint8Array, answer: Uint8Array): number {
    this.#record("socket, send, recv", { family: "AF_NETLINK", ...describeMessage(message) }, 0);
    const flags = new DataView(message.buffer, message.byteOffset, message.byteLength).getUint16(6, true);
    const echoed = (flags & NLM_F.echo) === 0 ? 0 : Math.ceil(message.length / 4) * 4;
    if (echoed > 0) answer.set(message);
    const view = new DataView(answer.buffer, answer.byteOffset + echoed, ACKNOWLEDGEMENT);
    view.setUint32(0, ACKNOWLEDGEMENT, true);
    view.setUint16(4, NLMSG_ERROR, true);
    return echoed + ACKNOWLEDGEMENT;
  }

  epollCreate(): number {
    return this.#opened("epoll_create1", {});
  }

  epollControl(epoll: number, operation: number, fd: number, events: number): number {
    return this.#record("epoll_ctl", { epoll, fd, ...describeEpoll(operation, events) }, 0);
  }

  epollTake(epoll: number): number {
    return this.#record("epoll_wait", { epoll }, 0);
  }

  /** Nothing ever comes. */
  watch(): Watch {
    return { hold() {}, [Symbol.dispose]() {} };
  }
}

/** Bytes: a header, an error number, and the header of the request. */
const ACKNOWLEDGEMENT = 36;
