/** `BPF_ATOMIC` instructions. */

import { typeName } from "../print/types.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import { isPacketPointer, isSocketPointer, PTR_TO_ARENA, PTR_TO_CTX, PTR_TO_FLOW_KEYS } from "../state/types.ts";
import { FRAME_POINTER, type Walk } from "../walk/walk.ts";
import { checkMemory } from "./access.ts";

// In `imm` (RFC 9669 §5.3): an operation of ALU instructions, or one of these.
const FETCH = 0x01;
const ADD = 0x00;
const OR = 0x40;
const AND = 0x50;
const XOR = 0xa0;
const EXCHANGE = 0xe0 | FETCH;
const COMPARE_EXCHANGE = 0xf0 | FETCH;
const LOAD_ACQUIRE = 0x100;
const STORE_RELEASE = 0x110;

const MODIFIES = new Set([ADD, OR, AND, XOR, ADD | FETCH, OR | FETCH, AND | FETCH, XOR | FETCH, EXCHANGE, COMPARE_EXCHANGE]);
/** What x86-64's JIT makes a loop of, which cannot be restarted after a fault in an arena. */
const LOOPS = new Set([OR | FETCH, AND | FETCH, XOR | FETCH]);

/** Bytes by the size bits of an opcode, shifted down by three. */
const SIZES = [4, 2, 1, 8];

/** Read-modify-write, exchanges, and since 6.14 load-acquire and store-release (`check_atomic`). */
export function checkAtomic(walk: Walk): void {
  const { code } = walk.program;
  const imm = code.imm[walk.slot]!;
  if (MODIFIES.has(imm)) modify(walk);
  else if (imm === LOAD_ACQUIRE && walk.era >= 615) loadAcquire(walk);
  else if (imm === STORE_RELEASE && walk.era >= 615) storeRelease(walk);
  else refuse(`BPF_ATOMIC uses invalid atomic opcode ${(imm >>> 0).toString(16).padStart(2, "0")}`, "EINVAL");
}

function modify(walk: Walk): void {
  const { code } = walk.program;
  const slot = walk.slot;
  const imm = code.imm[slot]!;
  const size = SIZES[(code.opcode[slot]! >> 3) & 3]!;
  if (size < 4) refuse("invalid atomic operand size", "EINVAL");
  const source = code.src[slot]!;
  const target = code.dst[slot]!;
  const off = code.offset[slot]!;
  walk.read(source);
  const reg = walk.read(target);
  if (imm === COMPARE_EXCHANGE) walk.read(0);
  if (!suits(reg, imm)) refuse(`BPF_ATOMIC stores into R${target} ${typeName(reg.type, walk.era)} is not allowed`);
  let loaded = -1;
  if ((imm & FETCH) !== 0) {
    loaded = imm === COMPARE_EXCHANGE ? 0 : source;
    overwrite(walk, loaded);
  }
  const access = { reg: target, off, size, strict: true, signExtend: false };
  checkMemory(walk, { ...access, write: false, value: -1 });
  if (loaded >= 0) checkMemory(walk, { ...access, write: false, value: loaded });
  checkMemory(walk, { ...access, write: true, value: -1 });
}

function loadAcquire(walk: Walk): void {
  const { code } = walk.program;
  const slot = walk.slot;
  const source = code.src[slot]!;
  const target = code.dst[slot]!;
  const reg = walk.read(source);
  if (target === FRAME_POINTER) refuse("frame pointer is read only");
  const size = SIZES[(code.opcode[slot]! >> 3) & 3]!;
  checkMemory(walk, { reg: source, off: code.offset[slot]!, size, write: false, value: target, strict: true, signExtend: false });
  if (!suits(reg, LOAD_ACQUIRE)) {
    refuse(`BPF_ATOMIC loads from R${source} ${typeName(reg.type, walk.era)} is not allowed`);
  }
}

function storeRelease(walk: Walk): void {
  const { code } = walk.program;
  const slot = walk.slot;
  const source = code.src[slot]!;
  const target = code.dst[slot]!;
  walk.read(source);
  const reg = walk.read(target);
  const size = SIZES[(code.opcode[slot]! >> 3) & 3]!;
  checkMemory(walk, { reg: target, off: code.offset[slot]!, size, write: true, value: source, strict: true, signExtend: false });
  if (!suits(reg, STORE_RELEASE)) {
    refuse(`BPF_ATOMIC stores into R${target} ${typeName(reg.type, walk.era)} is not allowed`);
  }
}

/** A register that the instruction writes: from here on it holds some number, even when it was the pointer. */
function overwrite(walk: Walk, index: number): void {
  if (index === FRAME_POINTER) refuse("frame pointer is read only");
  walk.setUnknown(index);
}

/** `atomic_ptr_type_ok`. */
function suits({ type }: Reg, imm: number): boolean {
  if (type === PTR_TO_CTX || type === PTR_TO_FLOW_KEYS || isPacketPointer(type) || isSocketPointer(type)) return false;
  return type !== PTR_TO_ARENA || !LOOPS.has(imm);
}
