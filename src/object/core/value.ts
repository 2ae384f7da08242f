/**
 * What a path is worth: the number that a relocation puts into an instruction, in the source's types (to be found there)
 * and in the target's (to be put there).
 *
 * Rules: `bpf_core_calc_field_relo` and its siblings of libbpf's relo_core.c, in the state of libbpf 1.8.
 */

import type { BtfType } from "../../btf/types.ts";
import type { CoreKind } from "../spec.ts";
import { type Access, isFieldKind, isTypeKind } from "./access.ts";
import { CoreError } from "./errors.ts";
import { type CoreTypes, isComposite, isEnum } from "./types.ts";

export interface Value {
  /** Signed: a negative enumerator is negative. */
  readonly value: bigint;
  /** Does the compiler agree about it? For bit-fields there are several right answers. */
  readonly isCertain: boolean;
  /** Bytes that a load or store of it moves, and its type; only for `field_byte_offset` of what is no bit-field, else 0. */
  readonly size: number;
  readonly type: number;
}

/** @throws CoreError `unsupported` when that kind has no answer there. BtfError when a type has no size. */
export function evaluate(kind: CoreKind, access: Access): Value {
  if (kind === "field_exists" || kind === "type_exists" || kind === "type_matches" || kind === "enumval_exists")
    return certain(1n);
  if (isFieldKind(kind)) return fieldValue(kind, access);
  if (isTypeKind(kind)) {
    // Ids change when objects are linked: what the instruction holds says nothing.
    if (kind !== "type_size") return { ...certain(BigInt(access.root)), isCertain: false };
    return certain(BigInt(access.types.btf.sizeOf(access.root)));
  }
  return certain(enumValue(access));
}

/** What stands for something that the target does not have; null when nothing does and the instruction is poisoned. */
export function evaluateAbsent(kind: CoreKind): bigint | null {
  return isTypeKind(kind) || kind === "field_exists" || kind === "enumval_exists" ? 0n : null;
}

function certain(value: bigint): Value {
  return { value, isCertain: true, size: 0, type: 0 };
}

function enumValue({ types, path }: Access): bigint {
  const { type: id, index } = path[0]!;
  const type = types.type(id);
  // 32 bits are taken as signed whatever the type says: before Linux 6.0 it could not say.
  if (type.kind === "enum") return BigInt(type.values[index]!.value | 0);
  if (type.kind === "enum64") return BigInt.asIntN(64, type.values[index]!.value);
  throw new CoreError("access", `expected an enumeration, found a ${type.kind}`);
}

function fieldValue(kind: CoreKind, access: Access): Value {
  const { types, path, bitOffset } = access;
  const last = path.at(-1)!;
  if (last.name === null) {
    const size = types.btf.sizeOf(last.type);
    if (kind === "field_byte_size") return certain(BigInt(size));
    if (kind !== "field_byte_offset") throw new CoreError("unsupported", `expected a member for ${kind}, found an array element`);
    return { value: BigInt(Math.floor(bitOffset / 8)), isCertain: true, size: elementSize(types, last.type), type: last.type };
  }
  const struct = types.type(last.type);
  const member = isComposite(struct) ? struct.members[last.index] : undefined;
  if (member === undefined) throw new CoreError("access", "expected a member of a struct or union, found none");
  const type = types.behind(member.type);
  const isBitField = member.bitSize > 0;
  const unit = isBitField
    ? bitFieldUnit(types, type, bitOffset, member.bitSize)
    : { offset: Math.floor(bitOffset / 8), size: types.btf.sizeOf(type.id) };
  const bits = isBitField ? member.bitSize : unit.size * 8;
  switch (kind) {
    case "field_byte_offset":
      return {
        value: BigInt(unit.offset),
        isCertain: !isBitField,
        size: isBitField ? 0 : elementSize(types, type.id),
        type: isBitField ? 0 : type.id,
      };
    case "field_byte_size":
      return { ...certain(BigInt(unit.size)), isCertain: !isBitField };
    case "field_signed":
      return certain((isEnum(type) || type.kind === "int") && type.signed ? 1n : 0n);
    case "field_lshift_u64": {
      const start = bitOffset - unit.offset * 8;
      const shift = types.btf.littleEndian ? 64 - (start + bits) : (8 - unit.size) * 8 + start;
      return { ...certain(BigInt(shift)), isCertain: !isBitField };
    }
    default:
      return certain(BigInt(64 - bits));
  }
}

/** The smallest aligned integer around a bit-field, from its declared type up: where and how much to load. Bytes. */
function bitFieldUnit(types: CoreTypes, type: BtfType, bitOffset: number, bits: number): { offset: number; size: number } {
  let size = types.btf.sizeOf(type.id);
  if (size === 0) throw new CoreError("unsupported", "expected a bit-field of an integer, found one of nothing");
  const start = (): number => Math.floor(Math.floor(bitOffset / 8) / size) * size;
  while (bitOffset + bits - start() * 8 > size * 8) {
    if (size >= 8) throw new CoreError("unsupported", "expected a bit-field within 8 aligned bytes, found one across");
    size *= 2;
  }
  return { offset: start(), size };
}

/** A load or store moves one element of an array, not all of it. */
function elementSize(types: CoreTypes, id: number): number {
  let type = types.behind(id);
  // `sizeOf` has refused endless chains before.
  while (type.kind === "array") type = types.behind(type.element);
  return types.btf.sizeOf(type.id);
}
