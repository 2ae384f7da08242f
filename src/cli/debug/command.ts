/** What a command of the debugger is, and how it reads what follows its name. */

import { type Answer, CommandError } from "./answer.ts";
import type { Debugger } from "./debugger.ts";

export interface DebugCommand {
  /** The first is the full name. */
  readonly names: readonly string[];
  /** What follows the name; empty for nothing. */
  readonly takes: string;
  readonly help: string;
  /** An empty line does it again. */
  readonly repeats?: boolean;
  /** @returns null to end the debugger. @throws CommandError and errors of the debugger, one line each. */
  run(debug: Debugger, rest: string): Answer | null | Promise<Answer | null>;
}

/** Most steps that one command takes. */
const MOST = 1_000_000_000;

export function times(rest: string): number {
  return rest === "" ? 1 : whole(rest, "a number of steps");
}

export function whole(text: string, expected: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MOST) throw new CommandError(`expected ${expected} from 1 on, found ${text}`);
  return number;
}

/** Hands on a value, when nothing else was given. */
export function nothing<Handed>(rest: string, handed: Handed): Handed {
  if (rest !== "") throw new CommandError(`this command takes nothing, found ${rest}`);
  return handed;
}
