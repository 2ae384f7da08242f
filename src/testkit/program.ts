/** A program in a test: run on packets, events or contexts that the test makes. */

import type { ContextInput, Program } from "../engine/engine.ts";
import { FaultError } from "../engine/errors.ts";
import { AssertionError } from "./assertion-error.ts";
import { TestResult } from "./result.ts";

/** A packet; or whatever `run` of the program takes: a context by its fields, or its bytes. */
export type TestInput = Uint8Array | { readonly packet?: Uint8Array; readonly context?: ContextInput };

export class TestProgram {
  readonly name: string;
  /** The program itself: `attach` it to devices of the engine's. */
  readonly program: Program;
  readonly #takePrinted: () => readonly string[];

  constructor(program: Program, takePrinted: () => readonly string[]) {
    this.name = program.name;
    this.program = program;
    this.#takePrinted = takePrinted;
  }

  /**
   * Runs it once.
   * @throws AssertionError when it is stopped with a fault, with the source line that caused it.
   */
  run(input: TestInput = {}): TestResult {
    try {
      return this.#run(input);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      throw new AssertionError(this.#explain(error), { operator: "run", cause: error }, this.run);
    }
  }

  /** The program is stopped on this input, and why matches. */
  expectFault(input: TestInput, why: RegExp | string = ""): FaultError {
    let found: string;
    try {
      found = `the verdict ${this.#run(input).verdictName}`;
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      if (typeof why === "string" ? error.message.includes(why) : why.test(error.message)) return error;
      found = error.message;
    }
    const expected = why === "" ? "a fault" : `a fault with ${String(why)}`;
    throw new AssertionError(
      `${this.name}: expected ${expected}, found ${found}`,
      { actual: found, expected, operator: "expectFault" },
      this.expectFault,
    );
  }

  #run(input: TestInput): TestResult {
    const given = input instanceof Uint8Array ? { packet: input } : input;
    this.#takePrinted();
    const { verdict, packet, context } = this.program.run(given);
    const { type } = this.program.spec;
    const printed = this.#takePrinted();
    return new TestResult({
      program: this.name,
      type,
      verdict,
      input: given.packet ?? new Uint8Array(),
      packet,
      context,
      printed,
    });
  }

  #explain(fault: FaultError): string {
    const line = this.program.spec.lines.findLast(({ slot }) => slot <= fault.slot);
    return line === undefined ? fault.message : `${fault.message}\n  ${line.file}:${line.line} | ${line.text}`;
  }
}
