/** What programs return, and what the kernel takes it for: any other number is refused, or means something nobody meant. */

import { INTS, type IntType } from "../types.ts";
import { BPF_CONSTANTS } from "./constants.ts";

export interface Verdicts {
  readonly type: IntType;
  /** What may be returned, both ends inclusive; null: any number of the type. */
  readonly ranges: readonly (readonly [least: number, most: number])[] | null;
  /** For people. */
  readonly described: string;
  /** It is a yes or no, so a bool may be returned. */
  readonly answer: boolean;
  /** A program may return nothing, which is 0: nobody asks what it returns, or 0 changes nothing. */
  readonly silent: boolean;
}

type ConstantName = keyof typeof BPF_CONSTANTS;

/** Constants of the kernel's headers. */
function named(type: IntType, ...names: readonly ConstantName[]): Verdicts {
  const ranges = names.map((name) => [BPF_CONSTANTS[name], BPF_CONSTANTS[name]] as const);
  return { type, ranges, described: names.join(", "), answer: false, silent: false };
}

function between(type: IntType, least: number, most: number, described: string, silent = false): Verdicts {
  return { type, ranges: [[least, most]], described, answer: least === 0 && most === 1, silent };
}

const { i32, u32 } = INTS;

const TC = named(
  i32,
  ...(["TC_ACT_UNSPEC", "TC_ACT_OK", "TC_ACT_RECLASSIFY", "TC_ACT_SHOT", "TC_ACT_PIPE", "TC_ACT_STOLEN"] as const),
  ...(["TC_ACT_QUEUED", "TC_ACT_REPEAT", "TC_ACT_REDIRECT", "TC_ACT_TRAP"] as const),
);

export const VERDICTS = {
  xdp: named(u32, "XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT"),
  tc: TC,
  tcx: named(i32, "TCX_NEXT", "TCX_PASS", "TCX_DROP", "TCX_REDIRECT"),
  /** `skb->len` bytes or more: all of them. */
  kept: { type: u32, ranges: null, described: "the number of bytes to keep", answer: false, silent: false },
  allow: between(u32, 0, 1, "0 (refuse) or 1 (allow)"),
  /** Bit 1: go on, and slow down (skb), or bind without CAP_NET_BIND_SERVICE. */
  allowMore: { ...between(u32, 0, 3, "0 (refuse) or 1 (allow), and 2 more"), answer: true },
  must: between(u32, 1, 1, "1: this hook cannot refuse"),
  /** The operations that ask look at `ctx.reply`. */
  sockOps: between(u32, 0, 1, "0 or 1", true),
  sk: named(u32, "SK_DROP", "SK_PASS"),
  /** Length of a message, 0: more is needed. */
  length: { type: i32, ranges: null, described: "a length, 0, or an error", answer: false, silent: false },
  flow: named(u32, "BPF_OK", "BPF_DROP", "BPF_FLOW_DISSECTOR_CONTINUE"),
  lwt: named(u32, "BPF_OK", "BPF_DROP", "BPF_LWT_REROUTE"),
  lwtXmit: named(u32, "BPF_OK", "BPF_DROP", "BPF_REDIRECT", "BPF_LWT_REROUTE"),
  netfilter: named(u32, "NF_DROP", "NF_ACCEPT"),
  /** What nobody asks for, or what only the caller knows to read. */
  any: { type: i32, ranges: null, described: "any number", answer: false, silent: true },
  zero: between(i32, 0, 0, "0, or nothing", true),
  /** Of a session, when the function is entered. */
  session: between(u32, 0, 1, "0 (also when the function returns) or 1 (not then)", true),
  /** Of an iterator, 1: this object again. */
  again: between(u32, 0, 1, "0, or 1 for this one again", true),
  lsm: between(i32, -4095, 0, "0 (allow) or a negative error number such as -EPERM", true),
} as const satisfies Readonly<Record<string, Verdicts>>;
