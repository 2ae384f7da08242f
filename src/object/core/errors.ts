/** What can be wrong with adapting a program to a kernel's types. */

export type CoreRule =
  /** The access string or the type that it starts from makes no sense in the source's own types. */
  | "access"
  /** Types of the target that have the name, and disagree about the value. */
  | "ambiguous"
  /** A bit-field, array or type for which this kind of relocation has no answer. */
  | "unsupported"
  /** The instruction is not one that holds such a value, or holds another than the source's types say. */
  | "instruction"
  /** No types to adapt to, or to adapt from. */
  | "types";

export interface CoreErrorPlace {
  readonly program?: string;
  /** Slot of the instruction in the program. */
  readonly slot?: number;
  /** What is meant, in C, e.g. `struct task_struct.mm`. */
  readonly subject?: string;
}

/** A CO-RE relocation that no loader would apply. The message is one line. */
export class CoreError extends Error {
  override readonly name = "CoreError";
  readonly rule: CoreRule;
  readonly program: string | null;
  readonly slot: number | null;
  readonly subject: string | null;
  readonly #text: string;

  constructor(rule: CoreRule, message: string, place: CoreErrorPlace = {}, options?: ErrorOptions) {
    super(`${describePlace(place)}${message}`, options);
    this.rule = rule;
    this.program = place.program ?? null;
    this.slot = place.slot ?? null;
    this.subject = place.subject ?? null;
    this.#text = message;
  }

  /** The same complaint, once it is known which instruction it is about. */
  at(program: string, slot: number, subject?: string): CoreError {
    const known = this.subject ?? subject;
    const place = known === undefined ? { program, slot } : { program, slot, subject: known };
    return new CoreError(this.rule, this.#text, place, { cause: this.cause });
  }
}

function describePlace({ program, slot, subject }: CoreErrorPlace): string {
  const parts: string[] = [];
  if (program !== undefined) parts.push(`program ${JSON.stringify(program)}`);
  if (slot !== undefined) parts.push(`instruction ${slot}`);
  if (subject !== undefined) parts.push(subject);
  return parts.length === 0 ? "" : `${parts.join(", ")}: `;
}
