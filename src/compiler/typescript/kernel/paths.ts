/**
 * Paths through kernel types: from a struct that a pointer leads to, over members, anonymous ones included, and elements of
 * arrays, to what is read. One path is one relocation of CO-RE (`0:5:2`), however many dots the source has.
 */

import { type KernelArray, type KernelMember, type KernelStored, type KernelStruct, sizeOfKernel } from "./structs.ts";

export type KernelStep =
  | { readonly kind: "member"; readonly of: KernelStruct; readonly index: number }
  | { readonly kind: "element"; readonly of: KernelArray; readonly index: number };

export interface KernelPath {
  readonly root: KernelStruct;
  readonly steps: readonly KernelStep[];
  /** In the layout of the types that the source was compiled with. */
  readonly bitOffset: number;
  /** 0 for what is no bit-field. */
  readonly bitSize: number;
  readonly type: KernelStored;
  /** Declared `@optional` somewhere on the way. */
  readonly optional: boolean;
}

/** The path of no steps: the struct itself. */
export function pathTo(root: KernelStruct): KernelPath {
  return { root, steps: [], bitOffset: 0, bitSize: 0, type: root, optional: false };
}

/** The member of that name, which may be in anonymous structs and unions; null when there is none. */
export function findMember(struct: KernelStruct, name: string): readonly KernelStep[] | null {
  for (const [index, member] of struct.members.entries()) {
    if (member.name === name) return [{ kind: "member", of: struct, index }];
    if (member.name !== "" || member.type.kind !== "kernel-struct") continue;
    const inner = findMember(member.type, name);
    if (inner !== null) return [{ kind: "member", of: struct, index }, ...inner];
  }
  return null;
}

/** The path further on. */
export function along(path: KernelPath, steps: readonly KernelStep[]): KernelPath {
  let { bitOffset, bitSize, type, optional } = path;
  for (const step of steps) {
    if (step.kind === "member") {
      const member = memberAt(step.of, step.index);
      bitOffset += member.bitOffset;
      bitSize = member.bitSize;
      type = member.type;
      optional ||= member.optional;
    } else {
      bitOffset += step.index * sizeOfKernel(step.of.element) * 8;
      type = step.of.element;
    }
  }
  return { root: path.root, steps: [...path.steps, ...steps], bitOffset, bitSize, type, optional };
}

export function memberAt(struct: KernelStruct, index: number): KernelMember {
  const member = struct.members[index];
  if (member === undefined) throw new TypeError(`${struct.name} has no member ${index}`);
  return member;
}

/** Names of the fields, those in anonymous structs and unions included. */
export function fieldNames(struct: KernelStruct): string[] {
  return struct.members.flatMap(({ name, type }) =>
    name !== "" ? [name] : type.kind === "kernel-struct" ? fieldNames(type) : [],
  );
}

/** As C writes it after the name of the struct: `mm.pgd`, `comm[3]`. */
export function describePath({ root, steps }: KernelPath): string {
  let text = root.name;
  for (const step of steps) {
    if (step.kind === "element") text += `[${step.index}]`;
    else if (memberAt(step.of, step.index).name !== "") text += `.${memberAt(step.of, step.index).name}`;
  }
  return text;
}
