/** A refusal as people read it, as data: what explain() makes and the renderers print. */

/** The kernel's own seven (kernel/bpf/diagnostics.c), without its "Safety". */
export type Category =
  | "Register Type"
  | "Memory"
  | "Resource Lifetime"
  | "Call Type"
  | "Execution Context"
  | "Program Structure"
  | "Policy";

/** A place in a program. What the log and the program do not tell is null (or 0, or empty). */
export interface Place {
  /** Slot of the instruction, or null when it is about the program as a whole. */
  readonly slot: number | null;
  /** The instruction in the kernel's notation. */
  readonly instruction: string | null;
  /** As the compiler was given it. */
  readonly file: string | null;
  /** From 1; 0 when unknown. */
  readonly line: number;
  /** From 1; 0 when unknown. */
  readonly column: number;
  /** The source line without leading white space, or empty. */
  readonly text: string;
  /** The function it is in, or null. */
  readonly function: string | null;
}

/** What happened on the way to the refusal. */
export type StepKind =
  /** A condition that was true or false on this path. */
  | "branch"
  /** Where the value comes from. */
  | "origin"
  /** It was copied, changed, spilled to the stack or reloaded from it. */
  | "copy"
  | "change"
  | "spill"
  | "reload"
  /** What it was proven to be no longer holds. */
  | "lost"
  /** Something was taken that must be given back, or given back. */
  | "acquire"
  | "release"
  /** What a log of the kernel's newer form says that is none of these. */
  | "note";

export interface PathStep {
  readonly kind: StepKind;
  readonly at: Place;
  readonly text: string;
}

export interface Suggestion {
  readonly text: string;
  /** True: it was tried on the program's instructions, and the verifier accepts the result. Null: it was not tried. */
  readonly checked: boolean | null;
}

export interface Explanation {
  readonly category: Category;
  /** Which rule, for scripts and searches: `packet-bounds`. Stable. */
  readonly code: string;
  /** One line, as a colleague would say it, without a full stop. */
  readonly problem: string;
  /** One to three sentences, with the numbers. */
  readonly reason: string;
  readonly at: Place;
  /** In the order in which it happened. */
  readonly path: readonly PathStep[];
  /** What to write instead; the best first. */
  readonly suggestions: readonly Suggestion[];
  /** The verifier's own sentence, to search for. */
  readonly kernelText: string;
}
