/** Lowers methods of an arena to functions of the kernel (Linux 6.9; `bpf_arena_reserve_pages` 6.17). */

import type { Value } from "../../ir/ir.ts";
import type { Expression } from "../tree.ts";
import { scalar } from "./expressions.ts";
import type { Lowering } from "./lowering.ts";
import { mapPointer } from "./maps.ts";

/** `NUMA_NO_NODE`: pages of any node. */
const ANY_NODE = 0xffff_ffffn;

/** Addresses are those of user space, as the kernel's functions take and give them. */
export function arenaCall(to: Lowering, call: Extract<Expression, { kind: "map-call" }>): Value | null {
  const { ir } = to;
  const [address, count] = call.arguments.map((value) => scalar(to, value));
  if (address === undefined || count === undefined) throw new TypeError(`${call.method} lacks an argument`);
  to.locate(call.at);
  const arena = mapPointer(to, call.map);
  switch (call.method) {
    case "allocPages": {
      const given = [arena, address, count, ir.constant("i32", ANY_NODE), ir.constant("i64", 0)];
      return ir.callKfunc("bpf_arena_alloc_pages", given, "ptr");
    }
    case "freePages":
      ir.callKfunc("bpf_arena_free_pages", [arena, address, count], null);
      return null;
    default:
      return ir.callKfunc("bpf_arena_reserve_pages", [arena, address, count], "i32");
  }
}
