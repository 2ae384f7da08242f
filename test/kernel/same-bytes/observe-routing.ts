/** Asks an engine's routing through a program; answers by question. */

import { parseIpv4, parseIpv6 } from "../../../src/btf/addresses.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Spec } from "../../../src/object/spec.ts";

export function addressOf(text: string): Uint8Array {
  const bytes = parseIpv4(text) ?? parseIpv6(text);
  if (bytes === null) throw new RangeError(`no address: ${text}`);
  return bytes;
}

/** By program, in the order of the questions: the result, and what the map holds of it in hexadecimal. */
export async function observeRouting(
  engine: Engine,
  spec: Spec,
  questions: readonly Uint8Array[],
): Promise<Record<string, readonly string[]>> {
  // Values as bytes: padding and unions count.
  const bare: Spec = { ...spec, types: null, maps: spec.maps.map((map) => ({ ...map, keyType: 0, valueType: 0 })) };
  await using collection = await engine.load(bare);
  const answers: Record<string, string[]> = {};
  for (const [name, program] of Object.entries(collection.programs)) {
    answers[name] = questions.map((packet, number) => {
      const { verdict } = program.run({ packet });
      const key = new Uint8Array(4);
      new DataView(key.buffer).setUint32(0, number + (name === "ask_early" ? 100_000 : 0), true);
      const value = collection.maps["answers"]?.get(key);
      return `${verdict | 0} ${Buffer.from(value as Uint8Array).toString("hex")}`;
    });
  }
  return answers;
}
