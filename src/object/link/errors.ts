/** What can be wrong with objects that are to become one. */

export type LinkRule =
  /** No inputs, or inputs that do not belong together: byte orders, flags of sections, licences. */
  | "inputs"
  /** A symbol that two objects define, or of a kind that cannot be linked. */
  | "symbol"
  /** Objects that disagree about what a symbol is. */
  | "types"
  /** A relocation that cannot be carried over. */
  | "relocation";

export interface LinkErrorPlace {
  readonly symbol?: string;
  readonly section?: string;
  /** Names of the inputs concerned. */
  readonly files?: readonly string[];
}

/** Objects that cannot become one. The message is one line and names the files. */
export class LinkError extends Error {
  override readonly name = "LinkError";
  readonly rule: LinkRule;
  readonly symbol: string | null;
  readonly section: string | null;
  readonly files: readonly string[];

  constructor(rule: LinkRule, message: string, place: LinkErrorPlace = {}, options?: ErrorOptions) {
    super(`${describePlace(place)}${message}`, options);
    this.rule = rule;
    this.symbol = place.symbol ?? null;
    this.section = place.section ?? null;
    this.files = place.files ?? [];
  }
}

function describePlace({ symbol, section, files = [] }: LinkErrorPlace): string {
  const parts: string[] = [];
  if (files.length > 0) parts.push(files.join(" and "));
  if (section !== undefined) parts.push(`section ${JSON.stringify(section)}`);
  if (symbol !== undefined) parts.push(`symbol ${JSON.stringify(symbol)}`);
  return parts.length === 0 ? "" : `${parts.join(", ")}: `;
}
