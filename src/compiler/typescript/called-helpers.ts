/** Which helper of the kernel an expression calls, in whatever shape the language has it. */

import type { HelperName } from "../../uapi/helpers.ts";
import { helperNamed, isNamedHelper } from "./library/helpers.ts";
import { helperOfMethod } from "./library/map-helpers.ts";
import type { Expression } from "./tree.ts";

/** Values that bpf_trace_printk takes. */
const MOST_PRINTED = 3;

/** Null where none is called, where more than one would do, and for those that every hook has. */
export function calledHelper(node: Expression): HelperName | null {
  switch (node.kind) {
    case "helper":
    case "call-back":
      return node.helper;
    case "map-call": {
      const context = node.arguments.find(({ type }) => type.kind === "context")?.type;
      return helperOfMethod(node.map.kind.type, node.method, context?.kind === "context" ? context.name : null);
    }
    case "special-call":
      return node.moves === true && "helper" in node.callee ? node.callee.helper : null;
    case "print":
      if (node.helper !== null) return node.helper;
      return node.arguments.length > MOST_PRINTED ? "bpf_trace_vprintk" : "bpf_trace_printk";
    default:
      return null;
  }
}

/** Whether the packet may lie elsewhere after a helper that `calledHelper` names: `bpf_dynptr_write` is that of a packet. */
export function movesPacket(name: HelperName): boolean {
  return name === "bpf_dynptr_write" || (isNamedHelper(name) && helperNamed(name).moves);
}
