/** What lies behind a type's names, and how many bytes its values take. Reads records without decoding them. */

import type { Btf } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { KIND, POINTER_SIZE, RESOLVE_LIMIT, TYPE_SIZE } from "./format.ts";
import type { BtfType } from "./types.ts";

/** See `Btf.resolve`. */
export function resolve(btf: Btf, id: number): number {
  let current = id;
  for (let steps = 0; steps <= RESOLVE_LIMIT; steps++) {
    switch (btf.kindNumber(current)) {
      case KIND.typedef:
      case KIND.volatile:
      case KIND.const:
      case KIND.restrict:
      case KIND.typeTag:
        current = sizeOrType(btf, current);
        break;
      default:
        return current;
    }
  }
  throw endless(btf, id);
}

/** See `Btf.sizeOf`. */
export function sizeOf(btf: Btf, id: number): number {
  let current = id;
  let elements = 1;
  for (let steps = 0; steps <= RESOLVE_LIMIT; steps++) {
    current = resolve(btf, current);
    switch (btf.kindNumber(current)) {
      case KIND.int:
      case KIND.struct:
      case KIND.union:
      case KIND.enum:
      case KIND.enum64:
      case KIND.float:
      case KIND.section:
        return checked(elements * sizeOrType(btf, current));
      case KIND.pointer:
        return checked(elements * POINTER_SIZE);
      case KIND.variable:
      case KIND.declTag:
        current = sizeOrType(btf, current);
        break;
      case KIND.array: {
        const owner = btf.ownerOf(current);
        const tail = owner.recordStart(current) + TYPE_SIZE;
        elements = checked(elements * owner.view.getUint32(tail + 8, owner.littleEndian));
        current = owner.view.getUint32(tail, owner.littleEndian);
        break;
      }
      default:
        throw new BtfError(`expected a type that has a size, found ${btf.kind(current)}`, place(btf, id));
    }
  }
  throw endless(btf, id);

  function checked(size: number): number {
    if (size > 0xffffffff) throw new BtfError("expected a size below 4 GiB", place(btf, id));
    return size;
  }
}

/** See `Btf.alignOf`. */
export function alignOf(btf: Btf, id: number): number {
  return alignWithin(btf, id, new Map(), 0);
}

/** `known` keeps structs that contain others several times from taking exponential time. */
function alignWithin(btf: Btf, id: number, known: Map<number, number>, depth: number): number {
  const resolved = resolve(btf, id);
  let align = known.get(resolved);
  if (align === undefined) {
    if (depth > RESOLVE_LIMIT) throw endless(btf, id);
    align = ownAlign(btf, btf.type(resolved), known, depth);
    known.set(resolved, align);
  }
  return align;
}

function ownAlign(btf: Btf, type: BtfType, known: Map<number, number>, depth: number): number {
  switch (type.kind) {
    case "int":
    case "enum":
    case "enum64":
    case "float":
      return powerOfTwo(type.size);
    case "pointer":
      return POINTER_SIZE;
    case "array":
      return alignWithin(btf, type.element, known, depth + 1);
    case "variable":
    case "declTag":
      return alignWithin(btf, type.type, known, depth + 1);
    case "struct":
    case "union": {
      let align = 1;
      for (const member of type.members) {
        const wanted = alignWithin(btf, member.type, known, depth + 1);
        // Only what every member's place and the size agree with: BTF does not say `packed`.
        if (wanted > align && (member.bitSize !== 0 || member.bitOffset % (wanted * 8) === 0)) align = wanted;
      }
      while (align > 1 && type.size % align !== 0) align /= 2;
      return align;
    }
    default:
      throw new BtfError(`expected a type that has a size, found ${type.kind}`, place(btf, type.id));
  }
}

function powerOfTwo(size: number): number {
  let align = 1;
  while (align * 2 <= size && align < 16) align *= 2;
  return align;
}

function sizeOrType(btf: Btf, id: number): number {
  const owner = btf.ownerOf(id);
  return owner.view.getUint32(owner.recordStart(id) + 8, owner.littleEndian);
}

function place(btf: Btf, id: number): { type: number; typeName: string } {
  return { type: id, typeName: btf.name(id) };
}

function endless(btf: Btf, id: number): BtfError {
  return new BtfError(`expected a chain of at most ${RESOLVE_LIMIT} types, found a longer or endless one`, place(btf, id));
}
