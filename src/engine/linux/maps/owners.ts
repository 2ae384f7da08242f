/**
 * Maps that know sockets, files, processes and control groups by descriptors: as values (sockmaps and their like), or as keys (local
 * storage). User space rarely has a descriptor in hand; it has the thing.
 */

import type { Codec } from "../../../btf/codec.ts";
import type { LookupOptions, UpdateMode, UpdateOptions } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { setOneByOne } from "../../map-operations.ts";
import { openCgroup } from "../cgroups.ts";
import type { Descriptor } from "../descriptors.ts";
import { SystemError } from "../sys/system-error.ts";
import { LinuxMap } from "./map.ts";

/** The number of what has a descriptor: `fd` (files of `node:fs/promises`), or a socket of `node:net` or `node:dgram`. Null: it has none. */
export function descriptorOf(value: unknown): number | null {
  if (typeof value !== "object" || value === null) return null;
  if ("fd" in value && typeof value.fd === "number") return value.fd;
  // Node keeps a socket's to itself: of TCP in `_handle`, of UDP behind a symbol (whose `_handle` warns).
  const state = Object.getOwnPropertySymbols(value).find(({ description }) => description === "state symbol");
  const holder: unknown = state === undefined ? value : (value as Record<symbol, unknown>)[state];
  if (typeof holder !== "object" || holder === null) return null;
  const handle: unknown = "_handle" in holder ? holder._handle : "handle" in holder ? holder.handle : null;
  return handle === value ? null : descriptorOf(handle);
}

/** Of values that are descriptors: takes what has one, too. */
export function holderCodec(codec: Codec): Codec {
  return {
    ...codec,
    encode: (value, bytes, offset, end) => codec.encode(descriptorOf(value) ?? value, bytes, offset, end),
  };
}

/**
 * Local storage: a value for each socket (since 5.2), inode (5.10), task (5.11) or control group (6.2), which goes away with it. A key is a
 * descriptor, or what has one; or a name: the path of a file, `{ pid }`, the path of a control group. Kernels walk over none of these maps.
 */
export class LinuxStorage extends LinuxMap {
  override get(key: unknown, options?: LookupOptions): unknown {
    return this.#with(key, (fd) => super.get(fd, options));
  }

  override has(key: unknown): boolean {
    return this.#with(key, (fd) => super.has(fd));
  }

  override set(key: unknown, value: unknown, mode?: UpdateMode | UpdateOptions): void {
    this.#with(key, (fd) => super.set(fd, value, mode));
  }

  override delete(key: unknown): boolean {
    return this.#with(key, (fd) => super.delete(fd));
  }

  override take(key: unknown): unknown {
    return this.#with(key, (fd) => super.take(fd));
  }

  override setAll(entries: Iterable<readonly [unknown, unknown]>, mode?: UpdateMode | UpdateOptions): void {
    setOneByOne(entries, (key, value) => this.set(key, value, mode));
  }

  override deleteAll(keys: Iterable<unknown>): number {
    let count = 0;
    for (const key of keys) if (this.delete(key)) count++;
    return count;
  }

  /** What is opened for the operation is closed after it. */
  #with<Result>(key: unknown, use: (fd: unknown) => Result): Result {
    this.raw.mustBeOpen();
    const known = descriptorOf(key);
    if (known !== null || typeof key === "number") return use(known ?? key);
    const opened = this.#open(key);
    if (opened === null) return use(key);
    if (typeof opened !== "number") {
      using owner = opened;
      return use(owner.fd);
    }
    const cause = new SystemError("open", -opened);
    const message = `map ${this.name} (${this.spec.type}): expected ${EXPECTED[this.spec.type] ?? "a descriptor"}, found ${show(key)}: ${cause.code}`;
    throw new MapError(this.name, cause.code === "ESRCH" ? "not-found" : "invalid", message, { cause });
  }

  /** Null: it is no name; the descriptor, or an error number, negated. */
  #open(key: unknown): Descriptor | number | null {
    const { kernel } = this.raw;
    switch (this.spec.type) {
      case "cgrp_storage":
        return typeof key === "string" ? openCgroup(kernel, key) : null;
      case "inode_storage":
        return typeof key === "string" ? this.#adopt(kernel.transport.open(key), key) : null;
      case "task_storage": {
        const pid = typeof key === "object" && key !== null && "pid" in key ? key.pid : null;
        return typeof pid === "number" ? this.#adopt(kernel.transport.openProcess(pid), `process ${pid}`) : null;
      }
      default:
        return null;
    }
  }

  #adopt(fd: number, what: string): Descriptor | number {
    return fd < 0 ? fd : this.raw.kernel.ledger.adopt(fd, what);
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  cgrp_storage: "a control group like /web/api",
  inode_storage: "a file",
  task_storage: "a process as { pid }",
};

const show = (key: unknown): string => JSON.stringify(key) ?? typeof key;
