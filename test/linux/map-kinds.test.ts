/** Every operation of the kinds of maps that only a kernel has, or that it has more of; the others: ../contract. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { atLeast } from "../../src/engine/linux/release.ts";
import { scenariosOf } from "./scenario.ts";
import "../kernel/leaks.ts";
import { needs, noEngine, noGroups } from "./this-kernel.ts";

const run = scenariosOf("./map-kinds.scenarios.ts");

const noSecurity = (MACHINE.read("/sys/kernel/security/lsm") ?? "bpf").includes("bpf") ? false : "inode storage needs lsm=bpf";

/** A socket of AF_XDP, which Node cannot make and Perl can: descriptor 3 of what it becomes. */
const WITH_XDP_SOCKET = ["env", "SKEP_XSK=3", "perl", "-e", '$^F = 255; socket(S, 44, 3, 0) or die "$!\n"; exec @ARGV'];
const noXdpSocket =
  spawnSync("perl", ["-e", "socket(S, 44, 3, 0) or exit 1"]).status === 0
    ? false
    : "no perl, or no sockets of AF_XDP (CONFIG_XDP_SOCKETS)";
const NETWORK = ["unshare", "-n"];

const INVALID = "MapError invalid";
const UNSUPPORTED = "MapError unsupported";
const NOT_FOUND = "MapError not-found";
const EXISTS = "MapError exists";

describe("kinds of maps", { skip: noEngine || needs("6.1") }, () => {
  for (const [name, expected, missing, prefix] of [
    [
      "devmap",
      {
        read: [1, null, true, null],
        entries: [
          [0, 1],
          [1, 1],
          [3, 1],
        ],
        refused: [NOT_FOUND, INVALID, EXISTS, UNSUPPORTED, UNSUPPORTED],
        deleted: [true, false, false, 1],
        cleared: [],
      },
      false,
      NETWORK,
    ],
    [
      "devmap_hash",
      {
        read: [1, null, true],
        keys: [10, 20, 30, 40],
        refused: ["MapError full", INVALID, EXISTS, UNSUPPORTED],
        deleted: [true, false],
        cleared: [],
      },
      false,
      NETWORK,
    ],
    [
      "xskmap",
      {
        refused: [NOT_FOUND, NOT_FOUND, INVALID, UNSUPPORTED, UNSUPPORTED],
        deleted: [true, false],
        again: "gave undefined",
      },
      noXdpSocket,
      WITH_XDP_SOCKET,
    ],
    [
      "sockmap",
      {
        cookies: true,
        entries: [
          [0, 0],
          [2, 1],
        ],
        absent: [null, false, null],
        refused: [EXISTS, NOT_FOUND, NOT_FOUND, INVALID, INVALID, UNSUPPORTED],
        deleted: [true, false, false],
        cleared: [],
      },
    ],
    ["sockmap, values of 4 bytes", [UNSUPPORTED, true]],
    ["sockhash", { keys: [100, 200], there: [true, false], refused: [EXISTS, INVALID], deleted: [true, false], cleared: [] }],
    [
      "reuseport_sockarray",
      {
        cookie: true,
        keys: [1],
        absent: null,
        refused: ["MapError busy", NOT_FOUND, INVALID, INVALID],
        deleted: [true, false, false],
      },
    ],
    [
      "sk_storage",
      {
        read: [5, 6],
        refused: [EXISTS, INVALID, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED],
        deleted: [true, false, 1],
        after: null,
      },
    ],
    ["inode_storage", { read: [7, 7, null], refused: [EXISTS, INVALID, UNSUPPORTED], deleted: [true, false] }, noSecurity],
    ["task_storage", { read: [8, null], replaced: "gave 9", refused: [NOT_FOUND, INVALID, UNSUPPORTED], deleted: [true, false] }],
    ["cgrp_storage", { read: [3, 3], refused: [INVALID, INVALID], deleted: [true, false] }, noGroups || needs("6.2")],
    ...(["cgroup_storage", "percpu_cgroup_storage"] as const).map(
      (name) =>
        [
          name,
          {
            before: 0,
            counted: true,
            attachType: 1,
            again: true,
            refused: [INVALID, NOT_FOUND, UNSUPPORTED],
            zero: true,
          },
          noGroups,
        ] as const,
    ),
    [
      "values with a lock",
      {
        read: [
          { lock: { val: 0 }, low: 3, high: 4 },
          { lock: { val: 0 }, low: 5, high: 6 },
        ],
        absent: null,
        refused: UNSUPPORTED,
      },
    ],
    ["a bucket that does not fit", { seen: 60, taken: 60, left: 0 }],
    [
      "maps that somebody else put in",
      {
        known: [true, true, true],
        count: 20,
        maps: 2,
        value: 77,
        row: [[2, "inner"]],
        wrong: INVALID,
        full: NOT_FOUND,
        cleared: 0,
        opened: 5,
      },
    ],
    ["an arena goes on", { same: [true, 7, 7], after: 7, closed: "MapError closed", elsewhere: UNSUPPORTED }, needs("6.9")],
    [
      "kinds that this kernel does not have",
      ["FeatureError: map table (insn_array) needs Linux 6.19", "FeatureError: map table (rhash) needs Linux 7.2"],
      atLeast(MACHINE.release, "6.19") ? "this kernel has some" : false,
    ],
  ] as readonly (readonly [string, unknown, (string | false)?, (readonly string[])?])[]) {
    test(name, { skip: missing ?? false }, async () => {
      const result = await run(name, prefix);
      assert.deepEqual(result, expected);
    });
  }
});

test("maps of both engines answer the same, whatever is asked", { skip: noEngine }, async () => {
  const result = await scenariosOf("./same-handles.scenarios.ts")("the same answers");
  assert.deepEqual(result, { compared: 3000, differences: [] });
});
