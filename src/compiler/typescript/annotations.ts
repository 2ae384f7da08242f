/** From type annotations to types: names, `FixedArray`, `… | null`, and the structs that the source declares. */

import type * as Syntax from "@babel/types";
import type { TSInterfaceDeclaration, TSType, TSTypeElement } from "@babel/types";
import { instantiateType } from "./generics.ts";
import { namespaceType } from "./imports.ts";
import { layOut, type MemberType, sizeOf } from "./layout.ts";
import { exporterOf } from "./library/exports.ts";
import { DYNPTR } from "./library/objects.ts";
import { isPointer, pointerType, refusePlain } from "./pointers.ts";
import { spanOf } from "./report.ts";
import { didYouMean, type Exports } from "./scopes.ts";
import type { DeclaredType, ModuleState, TypeMeaning } from "./state.ts";
import { BOOL, fixedString, PACKET, reference, type StoredType, type ValueType, VOID } from "./types.ts";
import { unsupported } from "./unsupported.ts";

/** The kernel refuses larger values and keys; it also keeps layouts in sane numbers. */
const LARGEST = 1 << 20;

/** A type that bytes in memory can have; null, with a report, when it is none. */
export function storedType(module: ModuleState, node: TSType): StoredType | null {
  if (node.type === "TSBooleanKeyword") return BOOL;
  if (node.type === "TSParenthesizedType") return storedType(module, node.typeAnnotation);
  const pointer = node.type === "TSUnionType" ? besideNull(node) : null;
  if (pointer !== null && isPointer(module, pointer)) return pointerType(module, pointer, true);
  if (node.type !== "TSTypeReference") {
    refuse(module, node);
    return null;
  }
  const meaning = named(module, node);
  if (meaning === null) return null;
  if (meaning.kind === "pointer") return refusePlain(module, node);
  if (meaning.kind === "fixed-array") return fixedArray(module, node);
  if (meaning.kind === "generic") return instantiateType(module, meaning.declaration, node);
  if (meaning.kind === "fixed-string") return fixedText(module, node);
  if (meaning.kind === "union") return unionOf(module, node);
  if (meaning.kind === "kptr") return kptrOf(module, node);
  if (node.typeArguments) {
    module.reporter.report("SK1101", spanOf(node.typeArguments), {
      what: "a type argument here",
      instead: `${textOf(node)} takes none: leave it out`,
    });
    return null;
  }
  if (meaning.kind === "stored") return meaning.type;
  if (meaning.kind === "declared") return resolveDeclared(meaning.declaration);
  module.reporter.report("SK2008", spanOf(node), {
    name: `${textOf(node)} in memory`,
    instead: "store the fields that you need",
  });
  return null;
}

/** The type of a variable, parameter or result; null, with a report, when it is none. */
export function valueType(module: ModuleState, node: TSType): ValueType | null {
  if (node.type === "TSVoidKeyword") return VOID;
  if (node.type === "TSParenthesizedType") return valueType(module, node.typeAnnotation);
  if (node.type === "TSUnionType") return union(module, node);
  if (node.type === "TSTypeReference") {
    const meaning = typeMeaning(module, node.typeName);
    if (meaning?.kind === "header") return reference(meaning.type, "packet", false);
    if (meaning?.kind === "context") return { kind: "context", name: meaning.name };
    if (meaning?.kind === "packet") return PACKET;
    if (meaning?.kind === "dynptr") return reference(DYNPTR, null, false);
    if (meaning?.kind === "pointer") {
      const pointer = pointerType(module, node, false);
      return pointer && reference(pointer.to, "arena", false);
    }
    if (meaning?.kind === "kernel" && (meaning.type.kind === "kernel-struct" || meaning.type.kind === "kernel-array"))
      return { kind: "kernel", to: meaning.type, read: "any", nullable: false, embedded: false };
  }
  const stored = storedType(module, node);
  if (stored === null) return null;
  if (stored.kind === "network") return stored.host;
  if (stored.kind === "int" || stored.kind === "bool") return stored;
  return stored.kind === "pointer" ? reference(stored.to, stored.memory, stored.nullable) : reference(stored, null, false);
}

function union(module: ModuleState, node: Extract<TSType, { type: "TSUnionType" }>): ValueType | null {
  const only = besideNull(node);
  if (only === null) {
    refuse(module, node);
    return null;
  }
  const type = valueType(module, only);
  if (type === null) return null;
  if (type.kind === "reference" || type.kind === "kernel") return { ...type, nullable: true };
  if (type.kind === "int" || type.kind === "bool") return { kind: "nullable", of: type };
  refuse(module, node);
  return null;
}

/** `T` of `T | null`; null of other unions. */
function besideNull(node: Extract<TSType, { type: "TSUnionType" }>): TSType | null {
  const others = node.types.filter((type) => type.type !== "TSNullKeyword");
  const [only] = others;
  return only === undefined || others.length !== 1 || node.types.length !== 2 ? null : only;
}

/** What a name, or a member of a namespace, stands for as a type; null, without a report, for none. */
export function typeMeaning(module: ModuleState, name: Syntax.TSEntityName): TypeMeaning | null {
  if (name.type === "Identifier") return module.types.get(name.name)?.meaning ?? null;
  const namespace = namespaceOf(module, name);
  return namespace?.exports.type(namespace.name.name) ?? null;
}

/** The module that `ns` of `ns.Name` stands for. */
function namespaceOf(
  module: ModuleState,
  name: Syntax.TSEntityName,
): { readonly exports: Exports; readonly name: Syntax.Identifier } | null {
  if (name.type !== "TSQualifiedName" || name.left.type !== "Identifier") return null;
  const meaning = module.values.look(name.left.name);
  return meaning?.kind === "namespace" ? { exports: meaning.exports, name: name.right } : null;
}

function named(module: ModuleState, node: Extract<TSType, { type: "TSTypeReference" }>): TypeMeaning | null {
  const { typeName } = node;
  const found = typeMeaning(module, typeName);
  if (found !== null) return found;
  if (typeName.type !== "Identifier") {
    const namespace = namespaceOf(module, typeName);
    if (namespace !== null) return namespaceType(module, namespace.exports, namespace.name);
    module.reporter.report("SK2008", spanOf(node), { name: "a name with dots", instead: "import the type and use its name" });
    return null;
  }
  const { name } = typeName;
  // The value of that name was imported without its type, or a value is used as a type.
  const exporter = exporterOf(name);
  const value = module.values.look(name);
  if (value?.kind === "refused") return null;
  if (value !== null) {
    module.reporter.report("SK2008", spanOf(node), { name, instead: "write the name of an interface or a machine type" });
  } else {
    const instead =
      exporter === null
        ? didYouMean(name, module.types.keys(), "declare it: interface Name { field: u32 }")
        : `import it: import { type ${name} } from "${exporter}"`;
    module.reporter.report("SK2001", spanOf(node), { name: `type ${name}`, instead });
  }
  return null;
}

function fixedArray(module: ModuleState, node: Extract<TSType, { type: "TSTypeReference" }>): StoredType | null {
  const [elementNode, lengthNode] = node.typeArguments?.params ?? [];
  const usage = { problem: "FixedArray takes an element type and a length", instead: "write FixedArray<u8, 16>" };
  if (elementNode === undefined || lengthNode === undefined || node.typeArguments?.params.length !== 2) {
    module.reporter.report("SK3003", spanOf(node), usage);
    return null;
  }
  const element = storedType(module, elementNode);
  if (element === null) return null;
  const length = lengthOf(module, lengthNode);
  if (!Number.isInteger(length) || length < 1 || length * sizeOf(element) > LARGEST) {
    module.reporter.report("SK3003", spanOf(lengthNode), {
      ...usage,
      problem: `the length of a FixedArray is a number from 1 up to ${LARGEST} bytes in all`,
    });
    return null;
  }
  return { kind: "array", element, length, name: null };
}

/** `Union<{ a: u32; b: FixedArray<u8, 4> }>` */
function unionOf(module: ModuleState, node: Extract<TSType, { type: "TSTypeReference" }>): StoredType | null {
  const [only, more] = node.typeArguments?.params ?? [];
  if (only?.type !== "TSTypeLiteral" || more !== undefined) {
    const problem = "Union takes the fields that share their place";
    module.reporter.report("SK3003", spanOf(node), { problem, instead: "write Union<{ a: u32; b: FixedArray<u8, 4> }>" });
    return null;
  }
  return struct(module, { name: "Union", at: spanOf(node), packed: false, union: true }, only.members);
}

/** `Kptr<task_struct>` */
function kptrOf(module: ModuleState, node: Extract<TSType, { type: "TSTypeReference" }>): StoredType | null {
  const [only, more] = (node.typeArguments?.params ?? []) as readonly TSType[];
  const meaning = only?.type === "TSTypeReference" ? named(module, only) : null;
  if (meaning?.kind === "kernel" && meaning.type.kind === "kernel-struct" && !meaning.type.own && more === undefined)
    return {
      kind: "struct",
      name: `Kptr<${meaning.type.name}>`,
      size: 8,
      align: 8,
      fields: [],
      special: "kptr",
      kptr: meaning.type,
    };
  const problem = "Kptr takes a struct of the kernel";
  module.reporter.report("SK3003", spanOf(node), { problem, instead: "write Kptr<task_struct>" });
  return null;
}

/** `Bits<u32, 3>`, of a field alone: its type and width; null when it is something else, or with a report. */
function bitsOf(module: ModuleState, node: TSType): { readonly type: StoredType; readonly bits: number } | null {
  if (node.type !== "TSTypeReference" || typeMeaning(module, node.typeName)?.kind !== "bits") return null;
  const [typeNode, widthNode, more] = (node.typeArguments?.params ?? []) as readonly TSType[];
  const type = typeNode === undefined ? null : storedType(module, typeNode);
  const bits = widthNode === undefined ? Number.NaN : lengthOf(module, widthNode);
  const most = type?.kind === "int" && type.name !== "Ipv4Address" ? type.bits : type?.kind === "bool" ? 1 : 0;
  if (type !== null && more === undefined && Number.isInteger(bits) && bits >= 1 && bits <= most) return { type, bits };
  const problem = "Bits takes an integer type and a width, which the type has at least";
  module.reporter.report("SK3003", spanOf(node), { problem, instead: "write Bits<u32, 3>" });
  return null;
}

function fixedText(module: ModuleState, node: Extract<TSType, { type: "TSTypeReference" }>): StoredType | null {
  const [only, more] = node.typeArguments?.params ?? [];
  const length = only === undefined ? Number.NaN : lengthOf(module, only as TSType);
  if (more === undefined && Number.isInteger(length) && length >= 1 && length <= LARGEST) return fixedString(length);
  const problem = "FixedString takes its size in bytes, the NUL at its end included";
  module.reporter.report("SK3003", spanOf(node), { problem, instead: "write FixedString<16>" });
  return null;
}

/** A number as it is written, or a type parameter that stands for one. */
function lengthOf(module: ModuleState, node: TSType): number {
  if (node.type === "TSLiteralType") return node.literal.type === "NumericLiteral" ? node.literal.value : Number.NaN;
  const meaning = node.type === "TSTypeReference" ? typeMeaning(module, node.typeName) : null;
  return meaning?.kind === "length" ? meaning.value : Number.NaN;
}

/** Lays out an interface when it is first used. */
export function resolveDeclared(declared: DeclaredType): StoredType | null {
  const { module } = declared;
  if (declared.state === "resolved") return declared.type;
  if (declared.state === "resolving") {
    module.reporter.report("SK2111", declared.at, { name: declared.name });
    return null;
  }
  declared.state = "resolving";
  declared.type = resolveBody(module, declared);
  declared.state = "resolved";
  return declared.type;
}

function resolveBody(module: ModuleState, declared: DeclaredType): StoredType | null {
  const { node } = declared;
  if (node.type === "TSInterfaceDeclaration") return resolveInterface(module, node, declared);
  return node.type === "TSTypeLiteral" ? struct(module, declared, node.members) : storedType(module, node);
}

function resolveInterface(module: ModuleState, node: TSInterfaceDeclaration, declared: DeclaredType): StoredType | null {
  if (node.extends && node.extends.length > 0) {
    module.reporter.report("SK1101", spanOf(node.extends[0]!), {
      what: "extends",
      instead: "give the interface a field of the other's type",
    });
    return null;
  }
  return struct(module, declared, node.body.body);
}

function isBits(module: ModuleState, node: TSType): boolean {
  return node.type === "TSTypeReference" && typeMeaning(module, node.typeName)?.kind === "bits";
}

function struct(
  module: ModuleState,
  declared: Pick<DeclaredType, "name" | "at" | "packed" | "union">,
  nodes: readonly TSTypeElement[],
): StoredType | null {
  const members: MemberType[] = [];
  let good = true;
  for (const node of nodes) {
    if (node.type !== "TSPropertySignature" || node.computed || node.key.type !== "Identifier") {
      module.reporter.report("SK1101", spanOf(node), { what: "this member", instead: "a struct has fields only: name: type" });
      good = false;
      continue;
    }
    const { name } = node.key;
    if (node.optional) {
      module.reporter.report("SK1101", spanOf(node), {
        what: "an optional field",
        instead: "make it a field of its own that says so",
      });
      good = false;
      continue;
    }
    if (members.some((member) => member.name === name)) {
      module.reporter.report("SK2002", spanOf(node), { name, line: declared.at.line });
      good = false;
      continue;
    }
    if (node.typeAnnotation?.type !== "TSTypeAnnotation") {
      module.reporter.report("SK2105", spanOf(node), { what: `the field ${name}`, instead: `write ${name}: u32` });
      good = false;
      continue;
    }
    const annotation = node.typeAnnotation.typeAnnotation;
    const bits = isBits(module, annotation) ? bitsOf(module, annotation) : { type: storedType(module, annotation) };
    if (bits === null || bits.type === null) good = false;
    else members.push({ name, constant: node.readonly === true, ...bits, type: bits.type });
  }
  if (!good) return null;
  if (members.length === 0) {
    module.reporter.report("SK2110", declared.at, { name: declared.name });
    return null;
  }
  if (declared.packed && members.some(({ bits }) => bits !== undefined)) {
    const instead = "leave @packed out, or write whole bytes and masks";
    module.reporter.report("SK1101", declared.at, { what: "a bit-field in a packed struct", instead });
    return null;
  }
  const type = layOut(declared.name, members, declared.packed, declared.union === true);
  if (type.size > LARGEST) {
    module.reporter.report("SK4002", declared.at, { problem: `${declared.name} has ${type.size} bytes` });
    return null;
  }
  return type;
}

function refuse(module: ModuleState, node: TSType): void {
  module.reporter.report("SK1101", spanOf(node), { ...unsupported(node.type) });
}

function textOf(node: Extract<TSType, { type: "TSTypeReference" }>): string {
  return node.typeName.type === "Identifier" ? node.typeName.name : "this";
}
