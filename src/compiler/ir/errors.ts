/** A function that breaks a rule of `ir.ts`: a fault of the compiler, never of the program that is compiled. */
export class IrError extends Error {
  override readonly name = "IrError";
  /** Name of the function. */
  readonly function: string;
  /** What is wrong, one line each; the message is the first. */
  readonly problems: readonly string[];

  constructor(name: string, problems: readonly string[]) {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    super(`${name}: ${problems[0] ?? "unknown problem"}${more}`);
    this.function = name;
    this.problems = problems;
  }
}
