/** What can be wrong with types, and with values that should fit them. */

/** Where in the BTF something is wrong; what is not known is left out. */
export interface BtfErrorPlace {
  /** Byte offset in the BTF data. */
  readonly offset?: number;
  /** Id of the type concerned. */
  readonly type?: number;
  /** Its name, or what was looked for. */
  readonly typeName?: string;
}

/** Type information that is malformed, or a type that cannot serve what was asked of it. */
export class BtfError extends Error {
  override readonly name = "BtfError";
  readonly offset: number | null;
  readonly type: number | null;
  readonly typeName: string | null;

  constructor(message: string, place: BtfErrorPlace = {}, options?: ErrorOptions) {
    super(`${message}${describePlace(place)}`, options);
    this.offset = place.offset ?? null;
    this.type = place.type ?? null;
    this.typeName = place.typeName ?? null;
  }
}

function describePlace(place: BtfErrorPlace): string {
  const parts: string[] = [];
  if (place.type !== undefined) parts.push(`type ${place.type}${place.typeName ? ` "${place.typeName}"` : ""}`);
  if (place.offset !== undefined) parts.push(`byte ${place.offset}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

/** A JavaScript value that does not fit its type. The message is one line: `blocked.key.address: expected …, found …`. */
export class ValueError extends Error {
  override readonly name = "ValueError";
  /** Which part of the value, e.g. `blocked.key.address` or `ports[3]`; empty for the whole of an unnamed value. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;

  constructor(path: string, expected: string, found: string) {
    super(`${path === "" ? "" : `${path}: `}expected ${expected}, found ${found}`);
    this.path = path;
    this.expected = expected;
    this.found = found;
  }

  /** The same complaint seen from the value around: `inside("key")` turns `address` into `key.address`. */
  inside(outer: string): ValueError {
    if (outer === "") return this;
    const joint = this.path === "" || this.path.startsWith("[") ? "" : ".";
    return new ValueError(`${outer}${joint}${this.path}`, this.expected, this.found);
  }
}
