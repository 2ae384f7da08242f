/**
 * What programs tell on their streams (Linux 6.17), printed as it comes: a line each, what the kernel says of a program among our own messages. Older kernels
 * have none, and are asked once.
 */

import type { Writable } from "node:stream";
import type { Program, ProgramStream } from "../engine/engine.ts";
import { toJson } from "./maps.ts";

/** Milliseconds between two looks: nobody is woken. */
const LOOK = 500;

interface Told {
  readonly name: string;
  readonly stream: ProgramStream;
  readonly isError: boolean;
  /** A line that has no end yet. */
  rest: string;
}

export class PrintedStreams {
  readonly #json: boolean;
  readonly #output: Writable;
  readonly #messages: Writable;
  readonly #look: NodeJS.Timeout;
  #told: readonly Told[];

  constructor(
    programs: readonly Program[],
    json: boolean,
    output: Writable = process.stdout,
    messages: Writable = process.stderr,
  ) {
    this.#json = json;
    this.#output = output;
    this.#messages = messages;
    this.#told = programs.flatMap((program) =>
      (["stdout", "stderr"] as const).flatMap((name) => {
        const stream = program.stream?.(name);
        return stream === undefined ? [] : [{ name: program.name, stream, isError: name === "stderr", rest: "" }];
      }),
    );
    this.#look = setInterval(() => this.#print(), LOOK);
    this.#look.unref();
  }

  /** With what came last, whole line or not. */
  end(): void {
    clearInterval(this.#look);
    this.#print();
    for (const told of this.#told) if (told.rest !== "") this.#line(told, told.rest);
    this.#told = [];
  }

  #print(): void {
    for (const told of this.#told) {
      let text: string;
      try {
        text = told.stream.read();
      } catch {
        // No kernel for it, or none that says anything of this program: nothing to be told, and nothing to stop for.
        this.#told = this.#told.filter((each) => each !== told);
        continue;
      }
      const lines = (told.rest + text).split("\n");
      told.rest = lines.pop() ?? "";
      for (const line of lines) this.#line(told, line);
    }
  }

  #line({ name, isError }: Told, text: string): void {
    if (isError) this.#messages.write(`skep: ${name}: ${text}\n`);
    else this.#output.write(this.#json ? `${toJson({ program: name, text })}\n` : `${name}: ${text}\n`);
  }
}
