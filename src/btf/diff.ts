/**
 * What changed from one BTF to another: between two kernels, or two builds of an object. By name, so that ids and the
 * order of types do not matter; anonymous structs are taken apart into the fields of the named type around them.
 */

import type { Btf } from "./btf.ts";
import { spellType } from "./c/declarator.ts";
import { BtfError } from "./errors.ts";
import type { BtfType, StructType, UnionType } from "./types.ts";

/** Kinds that are compared: those that have a name and a meaning of their own. */
export type DiffKind = "struct" | "union" | "enum" | "typedef" | "function" | "variable";

export type TypeChange =
  | { readonly change: "added" | "removed"; readonly kind: DiffKind; readonly name: string }
  | { readonly change: "changed"; readonly kind: DiffKind; readonly name: string; readonly parts: readonly PartChange[] };

/** One difference within a type. Field paths go through anonymous types: `sk_v6_daddr`, `u.pair.low`. */
export type PartChange =
  | { readonly part: "size"; readonly from: number; readonly to: number }
  | { readonly part: "field"; readonly change: "added" | "removed"; readonly name: string; readonly field: Field }
  | { readonly part: "field"; readonly change: "changed"; readonly name: string; readonly from: Field; readonly to: Field }
  | { readonly part: "enumerator"; readonly name: string; readonly from: bigint | null; readonly to: bigint | null }
  /** Target of a typedef, prototype of a function, type of a variable; as C spells it. */
  | { readonly part: "type"; readonly from: string; readonly to: string };

export interface Field {
  /** From the start of the named type. */
  readonly bitOffset: number;
  /** 0 unless it is a bit-field. */
  readonly bitSize: number;
  /** As C spells it: `struct list_head`, `const char *`. */
  readonly type: string;
}

export interface DiffOptions {
  /** Default all. */
  readonly kinds?: readonly DiffKind[];
}

/**
 * Compares two BTFs; the changes are sorted by kind and name. Of several types with one kind and name (a kernel has some),
 * those that are the same in both are set aside, and what remains is compared in order.
 *
 * @throws BtfError when a type that must be read is malformed.
 */
export function diffBtf(from: Btf, to: Btf, options: DiffOptions = {}): TypeChange[] {
  const kinds = options.kinds ?? KINDS;
  const changes: TypeChange[] = [];
  for (const kind of kinds) {
    const before = group(from, kind);
    const after = group(to, kind);
    for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const { left, right } = withoutEqual(before.get(name) ?? [], after.get(name) ?? []);
      for (let index = 0; index < Math.max(left.length, right.length); index++) {
        const one = left[index];
        const other = right[index];
        if (one === undefined) changes.push({ change: "added", kind, name });
        else if (other === undefined) changes.push({ change: "removed", kind, name });
        else changes.push({ change: "changed", kind, name, parts: compare(one, other) });
      }
    }
  }
  return changes;
}

const KINDS: readonly DiffKind[] = ["struct", "union", "enum", "typedef", "function", "variable"];

/** What of a type is compared. */
interface Summary {
  readonly size: number;
  readonly fields: ReadonlyMap<string, Field>;
  readonly enumerators: ReadonlyMap<string, bigint>;
  readonly type: string;
  /** All of the above: equal exactly when they are. */
  readonly text: string;
}

function group(btf: Btf, kind: DiffKind): Map<string, Summary[]> {
  const groups = new Map<string, Summary[]>();
  const ids = kind === "enum" ? [...btf.ids("enum"), ...btf.ids("enum64")] : btf.ids(kind);
  for (const id of ids) {
    const type = btf.type(id);
    if (type.name === "") continue;
    const summary = summarize(btf, type);
    const same = groups.get(type.name);
    if (same === undefined) groups.set(type.name, [summary]);
    else same.push(summary);
  }
  return groups;
}

function withoutEqual(before: readonly Summary[], after: readonly Summary[]): { left: Summary[]; right: Summary[] } {
  const right = [...after];
  const left = before.filter((one) => {
    const index = right.findIndex((other) => other.text === one.text);
    if (index >= 0) right.splice(index, 1);
    return index < 0;
  });
  return { left, right };
}

function summarize(btf: Btf, type: BtfType): Summary {
  const fields = new Map<string, Field>();
  const enumerators = new Map<string, bigint>();
  let spelled = "";
  if (type.kind === "struct" || type.kind === "union") collectFields(btf, type, "", 0, fields, 0);
  else if (type.kind === "enum" || type.kind === "enum64") {
    for (const { name, value } of type.values) enumerators.set(name, BigInt(value));
  } else if ("type" in type) spelled = spellType(btf, type.type);
  const size = "size" in type ? type.size : 0;
  let text = `${size} ${spelled}`;
  for (const [name, { bitOffset, bitSize, type: of }] of fields) text += `\n${name} ${bitOffset} ${bitSize} ${of}`;
  for (const [name, value] of enumerators) text += `\n${name} ${value}`;
  return { size, fields, enumerators, type: spelled, text };
}

/** What a malicious file may unfold to: anonymous structs that hold each other twice double at each level. */
const MOST_FIELDS = 100_000;
const MOST_NESTED = 64;

function collectFields(
  btf: Btf,
  type: StructType | UnionType,
  path: string,
  base: number,
  fields: Map<string, Field>,
  depth: number,
): void {
  if (depth > MOST_NESTED || fields.size > MOST_FIELDS) {
    throw new BtfError(`expected at most ${MOST_FIELDS} fields in ${MOST_NESTED} levels, found more`, { type: type.id });
  }
  for (const [index, member] of type.members.entries()) {
    const target = btf.type(member.type);
    const bitOffset = base + member.bitOffset;
    if ((target.kind === "struct" || target.kind === "union") && target.name === "") {
      // A named member that is anonymous inside keeps its name in the path; an anonymous one leaves no trace.
      collectFields(btf, target, member.name === "" ? path : `${path}${member.name}.`, bitOffset, fields, depth + 1);
    } else {
      // Unnamed bit-fields only pad; their place tells them apart.
      const name = `${path}${member.name || `(unnamed ${index})`}`;
      fields.set(name, { bitOffset, bitSize: member.bitSize, type: spellType(btf, member.type) });
    }
  }
}

function compare(from: Summary, to: Summary): PartChange[] {
  const parts: PartChange[] = [];
  if (from.size !== to.size) parts.push({ part: "size", from: from.size, to: to.size });
  if (from.type !== to.type) parts.push({ part: "type", from: from.type, to: to.type });
  for (const [name, field] of from.fields) {
    const other = to.fields.get(name);
    if (other === undefined) parts.push({ part: "field", change: "removed", name, field });
    else if (!sameField(field, other)) parts.push({ part: "field", change: "changed", name, from: field, to: other });
  }
  for (const [name, field] of to.fields) {
    if (!from.fields.has(name)) parts.push({ part: "field", change: "added", name, field });
  }
  for (const [name, value] of from.enumerators) {
    const other = to.enumerators.get(name) ?? null;
    if (other !== value) parts.push({ part: "enumerator", name, from: value, to: other });
  }
  for (const [name, value] of to.enumerators) {
    if (!from.enumerators.has(name)) parts.push({ part: "enumerator", name, from: null, to: value });
  }
  return parts;
}

function sameField(one: Field, other: Field): boolean {
  return one.bitOffset === other.bitOffset && one.bitSize === other.bitSize && one.type === other.type;
}
