/** Loading in older kernels: what they do not know, they are given in another form. */

import assert from "node:assert/strict";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { program } from "../../../src/engine/linux/fixtures/programs.ts";
import { everyKindOfType } from "../../../src/engine/linux/fixtures/types.ts";
import type { Spec } from "../../../src/object/spec.ts";
import { leavesNothing, test } from "./guest.ts";

leavesNothing();

test("types of every kind are taken, and what has them", async () => {
  const spec: Spec = {
    name: "kinds",
    license: "GPL",
    types: everyKindOfType(),
    maps: [{ name: "typed", type: "hash", keySize: 4, valueSize: 2, maxEntries: 4, flags: 0, keyType: 1, valueType: 2 }],
    programs: [
      {
        ...program("main"),
        functions: [{ slot: 0, name: "main", type: 4 }],
        lines: [{ slot: 0, file: "kinds.ts", line: 1, column: 1, text: "0" }],
      },
    ],
  };
  await using engine = await openLinux();
  await using collection = await engine.load(spec);
  assert.equal(collection.typesRefused, null);
  collection.maps["typed"]?.set(7, 5);
  assert.equal(collection.maps["typed"]?.get(7), 5);
  assert.equal(collection.programs["main"]?.run({ packet: new Uint8Array(64) }).verdict, 0);
});
