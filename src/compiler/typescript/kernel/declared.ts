/**
 * Kernel types that a source declares for itself: fields and constants that the kernel whose types it is compiled with does not have.
 *
 *     @kernel  interface task_struct___old { state: i64 }
 *     @kernel  enum bpf_map_type___new { BPF_MAP_TYPE_INSN_ARRAY = 34 }
 *
 * with the tag in a doc comment. What counts are names and types: where a field is, and what a constant is worth, the kernel that
 * runs the program says.
 */

import type * as Syntax from "@babel/types";
import { storedType, typeMeaning } from "../annotations.ts";
import { hasTag } from "../doc-tags.ts";
import type { Source } from "../parse.ts";
import { spanOf } from "../report.ts";
import type { ModuleState } from "../state.ts";
import { INTS, type StoredType } from "../types.ts";
import { type KernelEnum, type KernelMember, type KernelStored, KernelStruct, sizeOfKernel } from "./structs.ts";

/** The struct of an interface with the tag `@kernel`. Its fields are looked at when it is used first: they may be of types further down. */
export function declaredStruct(module: ModuleState, source: Source, node: Syntax.TSInterfaceDeclaration): KernelStruct {
  const shape = { name: node.id.name, form: "struct", typedef: false, size: null, own: true } as const;
  const struct = new KernelStruct(shape, () => membersOf(module, source, node));
  module.kernel.declare(struct);
  return struct;
}

function membersOf(module: ModuleState, source: Source, node: Syntax.TSInterfaceDeclaration): readonly KernelMember[] {
  const members: KernelMember[] = [];
  let offset = 0;
  for (const member of node.body.body) {
    const annotation = member.type === "TSPropertySignature" ? member.typeAnnotation : null;
    if (
      member.type !== "TSPropertySignature" ||
      member.computed === true ||
      member.key.type !== "Identifier" ||
      annotation?.type !== "TSTypeAnnotation"
    ) {
      const instead = "a struct of the kernel has fields only: name: type";
      module.reporter.report("SK1101", spanOf(member), { what: "this member", instead });
      continue;
    }
    const type = fieldType(module, annotation.typeAnnotation);
    if (type === null) continue;
    const size = sizeOfKernel(type);
    const align = size > 0 && size < 8 && (size & (size - 1)) === 0 ? size : 8;
    offset = Math.ceil(offset / align) * align;
    const optional = hasTag(source, member, "optional");
    members.push({ name: member.key.name, bitOffset: offset * 8, bitSize: 0, type, declared: null, optional });
    offset += size;
  }
  return members;
}

/** A struct of the kernel by its name lies in the one around it; `Pointer<task_struct>` is a pointer. Null, with a report, for anything else. */
function fieldType(module: ModuleState, node: Syntax.TSType): KernelStored | null {
  if (node.type === "TSTypeReference") {
    const meaning = typeMeaning(module, node.typeName);
    if (meaning?.kind === "kernel") return meaning.type;
    if (meaning?.kind === "pointer") {
      const [target] = node.typeArguments?.params ?? [];
      const to = target === undefined ? null : fieldType(module, target);
      if (to?.kind === "kernel-struct") return { kind: "kernel-pointer", to };
      if (to !== null) return { kind: "kernel-pointer", to: null };
      return null;
    }
  }
  const stored = storedType(module, node);
  return stored === null ? null : inKernel(module, node, stored);
}

function inKernel(module: ModuleState, node: Syntax.TSType, type: StoredType): KernelStored | null {
  switch (type.kind) {
    case "int":
    case "bool":
    case "network":
      return type;
    case "array": {
      const element = inKernel(module, node, type.element);
      return element === null ? null : { kind: "kernel-array", element, length: type.length, text: false };
    }
    default: {
      const instead = "write a number, an array, a struct of the kernel's, or Pointer<…> to one";
      module.reporter.report("SK2503", spanOf(node), { problem: "a field of the kernel's has no such type", instead });
      return null;
    }
  }
}

/** The enumeration of an enum with the tag `@kernel`: its members are known by name, in the order of the source. */
export function declaredEnum(module: ModuleState, node: Syntax.TSEnumDeclaration): KernelEnum {
  const values = node.body.members.flatMap(({ id, initializer }) => {
    const value = initializer?.type === "NumericLiteral" ? BigInt(initializer.value) : 0n;
    return id.type === "Identifier" ? [{ name: id.name, value }] : [];
  });
  const made: KernelEnum = { kind: "kernel-enum", name: node.id.name, int: INTS.u32, values };
  module.kernel.enums.set(node.id.name, made);
  return made;
}
