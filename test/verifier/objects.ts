/** Programs of object files, as both sides of a comparison see them. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { readObject } from "../../src/object/read.ts";
import type { ExternSpec, MapSpec, Spec } from "../../src/object/spec.ts";

/** What a kernel said of one program of an object. */
export interface ObjectAnswer {
  readonly file: string;
  readonly program: string;
  readonly accepted: boolean;
  readonly errno: string;
  readonly processed: number;
  readonly states: number;
  /** Microseconds that the kernel took; 0: it did not say. */
  readonly time: number;
  readonly text: string;
  /** Set when the verifier was not asked. */
  readonly failed?: string;
}

/** Objects in folders and below, and those that are named. */
export function objectFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path, { withFileTypes: true, recursive: true })
          .filter((entry) => entry.isFile() && entry.name.endsWith(".o"))
          .map((entry) => join(entry.parentPath, entry.name))
          .sort()
      : [path],
  );
}

/**
 * An object with what its own loader would have filled in: maps whose size it leaves open have some, and values of the kernel's
 * configuration are zero but for the version, which `kernel` says.
 */
export function readWhole(file: string, kernel: string): Spec {
  const spec = readObject(new Uint8Array(readFileSync(file)), { name: basename(file).replace(/\..*/, "") });
  const values = (spec.externs ?? []).filter((extern) => extern.kind === "kconfig");
  const externs = (spec.externs ?? []).filter((extern) => extern.kind !== "kconfig");
  return { ...spec, externs, maps: spec.maps.map((map) => configured(completed(map), values, kernel)) };
}

function completed(map: MapSpec): MapSpec {
  const size = map.type === "ringbuf" || map.type === "user_ringbuf" ? 4096 : 128;
  const inner = map.inner === undefined ? {} : { inner: completed(map.inner) };
  const unbounded = map.maxEntries === 0 && !NO_SIZE.test(map.type);
  const stacks = map.type === "stack_trace" && map.valueSize === 0 ? { valueSize: 127 * 8 } : {};
  return { ...map, ...inner, ...stacks, ...(unbounded ? { maxEntries: size } : {}) };
}

function configured(map: MapSpec, values: readonly ExternSpec[], kernel: string): MapSpec {
  const own = values.filter((value) => value.kind === "kconfig" && value.map === map.name);
  if (own.length === 0) return map;
  const bytes = new Uint8Array(map.valueSize);
  for (const value of own) {
    if (value.kind !== "kconfig" || value.name !== "LINUX_KERNEL_VERSION") continue;
    const [major = 0, minor = 0] = kernel.split(".").map(Number);
    new DataView(bytes.buffer).setUint32(value.offset, (major << 16) | (minor << 8), true);
  }
  return { ...map, contents: { kind: "bytes", bytes } };
}

/** Kinds that have no size of their own, or take the kernel's. */
const NO_SIZE = /perf_event_array|storage|struct_ops/;
