/** What the checks of one call of a helper learn from its arguments: `struct bpf_call_arg_meta`. */

import type { Btf } from "../../btf/btf.ts";
import type { RawMemory } from "../memory/region.ts";
import type { Bounds } from "../numbers/bounds.ts";
import { UNKNOWN } from "../numbers/bounds.ts";
import type { MapFacts, SpecialField } from "../program.ts";
import type { HelperPrototype } from "../target.ts";

export class Call implements RawMemory {
  readonly prototype: HelperPrototype;
  /** The map it works on: an argument, or where the timer lies that it is given. */
  map: MapFacts | null = null;
  mapUid = 0;
  rawMode = false;
  rawReg = 0;
  rawSize = 0;
  /** Number of the register that holds what it gives back, or 0. */
  releaseReg = 0;
  /** The reference that one of the arguments came with, or 0. */
  refId = 0;
  /** The dynptr that the result is a slice of. */
  dynptrId = 0;
  /** Bytes that the memory it returns has. */
  memSize = 0;
  /** How many bytes it was told to write at most. */
  mostWritten: Bounds = UNKNOWN;
  /** Per-CPU variables: the type that is returned. */
  resultBtf: Btf | null = null;
  resultBtfId = 0;
  /** The callback. */
  subprogram = -1;
  kptr: SpecialField | null = null;
  /** The key of an array that is looked up, when it is one constant number; else -1. */
  constantKey = -1;
  /** Before 6.2: the register that points at the stack where a dynptr is made, or 0. */
  newDynptrReg = 0;

  constructor(prototype: HelperPrototype) {
    this.prototype = prototype;
  }
}
