/**
 * What this machine says of itself in /proc and /sys, read only when somebody asks: to explain a failure, or to say before
 * anything is tried why it would fail.
 */

import { readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";

/** Where facts come from: the machine, or a test. */
export interface Facts {
  /** `uname -r`, e.g. `6.18.44`. */
  readonly release: string;
  /** A file's text without surrounding white space; null when it cannot be read. */
  read(path: string): string | null;
  /** A file's bytes; null when it cannot be read. */
  bytes(path: string): Uint8Array | null;
  /** Names in a folder; none when it cannot be read. */
  list(path: string): readonly string[];
}

export const MACHINE: Facts = {
  release: release(),
  read(path) {
    try {
      return readFileSync(path, "utf8").trim();
    } catch {
      return null;
    }
  },
  bytes(path) {
    try {
      return new Uint8Array(readFileSync(path));
    } catch {
      return null;
    }
  },
  list(path) {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
};

/**
 * CPUs that could ever be: a per-CPU value has a place for each, present or not. 1 when the machine does not say.
 * The file holds ranges: `0-3,8`.
 */
export function possibleCpus(facts: Facts): number {
  const text = facts.read("/sys/devices/system/cpu/possible");
  let count = 0;
  for (const range of text?.split(",") ?? []) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range.trim());
    if (match === null) return 1;
    count += Number(match[2] ?? match[1]) - Number(match[1]) + 1;
  }
  return Math.max(count, 1);
}

/** Network interfaces of this network namespace. `lo` last: nobody means it. */
export function interfaceNames(facts: Facts): readonly string[] {
  const names = facts.list("/sys/class/net").filter((name) => facts.read(`/sys/class/net/${name}/ifindex`) !== null);
  return names.sort((a, b) => Number(a === "lo") - Number(b === "lo") || a.localeCompare(b));
}
