/** What can be wrong with an object file. */

/** Where in the object something is wrong; what is not known is left out. */
export interface ObjectErrorPlace {
  /** Section name, e.g. `.maps` or `xdp`. */
  readonly section?: string;
  /** Bytes from the start of the section, or of the file when no section is named. */
  readonly offset?: number;
  /** Name of the symbol concerned: a map, a function, a variable. */
  readonly symbol?: string;
}

/** Which rule the object breaks: stable, for programs; the message is for people. */
export type ObjectRule =
  /** No 64-bit ELF file for BPF at all. */
  | "not-an-object"
  /** A header, table or section does not lie within the file, or its size is no multiple of its records'. */
  | "bounds"
  /** A name or symbol that is not there. */
  | "symbol"
  /** A relocation that makes no sense where it is. */
  | "relocation"
  /** A function that is malformed, or calls what is no function. */
  | "function"
  /** A map definition that says too little, too much or the impossible. */
  | "map"
  /** An extern whose type or section says nothing about what it is. */
  | "extern"
  /** `.BTF.ext` that is malformed. */
  | "ext-info"
  /** The file would become unreasonably much larger than it is: nothing a compiler makes. */
  | "too-large"
  /** Understood, but not something that we can read. */
  | "unsupported";

/** An object file that is malformed, or says something that no loader could do. The message is one line. */
export class ObjectError extends Error {
  override readonly name = "ObjectError";
  readonly rule: ObjectRule;
  readonly section: string | null;
  readonly offset: number | null;
  readonly symbol: string | null;

  constructor(rule: ObjectRule, message: string, place: ObjectErrorPlace = {}, options?: ErrorOptions) {
    super(`${describePlace(place)}${message}`, options);
    this.rule = rule;
    this.section = place.section ?? null;
    this.offset = place.offset ?? null;
    this.symbol = place.symbol ?? null;
  }
}

function describePlace({ section, offset, symbol }: ObjectErrorPlace): string {
  let text = section === undefined ? "" : `section ${printable(section)}`;
  if (symbol !== undefined) text += `${text === "" ? "" : ", "}symbol ${printable(symbol)}`;
  if (offset !== undefined) text += `${text === "" ? "" : ", "}byte ${offset}`;
  return text === "" ? "" : `${text}: `;
}

/** Names come out of a file that nobody vouches for: keep the message one line of moderate length. */
export function printable(name: string): string {
  const short = name.length > 80 ? `${name.slice(0, 77)}…` : name;
  return JSON.stringify(short);
}
