/** Control groups of version 2 by their path. */

import type { Descriptor } from "./descriptors.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Opens the folder of a group: `/web` in the hierarchy of version 2, or that folder's own path.
 * @returns the descriptor, or an error number, negated.
 */
export function openCgroup(kernel: Kernel, path: string): Descriptor | number {
  const root = cgroupRoot(kernel);
  const inside = root === null || path === root || path.startsWith(`${root}/`);
  const folder = inside ? path : `${root}/${path.replace(/^\/+/, "")}`;
  const fd = kernel.transport.open(folder);
  return fd < 0 ? fd : kernel.ledger.adopt(fd, `cgroup ${path}`);
}

/** Where the hierarchy of version 2 is mounted; null when it is not. */
export function cgroupRoot({ facts }: Pick<Kernel, "facts">): string | null {
  const mounts = facts.read("/proc/self/mounts") ?? "";
  // Fields of proc(5): device, place, type; white space in a place is written in octal.
  const place = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  return place?.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))) ?? null;
}
