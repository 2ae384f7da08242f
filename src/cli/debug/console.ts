/** Commands come in, answers go out: from a terminal, from a pipe, or from a script. */

import { createInterface, type Interface } from "node:readline";
import { EXIT, type ExitStatus } from "../exit.ts";
import { toJson } from "../maps.ts";
import { write } from "../sources.ts";
import type { Style } from "../terminal.ts";
import type { Answer } from "./answer.ts";
import type { DebugCommand } from "./command.ts";
import { findCommand } from "./commands.ts";
import { complete } from "./complete.ts";
import type { Debugger } from "./debugger.ts";

const PROMPT = "(skep) ";

/** Errors that say what was wrong with a command; all others are nobody's fault but Skep's. */
const EXPECTED: ReadonlySet<string> = new Set([
  "CommandError",
  "ExpressionError",
  "BreakpointError",
  "CliError",
  "CaptureError",
  "MapError",
  "ValueError",
]);

export class DebugConsole {
  readonly #debug: Debugger;
  readonly #json: boolean;
  readonly #style: Style;
  readonly #errors: Style;
  #last: { readonly command: DebugCommand; readonly rest: string } | null = null;
  #failed = false;
  #ended = false;
  /** A command is being carried out. */
  #busy = false;
  /** Ctrl-C ended the debugger. */
  #interrupted = false;

  constructor(debug: Debugger, json: boolean, style: Style, errors: Style) {
    this.#debug = debug;
    this.#json = json;
    this.#style = style;
    this.#errors = errors;
  }

  /** Whether `quit` was given. */
  get ended(): boolean {
    return this.#ended;
  }

  async show(answer: Answer): Promise<void> {
    const text = this.#json ? toJson(answer.json) : answer.lines(this.#style).join("\n");
    await write(`${text}\n`);
  }

  /**
   * Carries out lines of a script.
   * @param place what stands before the number of a line in messages, e.g. the script's name.
   */
  async runScript(lines: Iterable<string> | AsyncIterable<string>, place: string): Promise<void> {
    const interrupt = () => {
      if (this.#busy) this.#debug.interrupt();
      else this.#interrupted = this.#ended = true;
    };
    process.on("SIGINT", interrupt);
    try {
      let number = 0;
      for await (const line of lines) {
        number++;
        if (line.trim() !== "") await this.#carryOut(line, `${place}:${number}: `);
        if (this.#ended) return;
      }
    } finally {
      process.off("SIGINT", interrupt);
    }
  }

  /** Reads commands from stdin until its end or `quit`; without a prompt. */
  async runPipe(): Promise<void> {
    const lines = createInterface({ input: process.stdin, terminal: false });
    const close = () => {
      if (!this.#busy) lines.close();
    };
    process.on("SIGINT", close);
    try {
      await this.runScript(lines, "stdin");
    } finally {
      process.off("SIGINT", close);
      lines.close();
    }
  }

  /** Talks with a person: prompt, history, completion, an empty line repeats. */
  async runTerminal(): Promise<void> {
    const terminal = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      historySize: 1000,
      removeHistoryDuplicates: true,
      completer: (line: string) => complete(line, this.#debug.session),
      prompt: this.#style.bold(PROMPT),
    });
    for await (const line of this.#typed(terminal)) {
      if (line.trim() !== "") await this.#carryOut(line, "");
      else if (this.#last?.command.repeats === true) await this.#guarded(this.#last.command, this.#last.rest, "");
      if (this.#ended) break;
    }
    terminal.close();
  }

  /** What a script came to: people see for themselves. */
  get status(): ExitStatus {
    if (this.#interrupted) return EXIT.interrupted;
    if (this.#failed) return EXIT.usage;
    return this.#debug.session.active && this.#debug.session.fault !== null ? EXIT.refused : EXIT.ok;
  }

  /** Lines as they are typed; several that were pasted wait for each other. */
  async *#typed(terminal: Interface): AsyncGenerator<string, void, undefined> {
    const lines: string[] = [];
    let closed = false;
    let wake = () => {};
    terminal.on("line", (line) => {
      lines.push(line);
      wake();
    });
    terminal.on("close", () => {
      closed = true;
      wake();
    });
    terminal.on("SIGINT", () => {
      if (this.#busy) return this.#debug.interrupt();
      // As in a shell: what was typed is dropped.
      process.stdout.write("^C\n");
      terminal.write(null, { ctrl: true, name: "e" });
      terminal.write(null, { ctrl: true, name: "u" });
      terminal.prompt();
    });
    for (;;) {
      if (lines.length === 0 && !closed) {
        terminal.prompt();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const line = lines.shift();
      if (line === undefined) {
        process.stdout.write("\n");
        return;
      }
      yield line;
    }
  }

  async #carryOut(line: string, place: string): Promise<void> {
    const [, word = "", rest = ""] = /^\s*(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
    if (word.startsWith("#")) return;
    let command: DebugCommand;
    try {
      command = findCommand(word);
    } catch (error) {
      return this.#fail(error, place);
    }
    this.#last = { command, rest };
    await this.#guarded(command, rest, place);
  }

  async #guarded(command: DebugCommand, rest: string, place: string): Promise<void> {
    this.#busy = true;
    try {
      const answer = await command.run(this.#debug, rest);
      if (answer === null) this.#ended = true;
      else await this.show(answer);
    } catch (error) {
      await this.#fail(error, place);
    } finally {
      this.#busy = false;
    }
  }

  async #fail(error: unknown, place: string): Promise<void> {
    if (!(error instanceof Error && EXPECTED.has(error.name))) throw error;
    this.#failed = true;
    if (this.#json) await write(`${toJson({ type: "error", message: error.message })}\n`);
    else if (place === "") await write(`${this.#style.red(error.message)}\n`);
    else process.stderr.write(`${this.#errors.red("skep:")} ${place}${error.message}\n`);
  }
}
