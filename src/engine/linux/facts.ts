/**
 * What this machine says of itself in /proc and /sys, read only when somebody asks: to explain a failure, or to say before
 * anything is tried why it would fail.
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
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
  /** Where a symbolic link leads, as it is written; null when it is none, or cannot be read. */
  link(path: string): string | null;
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
  link(path) {
    try {
      return readlinkSync(path);
    } catch {
      return null;
    }
  },
};

/**
 * CPUs that could ever be: a per-CPU value has a place for each, present or not. 1 when the machine does not say.
 */
export function possibleCpus(facts: Facts): number {
  return Math.max(cpuList(facts.read("/sys/devices/system/cpu/possible"))?.length ?? 1, 1);
}

/** Numbers of CPUs as the kernel lists them, in ranges: `0-3,8`. Null when that is no such list. */
export function cpuList(text: string | null): readonly number[] | null {
  const cpus: number[] = [];
  for (const range of text?.split(",") ?? []) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range.trim());
    if (match === null) return null;
    for (let cpu = Number(match[1]); cpu <= Number(match[2] ?? match[1]); cpu++) cpus.push(cpu);
  }
  return cpus;
}

/** Network interfaces of this network namespace. `lo` last: nobody means it. */
export function interfaceNames(facts: Facts): readonly string[] {
  const names = facts.list("/sys/class/net").filter((name) => facts.read(`/sys/class/net/${name}/ifindex`) !== null);
  return names.sort((a, b) => Number(a === "lo") - Number(b === "lo") || a.localeCompare(b));
}
