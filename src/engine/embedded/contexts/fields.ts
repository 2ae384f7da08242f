/**
 * Contexts that are told by their fields, for programs on sockets and control groups: a struct in the CPU's context area, what its
 * pointers lead to right behind it, and a buffer in the CPU's packet area for those that point at data.
 */

import { BPF_SOCK } from "../../../uapi/contexts/sock.ts";
import { type ContextRules, fieldOf } from "../../../uapi/contexts/struct.ts";
import { encodeContext } from "../../context-input.ts";
import type { ContextInput } from "../../engine.ts";
import type { AddressSpace } from "../access.ts";
import { type Cpu, HEAD_ROOM, LONGEST_PACKET } from "../cpu.ts";

export interface FieldShape {
  readonly rules: ContextRules;
  /** The fields that hold where the data begins and ends, when there is any. */
  readonly buffer?: { readonly start: string; readonly end: string };
  /** The field that holds the address of what lies behind the struct. */
  readonly pointer?: string;
  /** What lies behind the struct is what a run gives, in the place of the packet. */
  readonly givesAnnex?: boolean;
  /** Fills in what lies behind the struct. @param at its address. */
  readonly prepare?: (cpu: Cpu, at: number) => void;
  /** Mends what the program left there. @param length of the data. */
  readonly finish?: (cpu: Cpu, at: number, length: number) => void;
  /** Names in the input that are no fields but texts, for helpers (`TextsOf`). */
  readonly texts?: readonly string[];
}

/** What one run of programs at a hook shares, besides the context: for helpers. */
export class FieldRun {
  /** What the call that is being decided about will return: `bpf_get_retval`, `bpf_set_retval`. */
  retval = 0;
  /** Texts of the input, by name. */
  readonly texts = new Map<string, Uint8Array>();
}

const runs = new WeakMap<Cpu, FieldRun>();

export function runOf(cpu: Cpu): FieldRun {
  let run = runs.get(cpu);
  if (run === undefined) runs.set(cpu, (run = new FieldRun()));
  return run;
}

/** Where the fields of a socket behind a context come from, when the context names them. */
const OF_SOCKET = ["family", "type", "protocol"];

/**
 * Lays out a context.
 * @throws RangeError for fields that it does not have, values that do not fit, or data that is too long.
 */
export function placeFields(cpu: Cpu, shape: FieldShape, input: ContextInput, data: Uint8Array = NO_DATA): void {
  const { struct, size } = shape.rules;
  const { bytes, view } = cpu.room.memory;
  const run = runOf(cpu);
  run.retval = 0;
  run.texts.clear();
  const context = encodeContext(struct, withoutTexts(shape, input, run));
  const base = cpu.context;
  bytes.fill(0, base, base + size);
  bytes.set(context, base);
  const word = (name: string, value: number): void => view.setUint32(base + fieldOf(struct, name).offset, value, true);
  if (data.length > LONGEST_PACKET) throw new RangeError(`data: expected at most ${LONGEST_PACKET} bytes, found ${data.length}`);
  if (shape.buffer !== undefined) {
    const start = cpu.packetArea + HEAD_ROOM;
    bytes.set(data, start);
    word(shape.buffer.start, start);
    word(shape.buffer.end, start + data.length);
  } else if (data.length > 0) throw new RangeError(`${struct.name} has no data; leave packet out`);
  if (shape.pointer === undefined) return;
  word(shape.pointer, base + struct.size);
  shape.prepare?.(cpu, base + struct.size);
  if (shape.pointer !== "sk") return;
  for (const name of OF_SOCKET) {
    const field = struct.fields.find((each) => each.name === name);
    if (field === undefined) continue;
    view.setUint32(base + struct.size + fieldOf(BPF_SOCK, name).offset, view.getUint32(base + field.offset, true), true);
  }
}

const NO_DATA = new Uint8Array(0);

function withoutTexts({ texts = [] }: FieldShape, input: ContextInput, run: FieldRun): ContextInput {
  if (input instanceof Uint8Array || texts.length === 0) return input;
  const fields = { ...input };
  for (const name of texts) {
    const text = fields[name];
    if (text === undefined) continue;
    if (typeof text !== "string") throw new RangeError(`context: ${name} is a text`);
    run.texts.set(name, new TextEncoder().encode(text));
    delete fields[name];
  }
  return fields;
}

/** Opens the context that is laid out to a program. */
export function openFields(cpu: Cpu, shape: FieldShape, space: AddressSpace): void {
  const { rules, buffer } = shape;
  const base = cpu.context;
  space.contextStart = base;
  space.contextEnd = base + rules.size;
  space.packetStart = space.packetData = space.packetEnd = space.packetLimit = 0;
  if (buffer === undefined) return;
  const { view } = cpu.room.memory;
  space.packetStart = space.packetData = view.getUint32(base + fieldOf(rules.struct, buffer.start).offset, true);
  space.packetEnd = space.packetLimit = view.getUint32(base + fieldOf(rules.struct, buffer.end).offset, true);
}

/** The context as it is now, its addresses as zeroes; and the data. */
export function takeFields(cpu: Cpu, shape: FieldShape): { readonly context: Uint8Array; readonly data: Uint8Array } {
  const { struct } = shape.rules;
  const { bytes, view } = cpu.room.memory;
  const base = cpu.context;
  const context = bytes.slice(base, base + struct.size);
  const { buffer, pointer } = shape;
  const at = (name: string): number => view.getUint32(base + fieldOf(struct, name).offset, true);
  let data = buffer === undefined ? NO_DATA : bytes.slice(at(buffer.start), at(buffer.end));
  shape.finish?.(cpu, base + struct.size, data.length);
  if (shape.givesAnnex === true) data = bytes.slice(base + struct.size, base + shape.rules.size);
  for (const name of [buffer?.start, buffer?.end, pointer]) {
    if (name === undefined) continue;
    const { offset, size } = fieldOf(struct, name);
    context.fill(0, offset, offset + size);
  }
  return { context, data };
}
