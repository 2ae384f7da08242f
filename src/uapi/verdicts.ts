// Data from linux/bpf.h and linux/pkt_cls.h (Linux 6.18): what the return values of programs on packets mean.

import type { ProgramType } from "./program-types.ts";
import { XDP, XDP_VERDICTS } from "./xdp.ts";

/** `enum tcx_action_base`, u32; anything else counts as `next`. */
const TCX = { NEXT: 0xffff_ffff, PASS: 0, DROP: 2, REDIRECT: 7 } as const;

export interface VerdictNames {
  /** For people, one word. */
  name(verdict: number): string;
  /** Whether the packet ends there. */
  drops(verdict: number): boolean;
}

const TCX_NAMES: ReadonlyMap<number, string> = new Map([
  [TCX.NEXT, "next"],
  [TCX.PASS, "pass"],
  [TCX.DROP, "drop"],
  [TCX.REDIRECT, "redirect"],
]);

const tc: VerdictNames = {
  name: (verdict) => TCX_NAMES.get(verdict) ?? "next",
  drops: (verdict) => verdict === TCX.DROP,
};

/** By program type, of those that see packets. */
const NAMES: Readonly<Partial<Record<ProgramType, VerdictNames>>> = {
  xdp: {
    name: (verdict) => XDP_VERDICTS[verdict] ?? `unknown (${verdict})`,
    drops: (verdict) => verdict === XDP.DROP || verdict === XDP.ABORTED || verdict >= XDP_VERDICTS.length,
  },
  sched_cls: tc,
  sched_act: tc,
  // How many bytes are kept.
  socket_filter: { name: (verdict) => (verdict === 0 ? "drop" : "keep"), drops: (verdict) => verdict === 0 },
  // The lowest bit; others are about congestion.
  cgroup_skb: { name: (verdict) => ((verdict & 1) === 0 ? "drop" : "pass"), drops: (verdict) => (verdict & 1) === 0 },
};

/** Null for a type whose programs decide about no packets. */
export function verdictNames(type: ProgramType): VerdictNames | null {
  return NAMES[type] ?? null;
}
