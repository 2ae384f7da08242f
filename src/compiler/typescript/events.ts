/** Checks how a program sends records: ring buffers and perf event arrays. That every reservation is handed back is checked in `reservations.ts`. */

import { expression, typed } from "./expressions.ts";
import { isContext } from "./helper-calls.ts";
import { cannot, type MethodCall, methodArguments } from "./map-methods.ts";
import { spanOf } from "./report.ts";
import { errorAt } from "./state.ts";
import { placeType, storedValue } from "./structs.ts";
import type { Expression } from "./tree.ts";
import { BOOL, INTS, type ReferenceType, reference, type StoredType, VOID } from "./types.ts";

/** `BPF_F_CURRENT_CPU` of linux/bpf.h. */
const CURRENT_CPU = 0xffff_ffffn;

/** `reserve submit discard output query`, Linux 5.8. */
export function ringMethod(call: MethodCall): Expression {
  const { fn, map, method, node } = call;
  const record = map.value;
  if (record === null) return errorAt(node);
  const at = spanOf(node);
  switch (method) {
    case "reserve": {
      const to = recordReference(record);
      if (to === null) return cannot(call, "only structs and arrays are filled in place: hand the number to output(record)");
      if (methodArguments(call, []) === null) return errorAt(node);
      return { kind: "map-call", type: { ...to, nullable: true }, map, method, arguments: [], at };
    }
    case "submit":
    case "discard": {
      const to = recordReference(record);
      const values = methodArguments(call, ["record", "flags"], 1);
      const [recordNode, flagsNode] = values ?? [];
      if (recordNode === undefined || to === null) return errorAt(node);
      const value = typed(fn, recordNode, to);
      const flags = numberOr(call, flagsNode, 0n);
      if (value.type.kind === "error" || flags.type.kind === "error") return errorAt(node);
      // Of a function's parameter, whoever calls the function answers for it.
      const lent = value.kind === "local" && value.type.kind === "reference" && value.type.memory === null;
      if (value.kind !== "local" || value.type.kind !== "reference" || (value.type.memory !== "ringbuf" && !lent)) {
        fn.reporter.report("SK3101", value.at, { method: `${map.name}.${method}`, map: map.name });
        return errorAt(node);
      }
      return { kind: "map-call", type: VOID, map, method, arguments: [value, flags], at };
    }
    case "output": {
      const values = methodArguments(call, ["record", "flags"], 1);
      const [recordNode, flagsNode] = values ?? [];
      if (recordNode === undefined) return errorAt(node);
      const value = storedValue(fn, recordNode, record);
      const flags = numberOr(call, flagsNode, 0n);
      if (value.type.kind === "error" || flags.type.kind === "error") return errorAt(node);
      return { kind: "map-call", type: BOOL, map, method, arguments: [value, flags], at };
    }
    default: {
      const [whatNode] = methodArguments(call, ["what"]) ?? [];
      if (whatNode === undefined) return errorAt(node);
      const what = typed(fn, whatNode, INTS.u64);
      return what.type.kind === "error" ? what : { kind: "map-call", type: INTS.u64, map, method, arguments: [what], at };
    }
  }
}

function recordReference(record: StoredType): ReferenceType | null {
  const to = placeType(record);
  return to.kind === "reference" ? reference(to.to, "ringbuf", false) : null;
}

/** `output(ctx, record, flags)`, Linux 4.4. The upper half of the flags is how many bytes of the packet follow the record. */
export function perfMethod(call: MethodCall): Expression {
  const { fn, map, method, node } = call;
  const [contextNode, recordNode, flagsNode] = methodArguments(call, ["ctx", "record", "flags"], 1) ?? [];
  if (contextNode === undefined || recordNode === undefined || map.value === null) return errorAt(node);
  const context = expression(fn, contextNode, null);
  const given = isContext(context);
  if (!given && context.type.kind !== "error") {
    const instead = "the kernel takes CPU, packet and time from it: pass what the program is given, ctx";
    fn.reporter.report("SK2101", context.at, { expected: "the context", found: "something else", instead });
  }
  const value = storedValue(fn, recordNode, map.value);
  const flags = numberOr(call, flagsNode, CURRENT_CPU);
  if (!given || value.type.kind === "error" || flags.type.kind === "error") return errorAt(node);
  return { kind: "map-call", type: BOOL, map, method, arguments: [context, value, flags], at: spanOf(node) };
}

/** An argument that may be missing: a u64. */
export function numberOr(
  { fn, node }: MethodCall,
  given: Parameters<typeof expression>[1] | undefined,
  otherwise: bigint,
): Expression {
  if (given !== undefined) return typed(fn, given, INTS.u64);
  return { kind: "constant", type: INTS.u64, value: otherwise, at: spanOf(node) };
}
