/** The configuration that the running kernel was built with, and the names that libbpf adds to it. */

import { gunzipSync } from "node:zlib";
import type { ConfigValue } from "../kernel-config.ts";
import type { Facts } from "./facts.ts";
import { kernelVersion } from "./kernel-version.ts";
import { atLeast } from "./release.ts";

/** @returns what a name is set to; undefined when it is not set, or the kernel does not tell its configuration. */
export function kernelConfig(facts: Facts): (name: string) => ConfigValue | undefined {
  let lines: ReadonlyMap<string, string> | undefined;
  return (name) => {
    const virtual = VIRTUAL[name];
    if (virtual !== undefined) return virtual(facts);
    lines ??= new Map(
      Array.from((readConfig(facts) ?? "").matchAll(/^(\w+)=(.*)$/gm), ([, key = "", value = ""]) => [key, value]),
    );
    const value = lines.get(name);
    if (value === undefined) return undefined;
    if (value.startsWith('"')) return value.slice(1, -1).replace(/\\(.)/g, "$1");
    return value;
  };
}

/** libbpf.c, `bpf_object__resolve_externs`: not of the configuration, but declared like it. */
const VIRTUAL: Readonly<Record<string, (facts: Facts) => ConfigValue>> = {
  LINUX_KERNEL_VERSION: kernelVersion,
  LINUX_HAS_BPF_COOKIE: ({ release }) => (atLeast(release, "5.15") ? 1 : 0),
  LINUX_HAS_SYSCALL_WRAPPER: ({ release }) => (atLeast(release, "4.17") ? 1 : 0),
};

/** As libbpf: beside the kernel's image, else what the kernel carries (CONFIG_IKCONFIG_PROC). */
function readConfig(facts: Facts): string | null {
  const file = facts.read(`/boot/config-${facts.release}`);
  if (file !== null) return file;
  const packed = facts.bytes("/proc/config.gz");
  return packed === null ? null : gunzipSync(packed).toString("utf8");
}
