/** What is said of programs that do not release what they acquire, or call what may not be called: the same by both executors. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { objectSpec, PACKET, WAYS } from "./objects.ts";

const SAID: Readonly<Record<string, RegExp>> = {
  record_kept: /ring buffer record reserved at slot \d+ was neither submitted nor discarded$/,
  record_twice: /expected a ring buffer record that the program holds$/,
  lock_kept: /lock taken at slot \d+ was not released$/,
  lock_twice: /bpf_spin_lock may not be called while a lock is held$/,
  lock_elsewhere: /expected a bpf_spin_lock in a map's value, found list\+4$/,
  under_lock: /bpf_get_prandom_u32 may not be called while a lock is held$/,
  iterator_kept: /iterator begun at slot \d+ was not destroyed$/,
  iterator_gone: /the program holds no such iterator$/,
  section_kept: /RCU read section entered at slot \d+ was not left$/,
  section_left: /the program holds no such RCU read section$/,
  object_kept: /object acquired at slot \d+ was neither dropped nor put anywhere$/,
  object_twice: /expected an object that the program holds$/,
  kept_in_callback: /ring buffer record reserved at slot \d+ was neither submitted nor discarded$/,
  endless_callback: /stopped after 100000 instructions/,
  deep_callback: /calls are nested deeper than 8 functions$/,
};

describe("a program that no verifier accepts is stopped, and told why", () => {
  for (const [program, said] of Object.entries(SAID)) {
    test(program, async () => {
      const [interpreted, checked] = await Promise.all(
        WAYS.slice(0, 2).map(async ({ options }) => {
          await using engine = openEmbedded({ ...options, memory: 16 << 20, fuel: 100_000 });
          await using collection = await engine.load(objectSpec("wrong"), { programs: [program] });
          try {
            collection.programs[program]!.run({ packet: PACKET });
          } catch (error) {
            assert.ok(error instanceof Error);
            return { name: error.name, message: error.message };
          }
          return assert.fail("it came to an end");
        }),
      );
      assert.equal(interpreted?.name, "FaultError");
      assert.match(interpreted?.message ?? "", said);
      // Fuel counts whole rounds in generated code, so that it ends elsewhere.
      if (program !== "endless_callback") assert.deepEqual(checked, interpreted);
      else assert.match(checked?.message ?? "", said);
    });
  }

  test("all of them are tried", () => {
    assert.deepEqual(
      objectSpec("wrong")
        .programs.map(({ name }) => name)
        .sort(),
      Object.keys(SAID).sort(),
    );
  });
});
