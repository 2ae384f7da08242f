/** What happens when a program is run as JavaScript instead of being compiled. */

/** A `.bpf.ts` file was imported as ordinary JavaScript. */
export class NotCompiledError extends Error {
  override readonly name = "NotCompiledError";
  /** What was called, e.g. `xdp`. */
  readonly called: string;

  constructor(called: string) {
    super(
      `${called} belongs to a program for Skep, and this file is running as JavaScript: compile it with \`skep run FILE\` or \`compile("FILE")\`, and import only its types (import type)`,
    );
    this.called = called;
  }
}

/** Stands where the compiler knows what to do. */
export function notCompiled(called: string): never {
  throw new NotCompiledError(called);
}
