/** What a rule is: a text of the verifier's, and how it is said to people. */

import type { Case } from "../case.ts";
import type { Category, StepKind } from "../explanation.ts";
import type { Lineage } from "../lineage.ts";

/** Instructions to put before one of the program, to see whether it passes then. */
export interface Fix {
  /** What to write in the source. */
  readonly text: string;
  /** Before this instruction of the program. */
  readonly slot: number;
  /**
   * In the kernel's notation, one line an instruction of one slot. Jumps go to labels within, to `next` (the instruction at `slot`),
   * to `exit` (the program ends), or to `@N` (the program's instruction at slot N).
   */
  readonly code: string;
  /** The instruction at `slot` itself goes: the code does what it did. */
  readonly replaces?: boolean;
}

export interface Finding {
  readonly problem: string;
  readonly reason: string;
  readonly suggestions?: readonly string[];
  /** What can be tried; their texts stand before `suggestions`. */
  readonly fixes?: readonly Fix[];
  /** The register it is about: its lineage is shown. */
  readonly blame?: number | null;
  readonly follow?: "value" | "offset";
  /** More places on the path that matter. */
  readonly marks?: readonly { readonly slot: number; readonly kind: StepKind; readonly text: string }[];
  /** The instruction it is about, when that is not where the walk stopped. */
  readonly slot?: number;
}

export interface Rule {
  readonly code: string;
  readonly category: Category;
  /** Of one line of the verdict. */
  readonly pattern: RegExp;
  explain(one: Case, match: RegExpExecArray): Finding;
}

/** A text that says it all once it is put in other words: `$1` … stand for what the pattern caught. */
export function plain(category: Category, code: string, pattern: RegExp, problem: string, ...suggestions: string[]): Rule {
  return {
    code,
    category,
    pattern,
    explain(one, match) {
      const fill = (text: string) => text.replace(/\$(\d)/g, (_, group: string) => match[Number(group)]?.trim() ?? "");
      const [short, ...rest] = problem.split("; ");
      return {
        problem: fill(short!),
        reason:
          rest.length > 0
            ? fill(sentence(rest.join("; ")))
            : `The verifier says: ${one.verdict.join("; ")}.`.replace(/\.\.$/, "."),
        suggestions: suggestions.map(fill),
        blame: blamed(match[0]),
      };
    },
  };
}

function sentence(text: string): string {
  // Names stay as they are.
  const whole = /^[a-z]\w*_/.test(text) ? text : text[0]!.toUpperCase() + text.slice(1);
  return whole.endsWith(".") ? whole : `${whole}.`;
}

/** `R7 …` → 7: the register that a text begins with or names. */
export function blamed(text: string): number | null {
  const match = /\bR(\d+)\b/.exec(text);
  return match === null ? null : Number(match[1]);
}

/** The one expression of a source line that reads or writes memory: `ip->protocol`, `stats->payload[index]`; or null. */
export function expressionOf(text: string, field: string | null = null): string | null {
  const found = [...text.matchAll(/[A-Za-z_]\w*(?:(?:->|\.)\w+|\[[^[\]]+\])+/g)].map(([whole]) => whole);
  const fitting = field === null ? found : found.filter((one) => new RegExp(`\\b${field}\\b`).test(one));
  const [first, ...others] = new Set(fitting);
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined && field !== null) return first;
  const [pointer, ...more] = [...text.matchAll(/(?<![\w)\]] ?)\*[A-Za-z_]\w*/g)].map(([whole]) => whole);
  return found.length === 0 && pointer !== undefined && more.length === 0 ? pointer : null;
}

/** What stands in the brackets behind a field: of `stats->payload[index] = 1` and `payload`, `index`. */
export function indexOf(text: string, field: string): string | null {
  return new RegExp(`\\b${field}\\s*\\[([^[\\]]+)\\]`).exec(text)?.[1]?.trim() ?? null;
}

/** `reads 4 bytes` or `writes 1 byte`. */
export function accessVerb(one: Case): "read" | "write" {
  const kind = one.step?.instruction.kind;
  return kind === "store" || kind === "atomic" ? "write" : "read";
}

/** Where a value comes from, as a sentence with a space before it: `` It was read from the packet (`data[0]`) in line 9.`` Or empty. */
export function cameFrom(one: Case, { origin, originText }: Lineage, subject = "It", end = "."): string {
  if (origin === null || originText === null) return "";
  const what = originText.replace(/: .*$/, "");
  const expression = origin.instruction.kind === "load" ? expressionOf(one.place(origin.slot).text) : null;
  const quoted = expression === null || what.includes(expression) ? "" : ` (\`${expression}\`)`;
  return ` ${subject} was ${what}${quoted} in ${one.where(origin.slot)}${end}`;
}

export function isPowerOfTwo(number: number): boolean {
  return number > 0 && (number & (number - 1)) === 0;
}
