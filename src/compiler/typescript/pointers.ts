/**
 * `Pointer<Node>`: the address of something in the arena. As the type of a parameter or result it is a reference, as a field `Pointer<Node> | null`
 * eight bytes, which user space can follow, too.
 */

import type * as Syntax from "@babel/types";
import { storedType, typeMeaning } from "./annotations.ts";
import { spanOf } from "./report.ts";
import { hasSpecial } from "./special.ts";
import type { ModuleState } from "./state.ts";
import { type ArrayType, type PointerType, type StructType, typeName } from "./types.ts";

type Target = StructType | ArrayType;

/** Stands for what was refused. */
const NOTHING: StructType = { kind: "struct", name: "nothing", size: 8, align: 8, fields: [] };

/** Whether a type is written `Pointer<…>`. */
export function isPointer(module: ModuleState, node: Syntax.TSType): node is Syntax.TSTypeReference {
  return node.type === "TSTypeReference" && typeMeaning(module, node.typeName)?.kind === "pointer";
}

/**
 * What a field or variable of this type is in memory; null, with a report, for what is no pointer. A list's node leads to the next before it is laid out
 * itself: the target is looked at when somebody asks, or when the file is checked.
 */
export function pointerType(module: ModuleState, node: Syntax.TSTypeReference, nullable: boolean): PointerType | null {
  const target = targetOf(module, node);
  if (target === null) return null;
  return {
    kind: "pointer",
    get to() {
      return target();
    },
    memory: "arena",
    nullable,
  };
}

function targetOf(module: ModuleState, node: Syntax.TSTypeReference): (() => Target) | null {
  const [only, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  if (only === undefined || more !== undefined) {
    return refuse(module, node, "Pointer takes the type of what it leads to", "write Pointer<Node>");
  }
  const meaning = only.type === "TSTypeReference" ? typeMeaning(module, only.typeName) : null;
  if (meaning?.kind === "kernel") {
    const problem = "this leads to a struct of the kernel's, and Pointer into the arena";
    const instead = "a parameter has the struct's type, and Kptr<task_struct> is what a map's value owns";
    return refuse(module, node, problem, instead);
  }
  if (meaning?.kind === "header")
    return refuse(module, only, "a header is read in packets", "declare an interface of the same fields");
  let known: Target | null = null;
  const target = () => (known ??= look(module, only));
  module.pointers.push({ at: spanOf(node), target });
  return target;
}

function look(module: ModuleState, node: Syntax.TSType): Target {
  const stored = storedType(module, node);
  if (stored === null) return NOTHING;
  if (hasSpecial(stored)) return refuseSpecial(module, node) ?? NOTHING;
  if (stored.kind === "array" || stored.kind === "struct") return stored;
  refuse(
    module,
    node,
    `Pointer leads to a struct or an array, not ${typeName(stored)}`,
    "put it into a struct: interface Cell { value: u64 }",
  );
  return NOTHING;
}

/** The kernel takes locks, timers and the pointers that it counts in values of maps alone. */
export function refuseSpecial(module: ModuleState, node: Syntax.Node): null {
  const problem = "the kernel keeps no locks, timers, work or pointers of its own in an arena";
  return refuse(module, node, problem, "keep them in the value of a map");
}

/** A field that leads somewhere leads nowhere at first. */
export function refusePlain(module: ModuleState, node: Syntax.TSTypeReference): null {
  return refuse(module, node, "memory is zeroes at first, so that a pointer in it may be null", "write Pointer<…> | null");
}

function refuse(module: ModuleState, node: Syntax.Node, problem: string, instead: string): null {
  module.reporter.report("SK3110", spanOf(node), { problem, instead });
  return null;
}
