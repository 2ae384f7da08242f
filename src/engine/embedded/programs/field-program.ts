/** A program whose context is told by its fields, loaded into the embedded engine: on sockets, calls and control groups. */

import type { ProgramSpec } from "../../../object/spec.ts";
import type { AttachOptions, Link, Program, RunInput, RunResult } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { type FieldShape, openFields, placeFields, takeFields } from "../contexts/fields.ts";
import type { Cpu } from "../cpu.ts";
import type { Executor } from "../executor.ts";
import type { Room } from "../room/room.ts";
import type { LoadedProgram } from "./kind.ts";
import { type HookLink, repeatOf } from "./link.ts";

export type AttachFields = (program: FieldProgram, room: Room, options: AttachOptions) => HookLink;

export class FieldProgram implements LoadedProgram {
  readonly name: string;
  readonly spec: ProgramSpec;
  readonly description: string;
  readonly shape: FieldShape;
  readonly links = new Set<HookLink>();
  readonly #executors: readonly Executor[];
  readonly #room: Room;
  readonly #fuel: number;
  readonly #attach: AttachFields;
  #open = true;

  constructor(
    spec: ProgramSpec,
    executors: readonly Executor[],
    room: Room,
    fuel: number,
    shape: FieldShape,
    attach: AttachFields,
  ) {
    this.name = spec.name;
    this.spec = spec;
    this.description = `${spec.type} program ${spec.name}`;
    this.shape = shape;
    this.#executors = executors;
    this.#room = room;
    this.#fuel = fuel;
    this.#attach = attach;
    for (const { space } of executors) space.contextRules = shape.rules;
  }

  /**
   * Runs on CPU 0. `packet` is the data of contexts that point at some (`optval`, `data`), and comes back as the program left it;
   * so does the context, with zeroes where it holds addresses.
   * @throws FaultError when the program is stopped; RangeError for fields that the context does not have; MapError `closed`.
   */
  run({ packet, context = {}, repeat }: RunInput = {}): RunResult {
    const rounds = repeatOf(repeat);
    const { cpu } = this.#executors[0]!;
    let verdict = 0;
    const start = performance.now();
    for (let round = 0; round < rounds; round++) {
      this.#check(0);
      placeFields(cpu, this.shape, context, packet);
      verdict = this.decide(cpu);
    }
    const duration = ((performance.now() - start) * 1e6) / rounds;
    const left = takeFields(cpu, this.shape);
    const given = this.shape.givesAnnex === true ? {} : { context: left.context };
    return { verdict, packet: left.data, ...given, duration };
  }

  /** Runs on the context that is laid out on a CPU. @returns the return value, u32. @throws FaultError, MapError */
  decide(cpu: Cpu): number {
    this.#check(cpu.id);
    const executor = this.#executors[cpu.id]!;
    openFields(cpu, this.shape, executor.space);
    cpu.busy = true;
    try {
      return executor.call(cpu.context, this.#fuel) >>> 0;
    } finally {
      cpu.busy = false;
    }
  }

  async attach(options: AttachOptions): Promise<Link> {
    this.#check(0);
    return this.#attach(this, this.#room, options);
  }

  async close(): Promise<void> {
    this.#open = false;
    for (const link of [...this.links]) await link.detach();
  }

  #check(cpu: number): void {
    if (!this.#open) throw new MapError(this.name, "closed", `${this.name}: its collection was disposed; load the Spec again`);
    if (this.#executors[cpu]?.cpu.busy === true)
      throw new TypeError(`${this.name}: cpu ${cpu} is running a program; a print callback may not run another`);
  }
}

export function isFieldProgram(program: Program): program is FieldProgram {
  return program instanceof FieldProgram;
}
