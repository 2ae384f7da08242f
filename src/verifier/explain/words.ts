/** Values in words: what a register holds, as one would say it. */

import { constantOf, type LogValue, mayBeNull, offsetOf, rangeOf } from "./log/values.ts";

const POINTERS: readonly (readonly [RegExp, string])[] = [
  [/^ctx/, "the context pointer"],
  [/^pkt_end/, "the end of the packet"],
  [/^pkt_meta/, "a pointer to the packet's metadata"],
  [/^pkt/, "a pointer into the packet"],
  [/^map_ptr/, "a map"],
  [/^map_value/, "a pointer to a value of a map"],
  [/^map_key/, "a pointer to a key of a map"],
  [/^fp/, "a pointer to the stack"],
  [/^(?:sock_common|sock|tcp_sock|xdp_sock)/, "a socket"],
  [/^(?:ringbuf_mem|alloc_mem)/, "an entry of a ring buffer"],
  [/^(?:rdonly_mem)/, "a pointer to read-only memory"],
  [/^(?:mem|dynptr_mem|rdonly_untrusted_mem)/, "a pointer to memory"],
  [/^(?:buf|rdonly_buf|rdwr_buf)/, "a pointer to a buffer"],
  [/^(?:percpu_)/, "a pointer to a per-CPU object"],
  [/^(?:user_)/, "a pointer to memory of user space"],
  [/^(?:rcu_)/, "a kernel pointer that is valid within an RCU section"],
  [/^(?:untrusted_)/, "a kernel pointer that nobody vouches for"],
  [/^(?:trusted_)/, "a kernel object"],
  [/^ptr_/, "a kernel pointer that nobody vouches for"],
  [/^func/, "a function"],
  [/^dynptr/, "a dynptr"],
  [/^flow_keys/, "a pointer to the flow keys"],
  [/^arena/, "a pointer into the arena"],
];

/** E.g. `a number from 0 to 255`, `a pointer to a value of a map, or NULL`. */
export function describeValue(value: LogValue): string {
  if (value.type === "scalar") return describeNumber(value);
  const owned = /^ptr_/.test(value.type) && value.fields.has("ref_obj_id");
  const words = owned ? "a kernel object" : describeType(value.type);
  const struct = /^(?:trusted_|untrusted_|rcu_|user_|percpu_)*ptr_(?:or_null_)?(\w+)/.exec(value.type)?.[1];
  return `${words}${struct === undefined ? "" : ` (struct ${struct})`}${mayBeNull(value) ? ", or NULL" : ""}`;
}

/** Of a type as logs name it: `map_value_or_null`. */
export function describeType(type: string): string {
  return POINTERS.find(([pattern]) => pattern.test(type))?.[1] ?? (/^(?:scalar|inv|imm)$/.test(type) ? "a number" : `a ${type}`);
}

function describeNumber(value: LogValue): string {
  const constant = constantOf(value);
  if (constant !== null) return `the number ${constant}`;
  const { low, high } = limitsOf(value);
  if (low === null && high === null) return "a number that may be anything";
  if (low === null) return `a number of at most ${high}, which may be negative`;
  if (high === null) return `a number of at least ${low}`;
  return `a number from ${low} to ${high}`;
}

/** Signed limits, where something is known that is less than 64 bits wide. */
export function limitsOf(value: LogValue): { readonly low: bigint | null; readonly high: bigint | null } {
  const { smin, smax, umin, umax } = rangeOf(value);
  const unsignedFits = umax !== null && umax < 1n << 63n;
  const low = smin ?? umin ?? (unsignedFits ? 0n : null);
  const high = smax ?? (unsignedFits ? umax : null);
  return { low, high: umax !== null && (low ?? -1n) >= 0n && (high === null || umax < high) ? umax : high };
}

/** Pointers: how far from its beginning, in words. */
export function describeOffset(value: LogValue): string {
  const constant = offsetOf(value);
  const { low, high } = limitsOf(value);
  if (high === null && low === null) return `${constant}`;
  if (low !== null && low === high) return `${constant + Number(low)}`;
  return `${low === null ? "something negative" : constant + Number(low)} to ${high === null ? "anything" : constant + Number(high)}`;
}

/** `bytes(1)` → `1 byte`. */
export function bytes(count: number | bigint): string {
  return `${count} ${Number(count) === 1 ? "byte" : "bytes"}`;
}

export function ordinal(number: number): string {
  return ["first", "second", "third", "fourth", "fifth"][number - 1] ?? `${number}th`;
}
