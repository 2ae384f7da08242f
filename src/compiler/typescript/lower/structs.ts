/**
 * Lowers values of stored types: first everything is computed, then it is written. Between the two nothing else runs, so
 * that the bytes written to may be shared.
 */

import type { Value } from "../../ir/ir.ts";
import { paddingOf, sizeOf } from "../layout.ts";
import type { BitField } from "../library/headers.ts";
import type { Expression } from "../tree.ts";
import type { StoredType, StructType } from "../types.ts";
import { writeBits } from "./bits.ts";
import { locate, scalar } from "./expressions.ts";
import { kernelCopy } from "./kernel.ts";
import type { Lowering } from "./lowering.ts";
import { at, copy, type Location, type ScalarStored, store, storeBytes, zero } from "./memory.ts";

/** A value that is computed and not yet written. */
export type Prepared =
  | {
      readonly kind: "scalar";
      readonly stored: ScalarStored;
      readonly value: Value;
    }
  | { readonly kind: "bits"; readonly field: BitField; readonly value: Value }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "copy"; readonly size: number; readonly from: Location }
  | { readonly kind: "kernel"; readonly size: number; readonly copy: (place: Location) => void; readonly copied: number }
  | {
      readonly kind: "struct";
      readonly struct: StructType | null;
      /** What the bytes of no part are copied from. */
      readonly base: Location | null;
      readonly parts: readonly { readonly offset: number; readonly value: Prepared }[];
    };

export function prepare(to: Lowering, value: Expression, stored: StoredType): Prepared {
  if (value.kind === "struct") {
    const parts = value.fields.map(({ field, value: part }) =>
      field.bits === undefined
        ? { offset: field.offset, value: prepare(to, part, field.type) }
        : { offset: field.bits.offset, value: { kind: "bits", field: field.bits, value: scalar(to, part) } satisfies Prepared },
    );
    const base = value.base === undefined ? null : locate(to, value.base, 0);
    return { kind: "struct", struct: value.struct, base, parts };
  }
  if (value.kind === "array") {
    const { element } = value.array;
    const parts = value.elements.map((part, index) => ({ offset: index * sizeOf(element), value: prepare(to, part, element) }));
    return { kind: "struct", struct: null, base: null, parts };
  }
  if (value.kind === "zeroed") return { kind: "bytes", bytes: new Uint8Array(sizeOf(stored)) };
  if (value.kind === "bytes") return { kind: "bytes", bytes: value.bytes };
  if (value.kind === "kernel-copy") {
    return { kind: "kernel", size: sizeOf(stored), copied: value.size, copy: kernelCopy(to, value) };
  }
  if (stored.kind === "struct" || stored.kind === "array")
    return { kind: "copy", size: sizeOf(stored), from: locate(to, value, 0) };
  return { kind: "scalar", stored, value: scalar(to, value) };
}

/** Padding is written as zeroes: keys are compared byte by byte, and the kernel refuses to read what was never written. */
export function write(to: Lowering, prepared: Prepared, place: Location): void {
  switch (prepared.kind) {
    case "scalar":
      store(to.ir, prepared.stored, place, prepared.value);
      return;
    case "bits":
      writeBits(to, prepared.field, place, prepared.value);
      return;
    case "bytes":
      storeBytes(to.ir, prepared.bytes, place);
      return;
    case "copy":
      copy(to.ir, prepared.size, prepared.from, place);
      return;
    case "kernel":
      prepared.copy(place);
      zero(to.ir, prepared.size - prepared.copied, at(place, prepared.copied));
      return;
    case "struct":
      if (prepared.struct !== null && prepared.base !== null) copy(to.ir, prepared.struct.size, prepared.base, place);
      else if (prepared.struct !== null)
        for (const [from, end] of paddingOf(prepared.struct)) zero(to.ir, end - from, at(place, from));
      for (const { offset, value } of prepared.parts) write(to, value, at(place, offset));
  }
}
