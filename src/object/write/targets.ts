/** What names of the Spec are in the object: filled in while data and code are laid out, used when references are written. */

/** A place that an instruction refers to: a symbol, and how far from it. */
export interface Target {
  readonly symbol: number;
  /** Bytes. */
  readonly addend: number;
}

export class Targets {
  /** Program → its symbol. */
  readonly programs = new Map<string, number>();
  /** Map → its symbol, for references of kind `map`. */
  readonly maps = new Map<string, number>();
  /** Map → where a byte of its value is, for `map-value`. */
  readonly values = new Map<string, (offset: number) => Target>();
  readonly externs = new Map<string, number>();
  /** Functions, variables, maps and sections → symbol, for pointers in variables. */
  readonly named = new Map<string, number>();
}
