/** From an error number to what it means for this map and this operation. */

import type { MapType } from "../../../uapi/map-types.ts";
import { MapError } from "../../errors.ts";
import { atLeast } from "../release.ts";
import { ERRNO, type SystemError } from "../sys/system-error.ts";
import type { RawMap } from "./raw-map.ts";

export type MapOperation = "get" | "set" | "delete" | "take" | "iterate" | "freeze";

/** `BPF_F_LOCK` of linux/bpf.h. */
export const BPF_F_LOCK = 4;

/** Maps whose values are descriptors, and of what. */
const HELD: Partial<Readonly<Record<MapType, string>>> = {
  prog_array: "a program of the type of those that are there",
  perf_event_array: "a perf event",
  cgroup_array: "a control group",
  array_of_maps: "a map like the inner map that was declared",
  hash_of_maps: "a map like the inner map that was declared",
  sockmap: "a socket: TCP (connected or listening), UDP, Unix or vsock",
  sockhash: "a socket: TCP (connected or listening), UDP, Unix or vsock",
  xskmap: "a socket of AF_XDP",
  reuseport_sockarray: "a TCP (listening) or UDP socket with SO_REUSEPORT that is bound",
};

/** Maps whose keys are descriptors, and of what. */
const OWNERS: Partial<Readonly<Record<MapType, string>>> = {
  sk_storage: "a socket",
  inode_storage: "a file",
  task_storage: "a process (pidfd_open)",
  cgrp_storage: "a control group",
};

/** What an error number says of one entry. */
interface Meaning {
  readonly code: MapError["code"];
  readonly why: string;
}

/**
 * @param flags that the operation was given.
 * @returns the error to throw; its cause is the system call's.
 */
export function mapError(map: RawMap, operation: MapOperation, cause: SystemError, flags = 0): MapError {
  const { name, type } = map.spec;
  const { code, why } = meaningOf(map, operation, cause, flags);
  return new MapError(name, code, `map ${name} (${type}): ${operation}: ${why}`, { cause });
}

function meaningOf(map: RawMap, operation: MapOperation, cause: SystemError, flags: number): Meaning {
  const { type, maxEntries, valueSize } = map.spec;
  const { keys, fixed } = map.kind;
  const means = (code: MapError["code"], why: string): Meaning => ({ code, why });
  const held = HELD[type];
  const owner = OWNERS[type];
  switch (cause.errno) {
    case ERRNO.E2BIG:
      // Arrays say E2BIG for a key beyond their end, hashes for one entry too many.
      if (keys !== "index") return means("full", `it holds its ${maxEntries} entries already`);
      return means("not-found", `key ${keyNumber(map.key)} is beyond its ${maxEntries} entries (0 to ${maxEntries - 1})`);
    case ERRNO.ENOSPC:
      if (operation === "set") return means("full", `it holds its ${maxEntries} entries already`);
      return means("unsupported", `its values are ${valueSize} bytes: with 8, a socket reads as its cookie (Linux 5.8)`);
    case ERRNO.EEXIST:
      return means("exists", fixed ? "every key of an array is there from the start" : "there is an entry with this key");
    case ERRNO.ENOENT:
      if (type === "reuseport_sockarray")
        return means("invalid", "the socket is in no group: set SO_REUSEPORT before it is bound");
      if (type.endsWith("cgroup_storage")) return means("not-found", "an entry is there once a program is attached to its group");
      return means("not-found", "there is no entry with this key");
    case ERRNO.ENOMEM:
      return means("memory", "the kernel has no memory for it");
    case ERRNO.ESRCH:
      return means("not-found", "the process is gone");
    case ERRNO.EPERM:
      return means("unsupported", "not permitted: it is frozen, or was made or opened for reading (or writing) alone");
    case ERRNO.EBUSY:
      if (operation === "freeze") return means("busy", "it is mapped into memory for writing; let go of its views first");
      return means("busy", "it is in use by the kernel; try again");
    case ERRNO.EBADF:
    case ERRNO.ENOTSOCK:
      if (owner !== undefined)
        return means("invalid", `expected the descriptor of ${owner} as key, found ${descriptor(map.key)}`);
      if (held === undefined || operation !== "set") return means("closed", "it was closed");
      return means("invalid", `expected the descriptor of ${held}, found ${descriptor(map.value)}`);
    case ERRNO.ENODEV:
      return means("invalid", `there is no CPU ${keyNumber(map.key)}`);
    case ERRNO.EOVERFLOW:
      return means("invalid", `a queue has room for at most 16384 packets, found ${descriptor(map.value)}`);
    case ERRNO.EOPNOTSUPP:
    case ERRNO.ENOTSUPP:
      if (operation === "set" && held !== undefined) return means("invalid", `expected the descriptor of ${held}`);
      return means("unsupported", withoutOperation(map, operation));
    case ERRNO.EINVAL:
      return refusedArgument(map, operation, flags);
    default:
      return means("invalid", cause.message);
  }
}

/** EINVAL: what of it the kernel does not take. */
function refusedArgument(map: RawMap, operation: MapOperation, flags: number): Meaning {
  const { type, keySize } = map.spec;
  const { keys, fixed } = map.kind;
  const means = (code: MapError["code"], why: string): Meaning => ({ code, why });
  if (keys === "none" && operation !== "set") return means("unsupported", `maps of type ${type} have no keys`);
  if ((flags & BPF_F_LOCK) !== 0) return means("invalid", "lock: its values have no bpf_spin_lock");
  if (operation === "delete" && fixed) return means("unsupported", "its entries cannot be deleted; set them to zero instead");
  if (operation === "take") return means("unsupported", withoutOperation(map, operation));
  if (operation !== "set") return means("invalid", "the kernel does not take this key (EINVAL)");
  const held = HELD[type];
  if (type.endsWith("cgroup_storage") && flags !== 0)
    return means("invalid", "its entries are made by the kernel: the mode is replace");
  if (held !== undefined && flags !== 0 && /^(prog|perf_event|cgroup)_array$|^array_of_maps$/.test(type))
    return means("invalid", `maps of type ${type} take only the mode any`);
  if (held !== undefined) return means("invalid", `expected the descriptor of ${held}, found ${descriptor(map.value)}`);
  switch (type) {
    case "lpm_trie":
      return means("invalid", `the prefix length is more than the key's ${(keySize - 4) * 8} bits`);
    case "devmap":
    case "devmap_hash":
      return means("invalid", `there is no network device ${descriptor(map.value)} here, or its program is no xdp/devmap`);
    case "cpumap":
      return means("invalid", "its program is no xdp/cpumap");
    default:
      return means("invalid", "the kernel does not take this key, value or mode (EINVAL)");
  }
}

function withoutOperation(map: RawMap, operation: MapOperation): string {
  const { type } = map.spec;
  const { release } = map.kernel.facts;
  if (operation === "freeze")
    return "a map whose values have special fields (locks, timers, pointers of the kernel) cannot be frozen";
  if (operation === "take" && map.kind.keys === "table" && !atLeast(release, "5.14"))
    return `taking one entry of a hash needs Linux 5.14, this is ${release}`;
  return `maps of type ${type} have no such operation`;
}

function keyNumber(key: Uint8Array): number {
  return key.length === 4 ? new DataView(key.buffer, key.byteOffset).getUint32(0, true) : Number.NaN;
}

/** The number that a key or value begins with. */
function descriptor(bytes: Uint8Array): number {
  return bytes.length < 4 ? Number.NaN : new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
}
