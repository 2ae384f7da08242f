/** Which loop a block is in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Dominance } from "../../../compiler/ir/dominance.ts";
import { loopForest } from "./loops.ts";
import { isReducible, places } from "./structure.ts";

function forest(graph: readonly (readonly number[])[]) {
  const dominance = new Dominance(graph);
  const place = places(graph, dominance);
  assert.ok(isReducible(graph, dominance, place));
  const { header, depth } = loopForest(graph, dominance.order, place);
  return { header: [...header], depth };
}

test("blocks outside of loops are in none", () => {
  assert.deepEqual(forest([[1, 2], [3], [3], []]), { header: [-1, -1, -1, -1], depth: 0 });
});

test("a loop of one block, and one of three", () => {
  assert.deepEqual(forest([[1], [1, 2], []]), { header: [-1, 1, -1], depth: 1 });
  assert.deepEqual(forest([[1], [2, 4], [3], [1], []]), { header: [-1, 1, 1, 1, -1], depth: 1 });
});

test("a loop in a loop: blocks belong to the innermost", () => {
  //            0    1    2       3       4    5
  assert.deepEqual(forest([[1], [2], [3, 4], [2], [1, 5], []]), { header: [-1, 1, 2, 2, 1, -1], depth: 2 });
});

test("two back edges to one header are one loop", () => {
  assert.deepEqual(forest([[1], [2, 3], [1], [1, 4], []]), { header: [-1, 1, 1, 1, -1], depth: 1 });
});

test("twenty thousand loops in each other take no time", () => {
  const count = 20_000;
  const graph = Array.from({ length: 2 * count }, (_, at) => (at < count ? [at + 1] : [at + 1, 2 * count - 1 - at]));
  graph.push([]);
  assert.equal(forest(graph).depth, count);
});

test("a cycle with two entries has no header", () => {
  const graph = [[1, 2], [2], [1, 3], []];
  const dominance = new Dominance(graph);
  assert.equal(isReducible(graph, dominance, places(graph, dominance)), false);
});
