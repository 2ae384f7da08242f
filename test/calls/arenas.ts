/** Programs on arenas (objects/arena.bpf.c): `syscall` programs, which leave their 16 numbers in what they are given. */

import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { type Answers, answersIn, objectSpec, RESULTS, type WAYS } from "./objects.ts";

export const ARENA_PROGRAMS = ["pages_of", "reserved", "list", "freed"] as const;

/** Runs one in one of the ways of the embedded engine. */
export async function runOnArena(program: string, { options }: (typeof WAYS)[number]): Promise<Answers> {
  await using engine = openEmbedded({ ...options, memory: 16 << 20 });
  await using collection = await engine.load(objectSpec("arena"));
  const { verdict, context } = collection.programs[program]!.run({ context: new Uint8Array(RESULTS * 8) });
  return answersIn(verdict, context as Uint8Array);
}
