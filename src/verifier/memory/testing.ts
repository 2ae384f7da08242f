/** For tests of this room: a walk that stands before one instruction, with registers as the test wants them. */

import type { MapFacts, Program } from "../program.ts";
import { type RefusalCode, Refused } from "../refusal.ts";
import { Frame } from "../state/frame.ts";
import { pointer, type Reg } from "../state/register.ts";
import { State } from "../state/state.ts";
import { PTR_TO_STACK } from "../state/types.ts";
import type { ContextAccess, ProgramRules } from "../target.ts";
import { Facts, Walk } from "../walk/walk.ts";
import { type Access, checkMemory } from "./access.ts";

export interface Given {
  readonly era?: number;
  readonly type?: Program["type"];
  readonly strictAlignment?: boolean;
  readonly directPacketWrite?: boolean;
  readonly context?: (offset: number, size: number, write: boolean) => ContextAccess | null;
  readonly kernelTypes?: Program["kernelTypes"];
  readonly gpl?: boolean;
  readonly sleepable?: boolean;
  /** The instruction that is walked. */
  readonly opcode?: number;
  readonly dst?: number;
  readonly src?: number;
  readonly imm?: number;
}

/** One frame, with its frame pointer in r10. */
export function walkWith(given: Given = {}): Walk {
  const era = given.era ?? 618;
  const rules: ProgramRules = {
    contextName: "xdp_md",
    context: "table",
    access: given.context ?? (() => null),
    returns: null,
    directPacketAccess: true,
    directPacketWrite: given.directPacketWrite ?? true,
    packetsForAllHelpers: false,
    legacyPacketAccess: false,
    sleepable: "never",
  };
  const program: Program = {
    spec: { name: "test", license: "GPL", types: null, maps: [], programs: [] },
    source: {
      name: "test",
      section: "xdp",
      type: "xdp",
      attachType: null,
      code: new Uint8Array(8),
      relocations: [],
      functions: [],
      lines: [],
    },
    target: {
      name: "test",
      era,
      callbacksAreLoops: false,
      types: null,
      programType: () => rules,
      hasMapType: () => true,
      helper: () => "unknown",
      kfunc: () => null,
      socketAccess: () => null,
    },
    era,
    rules,
    name: "test",
    type: given.type ?? "xdp",
    attachType: null,
    replaces: false,
    sleepable: given.sleepable ?? false,
    gpl: given.gpl ?? true,
    code: {
      length: 1,
      opcode: Uint8Array.of(given.opcode ?? 0x7b),
      dst: Uint8Array.of(given.dst ?? 10),
      src: Uint8Array.of(given.src ?? 0),
      offset: Int16Array.of(0),
      imm: Int32Array.of(given.imm ?? 0),
    },
    subprograms: [{ index: 0, start: 0, end: 1, name: "test", func: 0, linkage: "global" }],
    referents: new Map(),
    maps: [],
    types: null,
    objects: new Map(),
    kernelTypes: given.kernelTypes ?? null,
    lines: [],
    strictAlignment: given.strictAlignment ?? false,
    storesEachState: false,
  };
  const flow = {
    prunePoint: new Uint8Array(1),
    jumpPoint: new Uint8Array(1),
    forceCheckpoint: new Uint8Array(1),
    callsCallback: new Uint8Array(1),
    liveRegisters: new Uint16Array(1),
    component: new Int32Array(1),
    hasLoops: false,
    subprogram: new Uint16Array(1),
    subprograms: [],
    successors: { next: new Int32Array(1), jump: new Int32Array(1) },
    postorders: [],
  };
  const frame = new Frame(-1, 0, 0);
  frame.regs[10] = pointer(PTR_TO_STACK);
  return new Walk(program, flow, new Facts(1, 1), new State([frame]), null);
}

/** A register that differs from another in some fields. */
export function but(reg: Reg, fields: Partial<Reg>): Reg {
  return Object.assign(reg.copy(), fields);
}

export function mapWith(facts: Partial<MapFacts>): MapFacts {
  const name = "values";
  return {
    spec: { name, type: "array", keySize: 4, valueSize: 64, maxEntries: 1, flags: 0, keyType: 0, valueType: 0 },
    name,
    type: "array",
    keySize: 4,
    valueSize: 64,
    maxEntries: 1,
    flags: 0,
    typed: true,
    fields: [],
    inner: null,
    contents: null,
    ...facts,
  };
}

/** A load of `size` bytes through register `reg` into `value`, r0 if not said. */
export function load(walk: Walk, reg: number, off: number, size: number, fields: Partial<Access> = {}): Reg {
  const access = { reg, off, size, write: false, value: 0, strict: false, signExtend: false, ...fields };
  checkMemory(walk, access);
  return walk.reg(Math.max(access.value, 0));
}

/** A store of `size` bytes of register `value`, or of the instruction's immediate when it is -1. */
export function store(walk: Walk, reg: number, off: number, size: number, value: number): void {
  checkMemory(walk, { reg, off, size, write: true, value, strict: false, signExtend: false });
}

/** What it is refused with, and how. */
export function refusal(act: () => void): { readonly text: string; readonly code: RefusalCode } | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof Refused) return { text: error.message, code: error.code };
    throw error;
  }
}
