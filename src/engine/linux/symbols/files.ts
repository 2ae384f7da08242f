/**
 * Which file a name means: a path as it is; `libc.so.6` as the dynamic linker would find it (its cache, then its folders); `bash` as a shell
 * would. With a process, what that one has mapped, in its own mount namespace.
 */

import type { Facts } from "../facts.ts";

const CACHE = "/etc/ld.so.cache";
const CACHE_MAGIC = "glibc-ld.so.cache1.1";
const FOLDERS = [
  "/lib64",
  "/usr/lib64",
  "/lib/x86_64-linux-gnu",
  "/usr/lib/x86_64-linux-gnu",
  "/lib/aarch64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/lib",
  "/usr/lib",
  "/usr/local/lib",
];

/** Whether there is such a file. */
export type Exists = (path: string) => boolean;

/** Null when no file goes by that name. */
export function findFile(facts: Facts, exists: Exists, name: string, pid?: number): string | null {
  if (pid !== undefined) {
    const mapped = mappedFile(facts, name, pid);
    if (mapped !== null) return mapped;
  }
  if (name.includes("/")) return exists(name) ? name : null;
  if (/\.so(\.|$)/.test(name) || name.startsWith("lib")) {
    const cached = fromCache(facts, name);
    if (cached !== null && exists(cached)) return cached;
    const found = FOLDERS.map((folder) => `${folder}/${name}`).find(exists);
    if (found !== undefined) return found;
  }
  const folders = (process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(":");
  return folders.map((folder) => `${folder}/${name}`).find((path) => path.startsWith("/") && exists(path)) ?? null;
}

/** `/proc/PID/maps` (proc(5)): a mapped file whose path, or last part of it, is that name. */
function mappedFile(facts: Facts, name: string, pid: number): string | null {
  for (const line of (facts.read(`/proc/${pid}/maps`) ?? "").split("\n")) {
    const path = /^\S+ \S+ \S+ \S+ \S+ +(\/.*)$/.exec(line)?.[1];
    if (path === undefined) continue;
    if (path === name || (!name.includes("/") && isNamed(path.slice(path.lastIndexOf("/") + 1), name)))
      return `/proc/${pid}/root${path}`;
  }
  return null;
}

/** `libc.so.6` is meant by that, by `libc.so` and by `libc`. */
function isNamed(file: string, name: string): boolean {
  return file === name || (file.startsWith(name) && /^(\.so)?[.\d]*$/.test(file.slice(name.length)) && file.includes(".so"));
}

/**
 * glibc's cache (elf/cache.c): behind a header of 48 bytes, entries of 24: flags, name and path as offsets from the header, versions. An old
 * cache may stand before it.
 */
function fromCache(facts: Facts, name: string): string | null {
  const bytes = facts.bytes(CACHE);
  if (bytes === null) return null;
  const text = new TextDecoder("latin1").decode(bytes);
  const start = text.indexOf(CACHE_MAGIC);
  if (start < 0 || start + 48 > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(start + 20, true);
  const textAt = (offset: number): string => {
    const end = text.indexOf("\0", start + offset);
    return text.slice(start + offset, end < 0 ? text.length : end);
  };
  for (let entry = 0; entry < count; entry++) {
    const at = start + 48 + entry * 24;
    if (at + 24 > bytes.length) break;
    // 64-bit libraries have a flag of their processor in the second byte: 3 x86-64, 0x0a aarch64.
    if (view.getInt32(at, true) >> 8 === 0) continue;
    if (isNamed(textAt(view.getUint32(at + 4, true)), name)) return textAt(view.getUint32(at + 8, true));
  }
  return null;
}
