/** One type record, from data to words: the counterpart of `decode.ts`. */

import { BtfError } from "./errors.ts";
import { INT_BOOL, INT_CHAR, INT_SIGNED, KIND, LINKAGES, VLEN_MASK } from "./format.ts";
import type { BtfType, Member } from "./types.ts";

/** What names and references become in the BTF being made. */
export interface RecordTarget {
  /** Offset of a string. */
  string(text: string): number;
  /** The id to write for a reference. */
  reference(id: number): number;
}

/**
 * The record of a type as u32 words; `type.id` does not matter.
 * @throws BtfError when a number does not fit its field.
 */
export function encodeType(type: BtfType, target: RecordTarget): number[] {
  const tail: number[] = [];
  let sizeOrType = 0;
  let length = 0;
  let flag = false;
  switch (type.kind) {
    case "void":
      throw new BtfError("expected a type, found void: it is never written, id 0 stands for it");
    case "int": {
      const { size, bits, bitOffset } = type;
      if (!(size >= 1 && size <= 16) || !(bits >= 0 && bitOffset >= 0 && bits + bitOffset <= size * 8)) {
        throw fail(type, `an integer of 1 to 16 bytes around its bits, found ${size} bytes, ${bits} bits from ${bitOffset}`);
      }
      const encoding = (type.signed ? INT_SIGNED : 0) | (type.char ? INT_CHAR : 0) | (type.bool ? INT_BOOL : 0);
      sizeOrType = size;
      tail.push((encoding << 24) | (bitOffset << 16) | bits);
      break;
    }
    case "array":
      tail.push(target.reference(type.element), target.reference(type.index), u32(type, type.length, "length"));
      break;
    case "struct":
    case "union":
      sizeOrType = u32(type, type.size, "size");
      length = type.members.length;
      flag = type.members.some((member) => member.bitSize !== 0);
      for (const member of type.members) {
        tail.push(target.string(member.name), target.reference(member.type), memberOffset(type, member, flag));
      }
      break;
    case "enum":
      sizeOrType = type.size;
      length = type.values.length;
      flag = type.signed;
      for (const { name, value } of type.values) tail.push(target.string(name), value >>> 0);
      break;
    case "enum64":
      sizeOrType = type.size;
      length = type.values.length;
      flag = type.signed;
      for (const { name, value } of type.values) {
        tail.push(target.string(name), Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
      }
      break;
    case "forward":
      flag = type.of === "union";
      break;
    case "prototype":
      sizeOrType = target.reference(type.result);
      for (const { name, type: parameter } of type.parameters) tail.push(target.string(name), target.reference(parameter));
      if (type.variadic) tail.push(0, 0);
      length = tail.length / 2;
      break;
    case "function":
      sizeOrType = target.reference(type.type);
      length = LINKAGES.indexOf(type.linkage);
      break;
    case "variable":
      sizeOrType = target.reference(type.type);
      tail.push(LINKAGES.indexOf(type.linkage));
      break;
    case "section":
      sizeOrType = u32(type, type.size, "size");
      length = type.variables.length;
      for (const { type: variable, offset, size } of type.variables) {
        tail.push(target.reference(variable), u32(type, offset, "offset"), u32(type, size, "size"));
      }
      break;
    case "float":
      sizeOrType = u32(type, type.size, "size");
      break;
    case "declTag":
      sizeOrType = target.reference(type.type);
      flag = type.attribute;
      tail.push(type.component >>> 0);
      break;
    case "typeTag":
      sizeOrType = target.reference(type.type);
      flag = type.attribute;
      break;
    case "pointer":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      sizeOrType = target.reference(type.type);
      break;
  }
  if (length > VLEN_MASK) throw fail(type, `at most ${VLEN_MASK} parts, found ${length}`);
  const info = ((flag ? 0x80000000 : 0) | (KIND[type.kind] << 24) | length) >>> 0;
  return [target.string(type.name), info, sizeOrType, ...tail];
}

/** With the kind flag, 8 bits of width above 24 bits of offset; without, 32 bits of offset. */
function memberOffset(type: BtfType, member: Member, flag: boolean): number {
  if (!flag) return u32(type, member.bitOffset, "bit offset");
  if (!(member.bitSize >= 0 && member.bitSize <= 0xff && member.bitOffset >= 0 && member.bitOffset <= 0xffffff)) {
    const found = `"${member.name}" of ${member.bitSize} bits from bit ${member.bitOffset}`;
    throw fail(type, `members within 2 MiB beside bit-fields, found ${found}`);
  }
  return ((member.bitSize << 24) | member.bitOffset) >>> 0;
}

function u32(type: BtfType, value: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw fail(type, `a ${what} from 0 to 4294967295, found ${value}`);
  }
  return value;
}

function fail(type: BtfType, expected: string): BtfError {
  return new BtfError(`expected ${expected} in ${type.kind} "${type.name}"`, { typeName: type.name });
}
