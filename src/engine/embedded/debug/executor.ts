/** The executor on which a debugger makes a program once more. */

import type { Cpu } from "../cpu.ts";
import type { Executor } from "../executor.ts";
import type { Interpreter } from "../interpreter.ts";

/** What hooks run: everything is in place when they call it. */
export class DebugExecutor implements Executor {
  readonly interpreter: Interpreter;
  readonly callEach = null;
  readonly shared = null;
  readonly #take: (interpreter: Interpreter, context: number, fuel: number) => number;

  /** @param take runs the program in the place of the interpreter. */
  constructor(interpreter: Interpreter, take: (interpreter: Interpreter, context: number, fuel: number) => number) {
    this.interpreter = interpreter;
    this.#take = take;
  }

  get cpu(): Cpu {
    return this.interpreter.cpu;
  }

  get memory(): Interpreter["memory"] {
    return this.interpreter.memory;
  }

  get space(): Interpreter["space"] {
    return this.interpreter.space;
  }

  offer(): void {}

  takeOver(...call: Parameters<Executor["takeOver"]>): number {
    return this.interpreter.takeOver(...call);
  }

  call(context: number, fuel: number): number {
    return this.#take(this.interpreter, context, fuel);
  }
}
