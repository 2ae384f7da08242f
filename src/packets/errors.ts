/** A layer that cannot be written as it was described. */
export class PacketError extends Error {
  override readonly name = "PacketError";
  /** `ipv4.ttl` */
  readonly path: string;

  constructor(path: string, expected: string, found: unknown) {
    const text = typeof found === "string" ? JSON.stringify(found) : String(found);
    super(`${path}: expected ${expected}, found ${text}`);
    this.path = path;
  }
}
