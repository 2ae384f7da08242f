/** Reads, writes, copies and compares bytes in memory, as stored types say they lie there. */

import type { FunctionBuilder } from "../../ir/builder.ts";
import type { Type, Value, Width } from "../../ir/ir.ts";
import { sizeOf } from "../layout.ts";
import type { ArrayType, Memory, ScalarType, StoredType, StructType } from "../types.ts";

/** Some bytes: `offset` from an address. `align` is what is known of the address itself. */
export interface Location {
  readonly address: Value;
  readonly offset: number;
  readonly memory: Memory | null;
  readonly align: number;
}

/** What the IR computes with for a scalar of the language. Narrow signed ones are held sign-extended to 32 bits. */
export function irType(type: ScalarType): "i32" | "i64" {
  return type.kind === "int" && type.bits === 64 ? "i64" : "i32";
}

export function at(location: Location, offset: number): Location {
  return { ...location, offset: location.offset + offset };
}

/** The address as one pointer. */
export function pointer(ir: FunctionBuilder, { address, offset }: Location): Value {
  return offset === 0 ? address : ir.binary("add", address, ir.constant("i64", offset));
}

export type ScalarStored = Exclude<StoredType, StructType | ArrayType>;

export function load(ir: FunctionBuilder, stored: ScalarStored, from: Location): Value {
  const raw = loadRaw(ir, stored, from);
  return stored.kind === "network" ? ir.toBig(stored.host.bits as 16 | 32 | 64, raw) : raw;
}

/** Without turning network order around. */
export function loadRaw(ir: FunctionBuilder, stored: ScalarStored, from: Location): Value {
  const width = sizeOf(stored) as Width;
  const signed = stored.kind === "int" && stored.signed;
  if (stored.kind === "pointer") return ir.load("ptr", 8, false, from.address, from.offset);
  const type = width === 8 ? "i64" : "i32";
  const part = widestAt(from, 0, width);
  if (part === width) return ir.load(type, width, signed, from.address, from.offset);
  // The frame only takes aligned access: a packed field in it is put together from its parts.
  let whole = ir.constant(type, 0);
  for (let done = 0; done < width; done += part) {
    const bits = ir.load(type, part, signed && done + part === width, from.address, from.offset + done);
    whole = ir.binary("or", whole, ir.binary("shl", bits, ir.constant(type, done * 8)));
  }
  return whole;
}

export function store(ir: FunctionBuilder, stored: ScalarStored, to: Location, value: Value): void {
  if (stored.kind === "pointer") {
    ir.store(8, to.address, to.offset, value);
    return;
  }
  const width = sizeOf(stored) as Width;
  const raw = stored.kind === "network" ? ir.toBig(stored.host.bits as 16 | 32 | 64, value) : value;
  const part = widestAt(to, 0, width);
  const type = width === 8 ? "i64" : "i32";
  for (let done = 0; done < width; done += part) {
    const bits = done === 0 ? raw : ir.binary("lshr", raw, ir.constant(type, done * 8));
    ir.store(part, to.address, to.offset + done, bits);
  }
}

/** The widest access at `offset` of a location that is aligned where the verifier asks for it: in the frame. */
function widestAt(location: Location, offset: number, most: number): Width {
  const strict = location.memory === "stack" || location.memory === null;
  for (const width of [8, 4, 2] as const) {
    if (width > most) continue;
    if (!strict || (width <= location.align && (location.offset + offset) % width === 0)) return width;
  }
  return 1;
}

/** Pieces of `size` bytes, as wide as every location allows. */
function* pieces(size: number, locations: readonly Location[]): Generator<{ readonly offset: number; readonly width: Width }> {
  // The kernel's contexts give more than a word only where a field is longer.
  const widest = locations.some(({ memory }) => memory === "view") ? 4 : 8;
  for (let offset = 0; offset < size; ) {
    const left = size - offset;
    const most = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    const width = Math.min(most, widest, ...locations.map((location) => widestAt(location, offset, left))) as Width;
    yield { offset, width };
    offset += width;
  }
}

export function copy(ir: FunctionBuilder, size: number, from: Location, to: Location): void {
  for (const { offset, width } of pieces(size, [from, to])) {
    const type: Type = width === 8 ? "i64" : "i32";
    ir.store(width, to.address, to.offset + offset, ir.load(type, width, false, from.address, from.offset + offset));
  }
}

export function zero(ir: FunctionBuilder, size: number, to: Location): void {
  storeBytes(ir, new Uint8Array(size), to);
}

export function storeBytes(ir: FunctionBuilder, bytes: Uint8Array, to: Location): void {
  for (const { offset, width } of pieces(bytes.length, [to])) {
    ir.store(width, to.address, to.offset + offset, bytesValue(ir, bytes, offset, width));
  }
}

/** Some bytes as the machine reads them. */
function bytesValue(ir: FunctionBuilder, bytes: Uint8Array, offset: number, width: Width): Value {
  let value = 0n;
  for (let index = width - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[offset + index] ?? 0);
  return ir.constant(width === 8 ? "i64" : "i32", value);
}

/** Pairs of values whose equality, all of them, is the equality of the bytes. */
export function* comparedPieces(
  ir: FunctionBuilder,
  size: number,
  sides: readonly [Location | Uint8Array, Location | Uint8Array],
): Generator<readonly [Value, Value]> {
  const locations = sides.filter((side): side is Location => !(side instanceof Uint8Array));
  for (const { offset, width } of pieces(size, locations)) {
    const read = (side: Location | Uint8Array) =>
      side instanceof Uint8Array
        ? bytesValue(ir, side, offset, width)
        : ir.load(width === 8 ? "i64" : "i32", width, false, side.address, side.offset + offset);
    yield [read(sides[0]), read(sides[1])];
  }
}
