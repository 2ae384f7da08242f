/**
 * The suite: small programs, one rule of the verifier each, accepted and refused side by side. What the kernels say of them is
 * in ../recorded; nobody's expectation counts but theirs, and `record.ts` tells where the author's was another.
 */

import type { BtfBuilder } from "../../../src/btf/builder.ts";
import type { AttachType } from "../../../src/uapi/attach-types.ts";
import type { ProgramType } from "../../../src/uapi/program-types.ts";

export const CATEGORIES = [
  "core",
  "calls",
  "loops",
  "references",
  "locks",
  "callbacks",
  "dynptrs",
  "btf",
  "kfuncs",
  "iterators",
  "kptrs",
  "rcu",
  "exceptions",
  "irq",
  "arena",
] as const;
export type Category = (typeof CATEGORIES)[number];

/** What of a program is not its text. */
export interface Setting {
  /** Default: `socket_filter`. */
  readonly type?: ProgramType;
  /** Default: none. */
  readonly attachType?: AttachType;
  /** What it is attached to, by name: a tracepoint, a function, a hook of LSM, an iterator. */
  readonly target?: string;
  /** `BPF_F_*` of programs: 1 strict alignment, 2 any alignment, 16 sleepable, 32 packets in pieces. */
  readonly flags?: number;
  /** Default: GPL. */
  readonly license?: string;
  /** Types of functions, by label (`main` is the program): ids of FUNCs. Default: the program has no types. */
  readonly functions?: (types: BtfBuilder) => Readonly<Record<string, number>>;
}

/** One small program. */
export interface Case extends Setting {
  /** `category/rule: what is special`, or `category/rule, not: …` where it is to be refused. */
  readonly name: string;
  readonly category: Category;
  /** What its author expects. */
  readonly accepted: boolean;
  /** Assembler text, statements separated by `;` or newlines; see build.ts for what it may refer to. */
  readonly text?: string;
  /** Or slots of 8 bytes, as 16 hexadecimal digits each: what no assembler writes. */
  readonly raw?: readonly string[];
}

/** Texts by what is special about them. */
type Texts = Readonly<Record<string, string | readonly string[]>>;

/** Programs of one category, collected rule by rule. */
export class Rules {
  readonly cases: Case[] = [];
  readonly #category: Category;
  readonly #setting: Setting;

  constructor(category: Category, setting: Setting = {}) {
    this.#category = category;
    this.#setting = setting;
  }

  /** Accepted programs and their refused neighbours. A text that is an array is raw slots. */
  rule(name: string, accept: Texts, refuse: Texts, setting: Setting = {}): this {
    for (const [texts, accepted] of [
      [accept, true],
      [refuse, false],
    ] as const) {
      for (const [what, text] of Object.entries(texts)) {
        this.cases.push({
          ...this.#setting,
          ...setting,
          name: `${this.#category}/${name}${accepted ? "" : ", not"}: ${what}`,
          category: this.#category,
          accepted,
          ...(typeof text === "string" ? { text } : { raw: text }),
        });
      }
    }
    return this;
  }
}
