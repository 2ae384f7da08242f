/** Functions that change an integer in memory in one step, whatever other CPUs do; each gives the old value. */

import type { AtomicOp } from "../../ir/ir.ts";

export const ATOMICS: Readonly<Record<string, AtomicOp>> = {
  atomicAdd: "add",
  atomicAnd: "and",
  atomicOr: "or",
  atomicXor: "xor",
  exchange: "exchange",
  compareExchange: "compare-exchange",
};
