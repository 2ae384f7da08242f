/** The program types that the embedded engine runs. Each is imported when a Spec first needs it. */

import type { ProgramType } from "../../../uapi/program-types.ts";
import type { ProgramKind } from "./kind.ts";

const KINDS: { readonly [Type in ProgramType]?: () => Promise<ProgramKind> } = {
  xdp: async () => (await import("./xdp.ts")).xdpKind,
};

export const PROGRAM_TYPES = Object.keys(KINDS) as readonly ProgramType[];

/** Null when the engine does not run that type. */
export async function loadKind(type: ProgramType): Promise<ProgramKind | null> {
  return (await KINDS[type]?.()) ?? null;
}
