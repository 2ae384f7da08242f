/** From an error number to what it means for this map and this operation. */

import { MapError } from "../../errors.ts";
import { ERRNO, type SystemError } from "../sys/system-error.ts";
import type { RawMap } from "./raw-map.ts";

export type MapOperation = "get" | "set" | "delete" | "take" | "iterate" | "freeze";

/** @returns the error to throw; its cause is the system call's. */
export function mapError(map: RawMap, operation: MapOperation, cause: SystemError): MapError {
  const { name, type, maxEntries, keySize } = map.spec;
  const error = (code: MapError["code"], why: string) =>
    new MapError(name, code, `map ${name} (${type}): ${operation}: ${why}`, { cause });
  const { keys } = map.kind;
  switch (cause.errno) {
    case ERRNO.E2BIG:
      // Arrays say E2BIG for a key beyond their end, hashes for one entry too many.
      if (keys !== "index") return error("full", `it holds its ${maxEntries} entries already`);
      return error("not-found", `key ${keyNumber(map.key)} is beyond its ${maxEntries} entries (0 to ${maxEntries - 1})`);
    case ERRNO.ENOSPC:
      return error("full", `it holds its ${maxEntries} entries already`);
    case ERRNO.EEXIST:
      return error(
        "exists",
        keys === "index" ? "every key of an array is there from the start" : "there is an entry with this key",
      );
    case ERRNO.ENOENT:
      return error("not-found", "there is no entry with this key");
    case ERRNO.ENOMEM:
      return error("memory", "the kernel has no memory for it");
    case ERRNO.EBADF:
      return error("closed", "it was closed");
    case ERRNO.EPERM:
      return error("unsupported", "not permitted: it is frozen, or was made read-only for user space");
    case ERRNO.EBUSY:
      return operation === "freeze"
        ? error("invalid", "it is mapped into memory for writing; unmap it first")
        : error("invalid", "it is in use by the kernel; try again");
    case ERRNO.EOPNOTSUPP:
    case ERRNO.ENOTSUPP:
      return error("unsupported", `maps of type ${type} have no such operation`);
    case ERRNO.EINVAL:
      if (operation === "delete" && keys === "index")
        return error("unsupported", "arrays keep all their entries; set it to zero instead");
      if (keys === "none" || keySize === 0) return error("unsupported", `maps of type ${type} have no keys`);
      if (type === "lpm_trie") return error("invalid", `the prefix length is more than the key's ${(keySize - 4) * 8} bits`);
      return error("invalid", "the kernel does not take this key, value or mode (EINVAL)");
    default:
      return error("invalid", cause.message);
  }
}

function keyNumber(key: Uint8Array): number {
  return key.length === 4 ? new DataView(key.buffer, key.byteOffset).getUint32(0, true) : Number.NaN;
}
