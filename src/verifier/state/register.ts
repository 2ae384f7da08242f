/** What is known of one register, or of a value spilled to the stack: `struct bpf_reg_state`. */

import type { Btf } from "../../btf/btf.ts";
import { type Bounds, UNKNOWN, ZERO } from "../numbers/bounds.ts";
import type { MapFacts } from "../program.ts";
import { NOT_INIT, SCALAR } from "./types.ts";

/**
 * In `Reg.id`: this register equals another of that id plus `off`, added in 64 bits, or in 32 and zero-extended
 * (`BPF_ADD_CONST64` and `BPF_ADD_CONST32`). Since 6.11, and 6.18 for 32 bits and negative differences.
 */
export const ADD_CONST_64 = 0x40000000;
export const ADD_CONST_32 = 0x20000000;
export const ADD_CONST = ADD_CONST_64 | ADD_CONST_32;

/**
 * Registers are shared between states and never changed once they stand in a frame: take a `copy()`, change that, and put it
 * in the frame in place of the old one.
 *
 * Fields that a type does not use keep their defaults, so that two registers compare field by field.
 */
export class Reg {
  /** A base type with flags (types.ts). */
  type = NOT_INIT;
  /** Pointers: the constant part of the offset, bytes. With `ADD_CONST`: the difference to the others of that id. int32. */
  off = 0;
  /** Scalars: the number. Pointers: the variable part of the offset (and `off` is added to it). */
  bounds: Bounds = ZERO;
  /**
   * 0, or the same in all registers that hold the same: one lookup's result (until it is checked for null), one variable
   * part of a packet pointer, one scalar that was copied.
   */
  id = 0;
  /** 0, or the id of the reference (references.ts) that this pointer came with. */
  refId = 0;
  /** CONST_PTR_TO_MAP, PTR_TO_MAP_VALUE, PTR_TO_MAP_KEY: which map. */
  map: MapFacts | null = null;
  /** With `map`: 0, or which of several inner maps it is: one for each lookup in a map of maps. */
  mapUid = 0;
  /** PTR_TO_PACKET, PTR_TO_PACKET_META: so many bytes after the pointer without its `off` are proven. PTR_TO_PACKET_END: -1, -2 (BEYOND_PKT_END, AT_PKT_END). */
  range = 0;
  /** PTR_TO_MEM, PTR_TO_BUF …: bytes that may be touched. */
  memSize = 0;
  /** PTR_TO_BTF_ID (and MEM_ALLOC objects): whose type, and which. */
  btf: Btf | null = null;
  btfId = 0;
  /** PTR_TO_STACK: the number of the frame that it points into. */
  frame = 0;
  /** Dynptr in a stack slot, or CONST_PTR_TO_DYNPTR: one of `DYNPTR_TYPE_*`; and for slices of one, its id. */
  dynptrType = 0;
  /** Two slots make a dynptr, several an iterator: whether this is the first (the one at the lowest address). */
  firstSlot = false;
  /** Slices of a dynptr (and their parents): the id of the dynptr that they are valid with. */
  dynptrId = 0;
  /** Iterator in a stack slot: 0 invalid, 1 active, 2 drained (`enum bpf_iter_state`), and how many steps were walked. */
  iterState = 0;
  iterDepth = 0;
  /** An irq flag in a stack slot: 0 local_irq_save, 1 res_spin_lock_irqsave. */
  irqClass = 0;
  /** PTR_TO_FUNC: which subprogram. */
  subprogram = 0;
  /** Scalars: whether the exact value mattered for safety, so that states with other values are not the same. */
  precise = false;

  /** To be changed before it is put in a frame. */
  copy(): Reg {
    const to = new Reg();
    to.type = this.type;
    to.off = this.off;
    to.bounds = this.bounds;
    to.id = this.id;
    to.refId = this.refId;
    to.map = this.map;
    to.mapUid = this.mapUid;
    to.range = this.range;
    to.memSize = this.memSize;
    to.btf = this.btf;
    to.btfId = this.btfId;
    to.frame = this.frame;
    to.dynptrType = this.dynptrType;
    to.firstSlot = this.firstSlot;
    to.dynptrId = this.dynptrId;
    to.iterState = this.iterState;
    to.iterDepth = this.iterDepth;
    to.irqClass = this.irqClass;
    to.subprogram = this.subprogram;
    to.precise = this.precise;
    return to;
  }
}

/** Nothing was written to it. */
export const UNINITIALISED: Reg = new Reg();

/** A number. */
export function scalar(bounds: Bounds): Reg {
  const reg = new Reg();
  reg.type = SCALAR;
  reg.bounds = bounds;
  return reg;
}

/** Some number. */
export const UNKNOWN_SCALAR: Reg = scalar(UNKNOWN);

export const ZERO_SCALAR: Reg = scalar(ZERO);

/** A pointer of that type, at its start. */
export function pointer(type: number): Reg {
  const reg = new Reg();
  reg.type = type;
  return reg;
}
