/**
 * Where a C compiler for eBPF would put the members of a struct as we print it. BTF knows places, not attributes: from
 * them follows what must be said (`packed`, unnamed bit-fields as padding) for the compiler to come to the same places.
 *
 * The rules are those of the System V ABI, which clang follows for eBPF: a bit-field does not straddle a unit of its
 * declared type, and an unnamed one does not raise the alignment of its struct.
 */

import type { Btf } from "../btf.ts";
import { BtfError } from "../errors.ts";
import { POINTER_SIZE } from "../format.ts";
import type { BtfType, Member, StructType, UnionType } from "../types.ts";

export interface CLayout {
  readonly packed: boolean;
  /** Bytes at which C aligns the struct as it is printed. */
  readonly align: number;
  /** Padding before each member and after the last; null where there is none to be written. */
  readonly gaps: readonly (Gap | null)[];
  /** For a union larger than its members: its size in bytes, else 0. */
  readonly filler: number;
}

/** From one bit to another, counted from the start of the struct. */
export interface Gap {
  readonly start: number;
  readonly end: number;
}

const MOST_NESTED = 200;

export class CLayouts {
  readonly #btf: Btf;
  readonly #layouts = new Map<number, CLayout>();
  #depth = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** @throws BtfError when members overlap or lie outside, which no struct in C can. */
  layout(type: StructType | UnionType): CLayout {
    const known = this.#layouts.get(type.id);
    if (known !== undefined) return known;
    if (++this.#depth > MOST_NESTED)
      throw new BtfError(`expected at most ${MOST_NESTED} types within each other, found more`, place(type));
    try {
      const layout = type.kind === "struct" ? this.#struct(type) : this.#union(type);
      this.#layouts.set(type.id, layout);
      return layout;
    } finally {
      this.#depth--;
    }
  }

  /** Bits of a member if it is a bit-field, else 0. */
  bitSize(member: Member, target: BtfType): number {
    if (member.bitSize !== 0) return member.bitSize;
    return target.kind === "int" && target.bits !== target.size * 8 ? target.bits : 0;
  }

  #struct(type: StructType): CLayout {
    const natural = this.#place(type, false);
    return natural ?? this.#place(type, true)!;
  }

  /** Follows the compiler from member to member; null when it cannot come to these places without `packed`. */
  #place(type: StructType, packed: boolean): CLayout | null {
    const gaps: (Gap | null)[] = [];
    let align = 1;
    let cursor = 0;
    for (const member of type.members) {
      const target = this.#btf.type(this.#btf.resolve(member.type));
      const bits = this.bitSize(member, target);
      const wanted = packed ? 1 : this.#alignOf(target);
      const at = member.bitOffset + (bits !== 0 && member.bitSize === 0 && target.kind === "int" ? target.bitOffset : 0);
      if (at < cursor)
        throw new BtfError(`expected ${member.name || "a member"} behind the one before, found it at bit ${at}`, place(type));
      if (bits === 0) {
        if (at % (wanted * 8) !== 0) {
          if (!packed) return null;
          throw new BtfError(`expected ${member.name || "a member"} on a byte, found it at bit ${at}`, place(type));
        }
        gaps.push(gap(cursor, roundUp(cursor, wanted * 8), at));
        cursor = at + this.#btf.sizeOf(target.id) * 8;
      } else {
        const unit = this.#btf.sizeOf(target.id) * 8;
        if (!packed && (at % unit) + bits > unit) return null;
        const reached = !packed && (cursor % unit) + bits > unit ? roundUp(cursor, unit) : cursor;
        gaps.push(gap(cursor, reached, at));
        cursor = at + bits;
      }
      if (wanted > align && (bits === 0 || member.name !== "")) align = wanted;
    }
    const size = type.size * 8;
    if (cursor > size) throw new BtfError(`expected members within ${type.size} bytes, found ${cursor / 8}`, place(type));
    if (type.size % align !== 0) return null;
    gaps.push(gap(cursor, roundUp(cursor, align * 8), size));
    return { packed, align, gaps, filler: 0 };
  }

  #union(type: UnionType): CLayout {
    let align = 1;
    let size = 0;
    for (const member of type.members) {
      const target = this.#btf.type(this.#btf.resolve(member.type));
      const bits = this.bitSize(member, target);
      align = Math.max(align, this.#alignOf(target));
      size = Math.max(size, bits === 0 ? this.#btf.sizeOf(target.id) : Math.ceil(bits / 8));
    }
    if (size > type.size) throw new BtfError(`expected members within ${type.size} bytes, found ${size}`, place(type));
    const packed = type.size % align !== 0;
    if (packed) align = 1;
    const filler = Math.ceil(size / align) * align === type.size ? 0 : type.size;
    return { packed, align, gaps: [], filler };
  }

  #alignOf(type: BtfType): number {
    switch (type.kind) {
      case "struct":
      case "union":
        return this.layout(type).align;
      case "array":
        // By the element, through as many dimensions as there are.
        return this.#alignOf(this.#elementOf(type.id));
      case "pointer":
        return POINTER_SIZE;
      case "int":
      case "enum":
      case "enum64":
      case "float":
        return Math.min(type.size & -type.size, 16);
      default:
        return 1;
    }
  }

  #elementOf(array: number): BtfType {
    // Ends, and has an element with a size: `sizeOf` went the same way.
    this.#btf.sizeOf(array);
    let type = this.#btf.type(array);
    while (type.kind === "array") type = this.#btf.type(this.#btf.resolve(type.element));
    return type;
  }
}

/** What to write so that what `reaches` by itself to one bit comes to another. */
function gap(start: number, reaches: number, end: number): Gap | null {
  return reaches === end ? null : { start, end };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function place(type: BtfType): { type: number; typeName: string } {
  return { type: type.id, typeName: type.name };
}
