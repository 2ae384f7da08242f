/**
 * Lowers reads through kernel pointers. Every offset is one that the loader adapts to the kernel (CO-RE). What the verifier knows
 * is loaded; everything else is copied by `bpf_probe_read_kernel`, which gives zeroes where nothing can be read.
 */

import type { Value, Width } from "../../ir/ir.ts";
import { along, type KernelPath } from "../kernel/paths.ts";
import { type KernelStored, sizeOfKernel } from "../kernel/structs.ts";
import { sizeOf } from "../layout.ts";
import type { Expression, Local } from "../tree.ts";
import type { IntType, KernelRead, StoredType } from "../types.ts";
import { scalar } from "./expressions.ts";
import { convert } from "./integers.ts";
import type { Lowering } from "./lowering.ts";
import { copy, irType, type Location, pointer } from "./memory.ts";

type Field = Extract<Expression, { kind: "kernel-field" }>;
type Element = Extract<Expression, { kind: "kernel-element" }>;

/** How a kernel pointer is read where `any` stands for what the caller has: a function's parameter, while it is inlined. */
export function readOf(to: Lowering, value: Expression): Exclude<KernelRead, "any"> {
  const { type } = value;
  if (type.kind !== "kernel") return "probe";
  if (type.read !== "any") return type.read;
  switch (value.kind) {
    case "local":
      return to.reads.get(value.local) ?? "probe";
    case "kernel-field":
    case "kernel-element":
      return readOf(to, value.object);
    case "kernel-cast":
      return readOf(to, value.operand);
    case "call":
      // What it returns is its parameters', or what they lead to. A sub-program has read those as it reads any.
      if (to.session.isSubprogram(value.function) || to.session.reassigning.has(value.function)) return "probe";
      return value.arguments.every((part) => part.type.kind !== "kernel" || readOf(to, part) === "direct") ? "direct" : "probe";
    default:
      return "probe";
  }
}

/** From here on, a local holds what a value is. One that is assigned again elsewhere may hold anything. */
export function holds(to: Lowering, local: Local, value: Expression): void {
  if (local.type.kind === "kernel") to.reads.set(local, to.session.reassigned.has(local) ? "probe" : readOf(to, value));
}

/** The value of a field: a number, a pointer, or the address of what lies within. */
export function kernelField(to: Lowering, value: Field): Value {
  const { path } = value;
  if (isEmbedded(path.type)) return addressOf(to, value);
  if (path.bitSize > 0) return bitField(to, value);
  const { ir } = to;
  const core = to.session.types.kernel.path(path);
  const object = scalar(to, value.object);
  const offset = path.bitOffset / 8;
  if (readOf(to, value.object) === "direct") return loadStored(to, path.type, object, offset, core);
  return probed(to, path.type, () => ir.fieldAddress(object, core, offset));
}

/** The value of an element whose index is not known when compiling, or whose array has no struct around it. */
export function kernelElement(to: Lowering, value: Element): Value {
  const { stored } = value;
  const address = addressOf(to, value);
  if (isEmbedded(stored)) return address;
  if (value.index.kind === "constant" && readOf(to, value.object) === "direct") return loadStored(to, stored, address, 0);
  return probed(to, stored, () => address);
}

/** Where a field or an element is. */
export function addressOf(to: Lowering, value: Field | Element): Value {
  const { ir } = to;
  if (value.kind === "kernel-field") {
    const core = to.session.types.kernel.path(value.path);
    return ir.fieldAddress(scalar(to, value.object), core, value.path.bitOffset / 8);
  }
  const array = scalar(to, value.object);
  const index = scalar(to, value.index);
  const size = sizeOfKernel(value.stored);
  return ir.binary("add", array, size === 1 ? index : ir.binary("mul", index, ir.constant("i64", size)));
}

function isEmbedded({ kind }: KernelStored): boolean {
  return kind === "kernel-struct" || kind === "kernel-array";
}

/** What lies in memory as a number: null for a pointer. */
export function scalarStored(stored: KernelStored): Exclude<StoredType, { kind: "struct" | "array" }> | null {
  switch (stored.kind) {
    case "int":
    case "bool":
    case "network":
      return stored;
    case "kernel-enum":
      return stored.int;
    default:
      return null;
  }
}

function loadStored(
  to: Lowering,
  stored: KernelStored,
  address: Value,
  offset: number,
  core?: ReturnType<typeof to.session.types.kernel.path>,
): Value {
  const { ir } = to;
  const known = scalarStored(stored);
  if (known === null) {
    // An address that nobody can follow by name is a number.
    const type = stored.kind === "kernel-pointer" && stored.to !== null ? "ptr" : "i64";
    return ir.load(type, 8, false, address, offset, core);
  }
  const width = sizeOf(known) as Width;
  const raw = ir.load(width === 8 ? "i64" : "i32", width, known.kind === "int" && known.signed, address, offset, core);
  return known.kind === "network" ? ir.toBig(known.host.bits as 16 | 32 | 64, raw) : raw;
}

/** Copies some bytes of the kernel's into the frame, and loads them there. */
function probed(to: Lowering, stored: KernelStored, address: () => Value): Value {
  const { ir } = to;
  const size = sizeOfKernel(stored);
  const slot = to.scratch(size, "probe");
  const from = address();
  ir.call("bpf_probe_read_kernel", [slot, ir.constant("i32", size), from], null);
  return loadStored(to, stored, slot, 0);
}

/**
 * A bit-field: where it lies, how much is loaded and how it is shifted are all the kernel's, so that it may become wider, move, or
 * become an ordinary field.
 */
function bitField(to: Lowering, value: Field): Value {
  const { ir } = to;
  const { path } = value;
  const core = to.session.types.kernel.path(path);
  const type = scalarStored(path.type);
  if (type === null || type.kind === "network" || type.kind === "pointer") throw new TypeError("a bit-field is an integer");
  const unit = unitOf(path, sizeOf(type));
  const object = scalar(to, value.object);
  const address = ir.fieldAddress(object, core, unit.offset);
  const size = ir.coreValue("field_byte_size", core, "i32", unit.size);
  const whole = readOf(to, value.object) === "direct" ? loadSized(to, address, size) : probeSized(to, address, size);
  const up = ir.binary("shl", whole, ir.coreValue("field_lshift_u64", core, "i64", unit.lshift));
  const signed = type.kind === "int" && type.signed;
  const bits = ir.binary(signed ? "ashr" : "lshr", up, ir.coreValue("field_rshift_u64", core, "i64", 64 - path.bitSize));
  return irType(type) === "i64" ? bits : ir.extend(false, 32, bits, "i32");
}

/** The aligned integer around a bit-field, as relocations count (`bitFieldUnit` of object/core/value.ts). */
function unitOf({ bitOffset, bitSize }: KernelPath, declared: number): { offset: number; size: number; lshift: number } {
  let size = declared;
  const start = () => Math.floor(Math.floor(bitOffset / 8) / size) * size;
  while (bitOffset + bitSize - start() * 8 > size * 8 && size < 8) size *= 2;
  const offset = start();
  return { offset, size, lshift: 64 - (bitOffset - offset * 8 + bitSize) };
}

/** A load of as many bytes as the kernel's types say; the verifier sees a constant, and follows one way. */
function loadSized(to: Lowering, address: Value, size: Value): Value {
  const { ir } = to;
  const result = ir.variable("i64", "bits");
  const end = ir.block();
  for (const width of [4, 1, 2, 8] as const) {
    if (width === 8) {
      ir.write(result, ir.load("i64", 8, false, address, 0));
      ir.jump(end);
      break;
    }
    const { yes, no } = to.branches(["yes", "no"], (made) => ir.branch("eq", size, ir.constant("i32", width), made.yes, made.no));
    ir.switchTo(yes);
    ir.write(result, ir.extend(false, 32, ir.load("i32", width, false, address, 0), "i64"));
    ir.jump(end);
    ir.switchTo(no);
  }
  ir.seal(end);
  ir.switchTo(end);
  return ir.read(result);
}

function probeSized(to: Lowering, address: Value, size: Value): Value {
  const { ir } = to;
  const slot = to.scratch(8, "probe");
  // Fewer than eight bytes may come.
  ir.store(8, slot, 0, ir.constant("i64", 0));
  ir.call("bpf_probe_read_kernel", [slot, size, address], null);
  return ir.load("i64", 8, false, slot, 0);
}

/** Whether the kernel that runs the program has something, or how large it is. */
export function kernelInfo(to: Lowering, { info, type }: Extract<Expression, { kind: "kernel-info" }>): Value {
  const { kernel } = to.session.types;
  const { of } = info;
  const core =
    of.kind === "path"
      ? kernel.path(of.path)
      : of.kind === "struct"
        ? { type: kernel.struct(of.struct), access: "0" }
        : kernel.enumerator(of.enum, of.index);
  return to.ir.coreValue(info.kind, core, irType(type), info.value);
}

/** Null when it returns nothing. */
export function kernelCall(to: Lowering, value: Extract<Expression, { kind: "kernel-call" }>): Value | null {
  const { ir } = to;
  const given = value.arguments.map((part) => scalar(to, part));
  to.locate(value.at);
  const { type } = value;
  const result = type.kind === "void" ? null : type.kind === "int" || type.kind === "bool" ? irType(type) : "ptr";
  const raw = ir.callKfunc(value.function.name, given, result);
  // A narrow result has its bits above as they come.
  if (raw === null || (type.kind !== "int" && type.kind !== "bool")) return raw;
  if (type.kind === "bool") return ir.extend(false, 8, raw, "i32");
  return type.bits === 8 || type.bits === 16 ? ir.extend(type.signed, type.bits, raw, "i32") : raw;
}

/** A value of the kernel's configuration lies in a map that the loader fills in. */
export function kernelConfig(to: Lowering, { name, configs, type }: Extract<Expression, { kind: "kernel-config" }>): Value {
  const { ir } = to;
  const place = configs.placed().find((config) => config.name === name);
  if (place === undefined) throw new TypeError(`${name} has no place`);
  const width = sizeOf(type) as Width;
  return ir.load(
    irType(type),
    width,
    type.kind === "int" && type.signed,
    ir.mapValue(to.session.data.configMap, place.offset),
    0,
  );
}

/** `u64(task)` and `cast<task_struct>(address)`: the same bits. */
export function kernelCast(to: Lowering, { operand, type }: Extract<Expression, { kind: "kernel-cast" }>): Value {
  const { ir } = to;
  const value = scalar(to, operand);
  const isPointer = ir.typeOf(value) === "ptr";
  if (type.kind === "kernel" || type.kind === "reference")
    return isPointer ? value : ir.binary("add", ir.constant("ptr", 0), convert(ir, value, operand.type as IntType, U64));
  return isPointer ? ir.binary("sub", value, ir.constant("ptr", 0)) : value;
}

const U64: IntType = { kind: "int", bits: 64, signed: false, name: "u64" };

/** Computes where something lies in kernel memory; what it returns copies its first bytes to a place of ours. */
export function kernelCopy(
  to: Lowering,
  { operand, size, cut }: Extract<Expression, { kind: "kernel-copy" }>,
): (place: Location) => void {
  const { ir } = to;
  if (cut || readOf(to, operand) === "probe") {
    const address = scalar(to, operand);
    const helper = cut ? "bpf_probe_read_kernel_str" : "bpf_probe_read_kernel";
    return (place) => {
      // A helper follows no pointer into an arena.
      const near: Location =
        place.memory === "arena" ? { address: to.scratch(size, "what is read"), offset: 0, memory: "stack", align: 8 } : place;
      ir.call(helper, [pointer(ir, near), ir.constant("i32", size), address], null);
      if (near !== place) copy(ir, size, near, place);
    };
  }
  // A path to each piece, rather than an address: of a context, the verifier takes no other.
  const object = operand.kind === "kernel-field" ? scalar(to, operand.object) : scalar(to, operand);
  const within = operand.kind === "kernel-field" ? operand.path : null;
  return (place) => {
    const start = within === null ? 0 : within.bitOffset / 8;
    for (const { offset, width } of pieces(start, size)) {
      const type = width === 8 ? "i64" : "i32";
      const part = within === null ? undefined : pieceOf(within, offset);
      const core = part === undefined ? undefined : to.session.types.kernel.path(part);
      const value = ir.load(type, width, false, object, start + offset, core);
      for (let done = 0; done < width; ) {
        const store = widestStore(place, offset + done, width - done);
        const bits = done === 0 ? value : ir.binary("lshr", value, ir.constant(type, done * 8));
        ir.store(store, place.address, place.offset + offset + done, bits);
        done += store;
      }
    }
  };
}

/** Pieces as wide as the alignment of the first byte allows. */
function* pieces(start: number, size: number): Generator<{ readonly offset: number; readonly width: Width }> {
  for (let offset = 0; offset < size; ) {
    const width = ([8, 4, 2, 1] as const).find((each) => each <= size - offset && (start + offset) % each === 0) ?? 1;
    yield { offset, width };
    offset += width;
  }
}

/** The element that a piece of an array of integers begins with. */
function pieceOf(path: KernelPath, offset: number): KernelPath {
  const { type } = path;
  if (type.kind !== "kernel-array") return path;
  return along(path, [{ kind: "element", of: type, index: offset / sizeOfKernel(type.element) }]);
}

function widestStore({ memory, align, offset }: Location, at: number, most: number): Width {
  const strict = memory === "stack" || memory === null;
  return ([8, 4, 2, 1] as const).find((each) => each <= most && (!strict || (each <= align && (offset + at) % each === 0))) ?? 1;
}
