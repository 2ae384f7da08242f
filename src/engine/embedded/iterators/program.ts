/** An iterator program, loaded into the embedded engine. */

import type { ProgramSpec } from "../../../object/spec.ts";
import type { IterateOptions, Iteration, Link, RunResult } from "../../engine.ts";
import { AttachError, FeatureError, IterationError } from "../../errors.ts";
import { iterationOf } from "../../iteration.ts";
import { type ContextLayout, checkGiven } from "../contexts/event-context.ts";
import type { Executor } from "../executor.ts";
import { EmbeddedProgram } from "../programs/embedded-program.ts";
import type { Room } from "../room/room.ts";
import { Sequence } from "../room/sequence.ts";
import { iteratorLayout } from "./layout.ts";
import { type IterationTarget, type Show, TARGET_NAMES, targetNamed, type Walk } from "./targets.ts";

/** A piece is handed out when it is as long as this, or when there is no room for the output of the next object. */
const PIECE = 4096;

const OPTIONS: readonly (keyof IterateOptions)[] = ["map", "pid", "tid", "cgroup", "order"];

export class IteratorProgram extends EmbeddedProgram<never> {
  readonly #target: IterationTarget;
  readonly #room: Room;
  #sessions = 0;

  /** @throws FeatureError for a kind of object that the engine does not go through. */
  constructor(spec: ProgramSpec, executors: readonly Executor[], room: Room, fuel: number) {
    const name = spec.target ?? "";
    const target = targetNamed(name);
    if (target === undefined) {
      const known = TARGET_NAMES.map((each) => `iter/${each}`).join(", ");
      throw new FeatureError(`iter/${name}`, null, `${spec.name}: the embedded engine goes through ${known}, not iter/${name}`);
    }
    super(spec, executors, fuel);
    this.#target = target;
    this.#room = room;
    for (const { space } of executors) space.kernel = room.kernel;
  }

  iterate(options: IterateOptions = {}): Iteration {
    for (const name of OPTIONS)
      if (options[name] !== undefined && !this.#target.options.includes(name))
        throw new RangeError(`${this.name}: iter/${this.spec.target} does not know the option ${name}; leave it out`);
    return iterationOf(() => this.#chunks(options));
  }

  run(): RunResult {
    throw new RangeError(`${this.name}: an iterator is read, not run: for await (const line of program.iterate())`);
  }

  async attach(): Promise<Link> {
    throw new AttachError(`${this.name}: an iterator is read, and attached nowhere: for await (const line of program.iterate())`);
  }

  /** One reader: what `bpf_seq_read` of kernel/bpf/bpf_iter.c does, read after read. */
  async *#chunks(options: IterateOptions): AsyncGenerator<Uint8Array, undefined, undefined> {
    this.checkOpen();
    const reader = new Reader(this.#target.begin(this.#room, options), ++this.#sessions, (show, sequence, session, number) =>
      this.#run(show, sequence, session, number),
    );
    try {
      while (!reader.isOver) {
        const piece = reader.read(this.name);
        if (piece.length > 0) yield piece;
      }
    } finally {
      reader.close();
    }
  }

  /** @returns what the program returned. */
  #run(show: Show, sequence: Sequence, session: number, number: number): number {
    const executor = this.executorOf(0);
    const { events, kernel, contexts } = this.#room;
    const { cpu, space } = executor;
    return kernel.temporary(() => {
      const shown = show();
      const layout: ContextLayout = iteratorLayout(shown, sequence, session, number);
      const handle = (): number =>
        contexts.with(cpu, layout, {}, ({ start }, placed) => {
          const { size, buffer } = placed;
          // At its end an iterator shows null, which the program looks for.
          if (shown.entry !== undefined) checkGiven(this.name, space.conditions, placed);
          space.contextStart = start;
          space.contextEnd = start + size;
          space.contextWritable = false;
          space.packetStart = space.packetData = buffer?.start ?? 0;
          space.packetEnd = buffer === null ? 0 : buffer.start + buffer.size;
          cpu.busy = true;
          try {
            return executor.call(start, this.fuel);
          } finally {
            cpu.busy = false;
          }
        });
      return events.run(
        { description: this.description, handle },
        { meta: {}, cookie: 0n, override: null, data: {}, sequence },
        0n,
        cpu.id,
      );
    });
  }
}

type RunOne = (show: Show, sequence: Sequence, session: number, number: number) => number;

class Reader {
  readonly #walk: Walk;
  readonly #session: number;
  readonly #run: RunOne;
  readonly #sequence = new Sequence();
  /** Null: all were shown. */
  #next: Show | null;
  #number = 0;
  isOver = false;

  constructor(walk: Walk, session: number, run: RunOne) {
    this.#walk = walk;
    this.#session = session;
    this.#run = run;
    this.#next = this.#advance();
  }

  /** What is written until there is a piece of it, or no more objects. @throws IterationError */
  read(name: string): Uint8Array {
    const sequence = this.#sequence;
    while (this.#next !== null && sequence.count < PIECE) {
      if (!this.#show(this.#next, name)) return sequence.take();
      this.#next = this.#advance();
      if (this.#next !== null) this.#number++;
    }
    // The program is told that there are no more, once: its result says nothing then.
    if (this.#next === null) this.isOver = this.#show(this.#walk.last, name, true);
    return sequence.take();
  }

  /** Whether what was written of it counts; if not, it is shown again in the next piece. */
  #show(show: Show, name: string, last = false): boolean {
    const sequence = this.#sequence;
    const before = sequence.count;
    const again = this.#run(show, sequence, this.#session, this.#number) !== 0 && !last;
    if (!again && !sequence.overflowed) return true;
    sequence.truncate(before);
    if (before > 0) return false;
    throw again
      ? new IterationError(name, "EAGAIN", `${name}: returned 1 for object ${this.#number} until nothing else was left to read`)
      : new IterationError(
          name,
          "E2BIG",
          `${name}: writes more of object ${this.#number} than the 32767 bytes that there is room for`,
        );
  }

  #advance(): Show | null {
    return this.#walk.objects.next().value ?? null;
  }

  close(): void {
    this.#walk.objects.return?.();
  }
}
