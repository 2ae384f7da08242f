/** A program whose context is told by its fields, loaded into the embedded engine: on sockets, calls and control groups. */

import type { ProgramSpec } from "../../../object/spec.ts";
import type { AttachOptions, Link, Program, RunInput, RunResult } from "../../engine.ts";
import { type FieldShape, openFields, placeFields, takeFields } from "../contexts/fields.ts";
import type { Cpu } from "../cpu.ts";
import type { Executor } from "../executor.ts";
import type { Room } from "../room/room.ts";
import { EmbeddedProgram } from "./embedded-program.ts";
import type { HookLink } from "./link.ts";

export type AttachFields = (program: FieldProgram, room: Room, options: AttachOptions) => HookLink;

export class FieldProgram extends EmbeddedProgram<HookLink> {
  readonly shape: FieldShape;
  readonly #room: Room;
  readonly #attach: AttachFields;

  constructor(
    spec: ProgramSpec,
    executors: readonly Executor[],
    room: Room,
    fuel: number,
    shape: FieldShape,
    attach: AttachFields,
  ) {
    super(spec, executors, fuel);
    this.shape = shape;
    this.#room = room;
    this.#attach = attach;
    for (const { space } of executors) space.contextRules = shape.rules;
  }

  /**
   * Runs on CPU 0. `packet` is the data of contexts that point at some (`optval`, `data`), and comes back as the program left it;
   * so does the context, with zeroes where it holds addresses.
   * @throws FaultError when the program is stopped; RangeError for fields that the context does not have; MapError `closed`.
   */
  run({ packet, context = {}, repeat = 1 }: RunInput = {}): RunResult {
    const { cpu } = this.executors[0]!;
    let verdict = 0;
    const duration = this.repeated(repeat, () => {
      this.executorOf(0);
      placeFields(cpu, this.shape, context, packet);
      verdict = this.decide(cpu);
    });
    const left = takeFields(cpu, this.shape);
    const given = this.shape.givesAnnex === true ? {} : { context: left.context };
    return { verdict, packet: left.data, ...given, duration };
  }

  /** Runs on the context that is laid out on a CPU. @returns the return value, u32. @throws FaultError, MapError */
  decide(cpu: Cpu): number {
    const executor = this.executorOf(cpu.id);
    openFields(cpu, this.shape, executor.space);
    cpu.busy = true;
    try {
      return executor.call(cpu.context, this.fuel) >>> 0;
    } finally {
      cpu.busy = false;
    }
  }

  async attach(options: AttachOptions = {}): Promise<Link> {
    this.executorOf(0);
    return this.#attach(this, this.#room, options);
  }
}

export function isFieldProgram(program: Program): program is FieldProgram {
  return program instanceof FieldProgram;
}
