/**
 * What is counted, by the names that perf(1) has for it: `cpu-clock`, `cpu-cycles`; `L1-dcache-load-misses`; `r1a8`, a number of the processor's;
 * `mem:0x1234:w`, accesses to an address; `cpu/event=0x3c,umask=0x1/` and `power/energy-pkg/`, what /sys/bus/event_source/devices lists.
 *
 * linux/perf_event.h, linux/hw_breakpoint.h; Documentation/ABI/testing/sysfs-bus-event_source-devices-{events,format}.
 */

import { nearest } from "../../../nearest.ts";
import type { Facts } from "../facts.ts";
import { PERF_EVENTS, PERF_TYPE } from "./perf-attribute.ts";

/** As `struct perf_event_attr` has it. */
export interface PerfEventName {
  readonly type: number;
  readonly config: bigint;
  readonly config1?: bigint;
  readonly config2?: bigint;
  /** `HW_BREAKPOINT_*`. */
  readonly breakpoint?: number;
  /** Each is worth a call: they are rare. */
  readonly single: boolean;
}

/** What a name lacks, for a message. */
export class PerfNameError extends Error {
  override readonly name = "PerfNameError";
}

const DEVICES = "/sys/bus/event_source/devices";

/** @throws PerfNameError */
export function perfEventNamed(facts: Facts, name: string): PerfEventName {
  const known = PERF_EVENTS[name];
  if (known !== undefined) {
    const [type, config] = known;
    return { type, config: BigInt(config), single: type === PERF_TYPE.software && config > 1 };
  }
  const raw = /^r([0-9a-f]{1,16})$/.exec(name)?.[1];
  return (
    cacheEvent(name) ??
    (raw === undefined ? null : { type: PERF_TYPE.raw, config: BigInt(`0x${raw}`), single: false }) ??
    breakpoint(name) ??
    deviceEvent(facts, name) ??
    unknown(name)
  );
}

function unknown(name: string): never {
  const names = [...Object.keys(PERF_EVENTS), ...cacheNames()];
  const near = nearest(name, names);
  const list =
    near === null
      ? `there are ${Object.keys(PERF_EVENTS).join(", ")}, L1-dcache-loads …, r1a8, mem:0x1234:w, cpu/event=0x3c/`
      : `did you mean ${near}?`;
  throw new PerfNameError(`nobody counts ${JSON.stringify(name)}; ${list}`);
}

/** `enum perf_hw_cache_id`, `perf_hw_cache_op_id`, `perf_hw_cache_op_result_id`. */
const CACHES = ["L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB", "branch", "node"] as const;
const OPERATIONS = ["load", "store", "prefetch"] as const;

function cacheEvent(name: string): PerfEventName | null {
  for (const [cache, prefix] of CACHES.entries()) {
    const rest = name.startsWith(`${prefix}-`) ? name.slice(prefix.length + 1) : null;
    if (rest === null) continue;
    for (const [operation, word] of OPERATIONS.entries()) {
      const result = rest === `${word}${word === "prefetch" ? "es" : "s"}` ? 0 : rest === `${word}-misses` ? 1 : -1;
      if (result >= 0) return { type: PERF_TYPE.cache, config: BigInt(cache | (operation << 8) | (result << 16)), single: false };
    }
  }
  return null;
}

const cacheNames = (): readonly string[] =>
  CACHES.flatMap((cache) =>
    OPERATIONS.flatMap((word) => [`${cache}-${word}${word === "prefetch" ? "es" : "s"}`, `${cache}-${word}-misses`]),
  );

/** `HW_BREAKPOINT_R`, `_W`, `_X`. */
const ACCESS = { r: 1, w: 2, x: 4 } as const;

/** `mem:ADDRESS[/BYTES][:ACCESS]`: reads and writes of 4 bytes, unless it says otherwise; executed instructions have no length. */
function breakpoint(name: string): PerfEventName | null {
  const [, address, bytes, access = "rw"] = /^mem:(0x[0-9a-f]+|\d+)(?:\/(\d+))?(?::([rwx]+))?$/i.exec(name) ?? [];
  if (address === undefined) return null;
  const kinds = [...access] as (keyof typeof ACCESS)[];
  const mask = kinds.reduce((sum, kind) => sum | ACCESS[kind], 0);
  if (mask > ACCESS.x) throw new PerfNameError(`${name}: an address is watched for r, w, rw or x`);
  // The kernel wants the size of a long for instructions.
  const length = mask === ACCESS.x ? 8 : Number(bytes ?? 4);
  if (![1, 2, 4, 8].includes(length)) throw new PerfNameError(`${name}: expected 1, 2, 4 or 8 bytes, found ${bytes}`);
  return {
    type: PERF_TYPE.breakpoint,
    config: 0n,
    config1: BigInt(address),
    config2: BigInt(length),
    breakpoint: mask,
    single: true,
  };
}

/** `DEVICE/TERMS/`: terms are fields of the device's format with their values, or an event of it that stands for some. */
function deviceEvent(facts: Facts, name: string): PerfEventName | null {
  const [, device, terms = ""] = /^([\w.-]+)\/([^/]*)\/?$/.exec(name) ?? [];
  if (device === undefined) return null;
  const type = facts.read(`${DEVICES}/${device}/type`);
  if (type === null) {
    const near = nearest(device, facts.list(DEVICES));
    throw new PerfNameError(`${name}: there is no ${DEVICES}/${device}${near === null ? "" : `; did you mean ${near}?`}`);
  }
  const values = [0n, 0n, 0n];
  const put = (term: string): void => {
    const [field = "", value = "1"] = term.split("=");
    const format = facts.read(`${DEVICES}/${device}/format/${field}`);
    if (format === null) {
      const alias = facts.read(`${DEVICES}/${device}/events/${field}`);
      if (alias !== null && !term.includes("=")) {
        for (const part of alias.split(",")) put(part);
        return;
      }
      const all = [...facts.list(`${DEVICES}/${device}/events`), ...facts.list(`${DEVICES}/${device}/format`)];
      throw new PerfNameError(`${name}: ${device} has no ${field}; it has ${all.join(", ") || "nothing"}`);
    }
    if (!/^(0x[0-9a-f]+|\d+)$/i.test(value)) throw new PerfNameError(`${name}: expected a number, found ${term}`);
    spread(format, BigInt(value), values);
  };
  if (terms !== "") for (const term of terms.split(",")) put(term);
  const [config = 0n, config1 = 0n, config2 = 0n] = values;
  return { type: Number(type), config, config1, config2, single: false };
}

/** `config:0-7,32-35`: where the bits of a value go, lowest first. */
function spread(format: string, value: bigint, values: bigint[]): void {
  const [, word = "", ranges = ""] = /^config(\d?):(.*)$/.exec(format) ?? [];
  const place = Number(word || 0);
  let left = value;
  for (const range of ranges.split(",")) {
    const [from = 0, to = from] = range.split("-").map(Number);
    const bits = BigInt(to - from + 1);
    values[place] = (values[place] ?? 0n) | ((left & ((1n << bits) - 1n)) << BigInt(from));
    left >>= bits;
  }
}
