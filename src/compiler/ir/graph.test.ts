import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BitSet } from "./bit-set.ts";
import { Dominance } from "./dominance.ts";
import { type Graph, predecessors, reversePostorder } from "./graph.ts";
import { liveness } from "./liveness.ts";
import { loopDepths, naturalLoops } from "./loops.ts";
import { parseFunction } from "./parse.ts";

/** 0 leads to a loop 1-2-3 that has an inner loop 2, left to 4; 5 is unreachable. */
const LOOPS: Graph = [[1], [2, 4], [2, 3], [1], [], [4]];

const graphs = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => fc.array(fc.array(fc.nat(size - 1), { maxLength: 2 }), { minLength: size, maxLength: size }));

function reaches(graph: Graph, to: number, without: number): boolean {
  const seen = new Set<number>();
  const work = without === 0 ? [] : [0];
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const next of graph[node]!) if (next !== without) work.push(next);
  }
  return seen.has(to);
}

describe("graphs", () => {
  it("are ordered so that a node comes before where it leads, loops aside", () => {
    assert.deepEqual(reversePostorder(LOOPS), [0, 1, 2, 3, 4]);
    assert.deepEqual(predecessors(LOOPS), [[], [0, 3], [1, 2], [2], [1, 5], []]);
  });

  it("know what dominates what: exactly the nodes without which there is no way", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const dominance = new Dominance(graph);
        for (let a = 0; a < graph.length; a++) {
          for (let b = 0; b < graph.length; b++) {
            const reachable = reaches(graph, b, -1) && reaches(graph, a, -1);
            assert.equal(dominance.dominates(a, b), reachable && (a === b || !reaches(graph, b, a)), `${a} over ${b}`);
          }
        }
      }),
    );
  });

  it("know their loops", () => {
    const loops = naturalLoops(LOOPS, new Dominance(LOOPS));
    assert.deepEqual(
      loops.map(({ header, nodes }) => [header, [...nodes].sort()]),
      [
        [1, [1, 2, 3]],
        [2, [2]],
      ],
    );
    assert.deepEqual([...loopDepths(LOOPS, loops)], [0, 1, 2, 1, 0, 0]);
  });
});

describe("liveness", () => {
  it("tells what later blocks need; arguments are needed by the jump that passes them", () => {
    const fn = parseFunction(`function f(v0: i64, v1: i64) -> i64 {
      b0:
        v2: i64 = add v0, v1
        jump b1(v2)
      b1(v3: i64):
        v4: i64 = sub v3, v1
        branch.ne v4, v0 ? b1(v4) : b2
      b2:
        return v0
      }`);
    const live = liveness(fn);
    assert.deepEqual(
      live.in.map((set) => set.toArray()),
      [[0, 1], [0, 1], [0]],
    );
    assert.deepEqual(
      live.out.map((set) => set.toArray()),
      [[0, 1], [0, 1], []],
    );
  });
});

describe("BitSet", () => {
  it("is a set of small integers", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99)), fc.array(fc.nat(99)), fc.array(fc.nat(99)), (a, b, c) => {
        const set = (of: readonly number[]): BitSet => {
          const bits = new BitSet(100);
          for (const element of of) bits.add(element);
          return bits;
        };
        const ascending = (of: Iterable<number>): number[] => [...new Set(of)].sort((x, y) => x - y);
        assert.deepEqual(set(a).toArray(), ascending(a));
        const united = set(a);
        assert.equal(
          united.unite(set(b)),
          b.some((element) => !a.includes(element)),
        );
        assert.deepEqual(united.toArray(), ascending([...a, ...b]));
        const transfer = set([]);
        transfer.assignTransfer(set(a), set(b), set(c));
        assert.deepEqual(transfer.toArray(), ascending([...a, ...b.filter((element) => !c.includes(element))]));
      }),
    );
  });
});
