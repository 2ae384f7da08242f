/** Which helper of the kernel an expression calls, in whatever shape the language has it. */

import type { HelperName } from "../../uapi/helpers.ts";
import { helperNamed, isNamedHelper } from "./library/helpers.ts";
import { MAP_HELPERS } from "./library/map-helpers.ts";
import type { Expression } from "./tree.ts";

/** Null where none is called, where more than one would do, and for those that every hook has. */
export function calledHelper(node: Expression): HelperName | null {
  switch (node.kind) {
    case "helper":
    case "call-back":
      return node.helper;
    case "map-call": {
      const helper = MAP_HELPERS[node.map.kind.type]?.[node.method]?.helper;
      if (typeof helper === "string") return helper;
      return node.map.kind.family === "perf" ? "bpf_perf_event_output" : null;
    }
    default:
      return null;
  }
}

/** Whether the packet may lie elsewhere after a helper. */
export function movesPacket(name: HelperName): boolean {
  return isNamedHelper(name) && helperNamed(name).moves;
}
