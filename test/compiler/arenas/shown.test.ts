/** What `skep run` shows of an arena, and what skeletons and headers say of the structs in it. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../../src/btf/btf.ts";
import { renderContents, variablesToJson, variableValues } from "../../../src/cli/contents.ts";
import { mapData, mapLines } from "../../../src/cli/debug/show-map.ts";
import { PLAIN } from "../../../src/cli/terminal.ts";
import { compileSource } from "../../../src/compiler/compile.ts";
import { openEmbedded } from "../../../src/engine/embedded/engine.ts";
import type { Collection } from "../../../src/engine/engine.ts";
import { structsInArena } from "../../../src/object/skeleton/arena.ts";
import { cHeader } from "../../../src/object/skeleton/c-header.ts";
import { skeletonModule } from "../../../src/object/skeleton/module.ts";
import { arenaSpec } from "./run.ts";

const SOURCE = `import { arena, type FixedArray, type Pointer, type u32, type u64, XDP_PASS, xdp } from "skep/bpf";
interface Node { value: u64; next: Pointer<Node> | null; port: u32 }
interface Settings { limit: u32 }
export const heap = arena({ pages: 2 });
/** @arena */ export let nodes: FixedArray<Node, 3>;
/** @arena */ export let settings: Settings = { limit: 9 };
export let head: Pointer<Node> | null = null;
export let current: Pointer<Settings> | null = null;
export let nothing: Pointer<Node> | null = null;
export const program = xdp(() => {
  nodes[0] = { value: 5, next: nodes[1], port: 80 };
  nodes[1] = { value: 1000, next: nodes[2], port: 443 };
  head = nodes[0];
  current = settings;
  return XDP_PASS;
});`;

async function ran(): Promise<Collection> {
  const engine = openEmbedded({ memory: 8 << 20 });
  const collection = await engine.load(compileSource(SOURCE, { file: "list.bpf.ts" }));
  collection.programs["program"]!.run({ packet: new Uint8Array(64) });
  return collection;
}

describe("a run shows", () => {
  test("lists that variables lead to, in their order, and single structs", async () => {
    await using collection = await ran();
    const text = renderContents(variableValues(collection), [], 2, PLAIN).join("\n");
    assert.match(text, /head {6}0x[0-9a-f]+/);
    assert.match(text, /nothing {3}0/);
    assert.match(text, /head list of Node, 3\n {2}value {2}port\n {6}5 {4}80\n {2}1,000 {3}443\n {2}… and 1 more/);
    assert.match(text, /current Settings\n {2}limit\n {6}9/);
  });

  test("them to machines as well", async () => {
    await using collection = await ran();
    const { head } = variablesToJson(variableValues(collection));
    assert.deepEqual(
      (head as { values: readonly { value: bigint }[] }).values.map(({ value }) => value),
      [5n, 1000n, 0n],
    );
  });

  test("in the debugger how many pages are taken", async () => {
    await using collection = await ran();
    const heap = collection.maps["heap"]!;
    assert.match(mapLines(heap, PLAIN).join(), /1 of 2 pages allocated/);
    assert.deepEqual(mapData(heap), { type: "arena", maxEntries: 2, pages: 1 });
  });

  test("numbers where a list leads back into itself", async () => {
    await using collection = await ran();
    const head = collection.variables["head"]!.get() as bigint;
    collection.maps["heap"]!.setAt(head, "Node", { value: 1n, next: head, port: 0 });
    assert.equal(variablesToJson(variableValues(collection))["head"], head);
  });
});

describe("whoever writes the user side in another way gets the structs", () => {
  const spec = arenaSpec();

  test("that pointers lead to, and in programs without an arena none", () => {
    const btf = openBtf(spec.types!);
    assert.deepEqual(
      structsInArena(spec, btf)
        .map((id) => btf.type(id))
        .map((type) => "name" in type && type.name)
        .sort(),
      ["Entry", "Node"],
    );
    assert.deepEqual(structsInArena({ ...spec, maps: [] }, btf), []);
  });

  test("in C and in TypeScript", () => {
    assert.match(cHeader(spec), /struct Node \{\n\tu64 value;\n\tstruct Node \*next;\n\};/);
    assert.match(skeletonModule(spec, { source: "x" }), /export interface Node \{\n {2}value: u64;/);
  });
});
