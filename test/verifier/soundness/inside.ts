/** Whether what a program has in its registers and stack lies inside of what the verifier knows. */

import type { Bounds } from "../../../src/verifier/numbers/bounds.ts";
import type { Reg } from "../../../src/verifier/state/register.ts";
import { kindAt, SLOT_SPILL, SLOT_ZERO, type Slot } from "../../../src/verifier/state/slot.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  mayBeNull,
  NOT_INIT,
  PTR_TO_CTX,
  PTR_TO_MAP_VALUE,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  SCALAR,
} from "../../../src/verifier/state/types.ts";
import type { StateThen } from "./paths.ts";

/** A map's values in memory, and its handle. */
export interface MapInMemory {
  readonly name: string;
  readonly start: number;
  readonly stride: number;
  readonly count: number;
  readonly handle: number;
}

/** A program that stands before an instruction. */
export interface Standing {
  /** r0 … r10 of the function that runs: low half, high half. */
  readonly registers: Int32Array;
  /** Calls that have not returned: for each the slot of the call, then the halves of r6 … r9, and one word more. */
  readonly saved: Int32Array;
  readonly depth: number;
  readonly memory: DataView;
  readonly stackEnd: number;
  readonly context: number;
  /** `data_meta`, `data` and `data_end`. */
  readonly meta: number;
  readonly packet: number;
  readonly packetEnd: number;
  readonly maps: readonly MapInMemory[];
}

const FRAME_SIZE = 512;
const SAVED_WORDS = 10;

/** What of it lies outside of a state; null: nothing. */
export function outside(state: StateThen, standing: Standing): string | null {
  if (state.length !== standing.depth + 1) return `${standing.depth} calls deep`;
  for (const [index, { regs, stack, callsite }] of state.entries()) {
    const runs = index === standing.depth;
    if (index > 0 && callsite !== standing.saved[(index - 1) * SAVED_WORDS]) return `called by another call`;
    // Of callers r6 … r9 stand among what was saved.
    const words = runs ? standing.registers : standing.saved;
    const shift = runs ? 0 : index * SAVED_WORDS + 1 - 12;
    for (let register = runs ? 0 : 6; register < 10; register++) {
      const low = words[shift + register * 2]!;
      const high = words[shift + register * 2 + 1]!;
      if (!holds(regs[register]!, low, high, standing)) return `${where(index, runs)}r${register} = ${hex(low, high)}`;
    }
    const end = standing.stackEnd - index * FRAME_SIZE;
    for (const [number, slot] of stack.entries()) {
      if (!slotHolds(slot, end - 8 * (number + 1), standing)) {
        const at = end - 8 * (number + 1);
        const value = hex(standing.memory.getInt32(at, true), standing.memory.getInt32(at + 4, true));
        return `${where(index, runs)}fp-${8 * (number + 1)} = ${value}`;
      }
    }
  }
  return null;
}

const where = (frame: number, runs: boolean): string => (runs ? "" : `frame ${frame}: `);

const hex = (low: number, high: number): string => `0x${((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString(16)}`;

function holds(reg: Reg, low: number, high: number, standing: Standing): boolean {
  const { type, off } = reg;
  if (type === NOT_INIT) return true;
  if (type === SCALAR) return contains(reg.bounds, low, high);
  if (low === 0 && high === 0) return mayBeNull(type);
  const address = high * 0x1_0000_0000 + (low >>> 0);
  const differs = (base: number): boolean => {
    const difference = address - off - base;
    return contains(reg.bounds, difference | 0, Math.floor(difference / 0x1_0000_0000) | 0);
  };
  switch (baseType(type)) {
    case PTR_TO_CTX:
      return differs(standing.context);
    case PTR_TO_STACK:
      return differs(standing.stackEnd - reg.frame * FRAME_SIZE);
    case PTR_TO_PACKET:
      return differs(standing.packet) && (reg.range <= 0 || address - off + reg.range <= standing.packetEnd);
    case PTR_TO_PACKET_END:
      return address === standing.packetEnd;
    case CONST_PTR_TO_MAP:
      return address === map(reg, standing).handle;
    case PTR_TO_MAP_VALUE: {
      const { start, stride, count } = map(reg, standing);
      for (let element = 0; element < count; element++) if (differs(start + element * stride)) return true;
      return false;
    }
    case PTR_TO_PACKET_META:
      return differs(standing.meta) && (reg.range <= 0 || address - off + reg.range <= standing.packet);
    default:
      return true;
  }
}

function map(reg: Reg, { maps }: Standing): MapInMemory {
  const found = maps.find(({ name }) => name === reg.map?.name);
  if (found === undefined) throw new Error(`there is no map ${reg.map?.name}`);
  return found;
}

function contains(bounds: Bounds, low: number, high: number): boolean {
  return (
    ((low ^ bounds.valueLo) & ~bounds.maskLo) === 0 &&
    ((high ^ bounds.valueHi) & ~bounds.maskHi) === 0 &&
    low >= bounds.s32min &&
    low <= bounds.s32max &&
    low >>> 0 >= bounds.u32min >>> 0 &&
    low >>> 0 <= bounds.u32max >>> 0 &&
    atMost(bounds.uminLo, bounds.uminHi >>> 0, low, high >>> 0) &&
    atMost(low, high >>> 0, bounds.umaxLo, bounds.umaxHi >>> 0) &&
    atMost(bounds.sminLo, bounds.sminHi, low, high) &&
    atMost(low, high, bounds.smaxLo, bounds.smaxHi)
  );
}

/** Of two numbers by their halves: the upper ones as they are to be read. */
function atMost(oneLow: number, oneHigh: number, otherLow: number, otherHigh: number): boolean {
  return oneHigh < otherHigh || (oneHigh === otherHigh && oneLow >>> 0 <= otherLow >>> 0);
}

/** @param address of its lowest byte, which is the last of its kinds. */
function slotHolds({ kinds, reg }: Slot, address: number, standing: Standing): boolean {
  const { memory } = standing;
  let spilled = 0;
  for (let kind = 7; kind >= 0; kind--) {
    const what = kindAt(kinds, kind);
    if (what === SLOT_ZERO && memory.getUint8(address + 7 - kind) !== 0) return false;
    if (what === SLOT_SPILL) spilled++;
  }
  // Of a spill that something was written over the lowest bytes are no part any more, or the register is forgotten.
  if (kindAt(kinds, 7) !== SLOT_SPILL || reg.type === NOT_INIT) return true;
  const low = memory.getInt32(address, true);
  if (spilled === 8) return holds(reg, low, memory.getInt32(address + 4, true), standing);
  // The register was wider than what was stored of it: only its bits are known to be the same.
  if (reg.type !== SCALAR) return true;
  const { valueLo, maskLo } = reg.bounds;
  const width = spilled >= 4 ? -1 : (1 << (spilled * 8)) - 1;
  return ((low ^ valueLo) & ~maskLo & width) === 0;
}
