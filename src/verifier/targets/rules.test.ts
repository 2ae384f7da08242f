/** The rules of program types, and of sockets, against what kernels took (fixtures/rules-*.jsonl.gz: scripts/probe-kernel.ts rules). */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PTR_TO_SOCK_COMMON, PTR_TO_SOCKET, PTR_TO_TCP_SOCK } from "../state/types.ts";
import { measuredType, recorded } from "./fixtures/measured.ts";
import { KERNELS, kernelTarget } from "./index.ts";

type Row =
  /** `returns`: which of RESULTS; `writes`: null where it was not asked. */
  | { readonly type: string; readonly returns: readonly number[]; readonly legacy: boolean; readonly writes: boolean | null }
  /** `offset/size` of every load. */
  | { readonly socket: "sock_common" | "sock" | "tcp_sock"; readonly reads: readonly string[] };

const RESULTS = [-4096, -4095, -1, 0, 1, 2, 3, 4];
const SOCKETS = { sock_common: PTR_TO_SOCK_COMMON, sock: PTR_TO_SOCKET, tcp_sock: PTR_TO_TCP_SOCK };

for (const kernel of KERNELS) {
  const target = kernelTarget(kernel, null);
  const rows = recorded<Row>("rules", kernel);

  test(`Linux ${kernel} lets programs return, and do with packets, what the rules say`, () => {
    for (const row of rows) {
      if (!("type" in row)) continue;
      const { type, attachType } = measuredType(row.type);
      const rules = target.programType(type, attachType);
      assert.ok(rules !== null, row.type);
      const { returns } = rules;
      const within = (result: number) => returns === null || (returns.min <= result && result <= returns.max);
      assert.deepEqual(RESULTS.filter(within), row.returns, row.type);
      assert.equal(rules.legacyPacketAccess, row.legacy, row.type);
      if (row.writes !== null) assert.equal(rules.directPacketWrite, row.writes, row.type);
    }
  });

  test(`Linux ${kernel} lets programs read of sockets what is read here`, () => {
    for (const row of rows) {
      if (!("socket" in row)) continue;
      const reads: string[] = [];
      for (let offset = 0; offset < 128; offset++) {
        for (const size of [1, 2, 4, 8]) {
          if (target.socketAccess(SOCKETS[row.socket], offset, size) !== null) reads.push(`${offset}/${size}`);
        }
      }
      assert.deepEqual(reads, row.reads, row.socket);
    }
  });
}
