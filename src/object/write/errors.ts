/** What can be wrong with a Spec that is to become an object file. */

export interface WriteErrorPlace {
  readonly program?: string;
  readonly map?: string;
  /** Slot of an instruction in the program. */
  readonly slot?: number;
}

/** A Spec that contradicts itself, or says what object files have no way to say. The message is one line. */
export class WriteError extends Error {
  override readonly name = "WriteError";
  readonly program: string | null;
  readonly map: string | null;
  readonly slot: number | null;

  constructor(message: string, place: WriteErrorPlace = {}, options?: ErrorOptions) {
    super(`${describePlace(place)}${message}`, options);
    this.program = place.program ?? null;
    this.map = place.map ?? null;
    this.slot = place.slot ?? null;
  }
}

function describePlace({ program, map, slot }: WriteErrorPlace): string {
  const parts: string[] = [];
  if (program !== undefined) parts.push(`program ${JSON.stringify(program)}`);
  if (map !== undefined) parts.push(`map ${JSON.stringify(map)}`);
  if (slot !== undefined) parts.push(`instruction ${slot}`);
  return parts.length === 0 ? "" : `${parts.join(", ")}: `;
}
